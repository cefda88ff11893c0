import { BotError } from '#src/base/errors.ts';
import type { DecodingChange } from '#src/link/decoding-watchdog.ts';
import type { SessionContext } from '#src/session/context.ts';
import type { ConnectionParts } from './connection-parts.ts';

/** Each time somebody cannot be decoded the operator is told, and the room. */
export function reportDecoding(context: SessionContext, change: DecodingChange | undefined): void {
  if (!change) return;
  const { channel, parts, notice, people, reportedFailures } = context;
  const isRaised = change.kind === 'raised';
  const state = isRaised ? 'raised' : 'cleared';
  const cause = isRaised ? '5 s of sound in a row' : 'everybody there can be decoded';
  const name = 'undecodable-speaker';
  parts.onEvent(channel.guildId, { kind: 'alert', name, state, cause });
  if (!isRaised) return;
  const person = people().find(({ id }) => id === change.speakerId);
  const holds = () => reportedFailures.decoding.isRaised(change.speakerId);
  if (change.rejoins) notice({ id: 'heard.nothing' });
  else notice({ id: 'heard.undecodable', with: { name: person?.name ?? '' } }, holds);
}

/**
 * Forgets who left or may not be heard any more, and tells of those who have just ended what could not be decoded.
 *
 * Errors: BotError `link.lost`, once in ten minutes, as a new link has new keys.
 */
export function watchUndecodable(parts: ConnectionParts, atMs: number): void {
  const { context } = parts;
  const { decoding } = context.reportedFailures;
  reportDecoding(
    context,
    decoding.keep((id) => isHeard(id, parts)),
  );
  if (decoding.rejoins(atMs))
    throw new BotError('link.lost', true, 'Somebody was not decodable for 12 s.');
  reportUndecodedUtterances(context, atMs);
}

/** Who asked something that could not be decoded learns that it has to be said again. */
function reportUndecodedUtterances(context: SessionContext, atMs: number): void {
  for (const speakerId of context.reportedFailures.decoding.endedUtterances(atMs)) {
    const person = context.people().find(({ id }) => id === speakerId);
    if (person) context.notice({ id: 'heard.undecoded', with: { name: person.name } });
  }
}

/** There, and may be heard. */
function isHeard(speakerId: string, { link, context }: ConnectionParts): boolean {
  return link.people().some(({ id }) => id === speakerId) && context.gate.mayHear(speakerId);
}
