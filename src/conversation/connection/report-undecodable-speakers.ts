import { BotError } from '#src/base/errors.ts';
import type { DecodingChange } from '#src/conversation/alerts/decoding-watchdog.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { ConnectionParts } from './connection-parts.ts';

/** Reports to the operator and to the channel that the sound of a person cannot be decoded, or can again. */
export function reportDecodingChange(
  context: SessionContext,
  change: DecodingChange | undefined,
): void {
  if (!change) return;
  const { channel, parts, decoding, notice, people } = context;
  const isRaised = change.kind === 'raised';
  const state = isRaised ? 'raised' : 'cleared';
  const cause = isRaised
    ? '5 s of sound in a row cannot be decoded'
    : 'the sound of every person can be decoded';
  const name = 'undecodable-speaker';
  parts.onEvent(channel.guildId, { kind: 'alert', name, state, cause });
  if (!isRaised) return;
  const person = people().find(({ id }) => id === change.speakerId);
  const holds = () => decoding.isRaised(change.speakerId);
  notice({ id: 'heard.undecodable', with: { name: person?.name ?? '' } }, holds);
}

/**
 * Forgets people who left or may not be heard any more, and reports utterances that have just ended and could not be decoded.
 *
 * Errors: BotError `link.lost`, once in ten minutes, as a new link has new keys.
 */
export function reportUndecodableSpeakers(parts: ConnectionParts, atMs: number): void {
  const { context } = parts;
  const { decoding } = context;
  reportDecodingChange(
    context,
    decoding.keep((id) => isHeard(id, parts)),
  );
  if (decoding.rejoins(atMs))
    throw new BotError('link.lost', true, 'The sound of a person could not be decoded for 12 s.');
  reportUndecodedUtterances(context, atMs);
}

/** Asks people whose utterance could not be decoded to say it again. */
function reportUndecodedUtterances(context: SessionContext, atMs: number): void {
  for (const speakerId of context.decoding.endedUtterances(atMs)) {
    const person = context.people().find(({ id }) => id === speakerId);
    if (person) context.notice({ id: 'heard.undecodable', with: { name: person.name } });
  }
}

/** True where this person is there and may be heard. */
function isHeard(speakerId: string, { link, context }: ConnectionParts): boolean {
  return link.people().some(({ id }) => id === speakerId) && context.gate.mayHear(speakerId);
}
