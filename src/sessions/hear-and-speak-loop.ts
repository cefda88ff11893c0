import { BotError } from '#src/base/errors.ts';
import { together } from '#src/base/loops/run-together.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import {
  type ConnectionParts,
  type ConnectionSources,
  handle,
  openConnectionParts,
} from '#src/conversation/connection/connection-parts.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { VoiceLink } from '#src/ports/voice-link.ts';
import { attend, ConnectionTickLoop } from './connection-tick-loop.ts';

/** Undecodable sound of one person in a row, in ms, after which the link is opened anew. */
const undecodableMs = 10_000;
/** Shortest time, in ms, between the last loss of the link and such an end of it. */
const reopenEveryMs = 600_000;

/**
 * Runs one connection: hears people until the channel is left, and speaks.
 *
 * Errors: as `VoiceLink.hear`, and, once in ten minutes, `link.lost` when the sound of a person cannot be decoded; anything else
 * is a bug.
 * Aborting `signal` throws `signal.reason`.
 */
export async function runHearAndSpeakLoop(
  link: VoiceLink,
  context: SessionContext,
  sources: ConnectionSources,
  signal: AbortSignal,
): Promise<'lost'> {
  const { gate } = context;
  using parts = openConnectionParts(link, context, sources, () => clock.drive());
  const clock = new ConnectionTickLoop(parts);
  gate.onChange(() => {
    attend(parts);
    parts.show();
    context.wakeup.wake();
  });
  link.onPeople(() => {
    context.talk.syncPeople();
    context.wakeup.wake();
  });
  link.onUnheard((packet) => {
    context.unanswered.arrived(packet);
  });
  try {
    return await together<'lost'>(signal, [
      (until) => hearPackets(parts, clock, until),
      (until) => clock.run(until),
      (until) => unlessAborted(context.talk.bug, until),
    ]);
  } finally {
    gate.onChange(() => undefined);
    link.onPeople(() => undefined);
    link.onUnheard(() => undefined);
  }
}

/** A packet may have waited while its speaker said no, so the gate is asked once more. */
async function hearPackets(
  parts: ConnectionParts,
  clock: ConnectionTickLoop,
  signal: AbortSignal,
): Promise<'lost'> {
  const { link, inputs, context } = parts;
  for await (const packet of link.hear(signal)) {
    const { speakerId } = packet;
    if (!context.gate.mayHear(speakerId)) continue;
    if (!inputs.isBusy(packet.atMs)) context.wakeup.wake();
    const noticed = inputs.put(packet);
    clock.drive();
    for (const one of noticed) handle(speakerId, one, parts);
    reopenUndecodable(speakerId, inputs.unheardMs(speakerId), context);
  }
  return 'lost';
}

/** A new link has new keys. What lasts has another cause. */
function reopenUndecodable(
  speakerId: string,
  unheardMs: number,
  { nameOf, notice, parts, talk }: SessionContext,
): void {
  const upMs = parts.clock.nowMs() - talk.state.link.lostAtMs;
  if (unheardMs < undecodableMs || upMs < reopenEveryMs) return;
  notice({ id: 'heard.undecodable', with: { name: nameOf(speakerId) } });
  throw new BotError('link.lost', true, 'The sound of a person could not be decoded for 10 s.');
}
