import { together } from '#src/base/loops/run-together.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import type { VoiceLink } from '#src/conversation/ports/voice-link.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import {
  type ConnectionParts,
  type ConnectionSources,
  handle,
  openConnectionParts,
} from './connection-parts.ts';
import { attend, ConnectionTickLoop, check } from './connection-tick-loop.ts';
import { reportDecodingChange } from './report-undecodable-speakers.ts';

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
    check(parts);
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
    const unheardMs = inputs.unheardMs(speakerId);
    if (unheardMs > 0)
      reportDecodingChange(context, context.decoding.missed(speakerId, unheardMs, packet.atMs));
    else if (noticed.length > 0) reportDecodingChange(context, context.decoding.decoded(speakerId));
  }
  return 'lost';
}
