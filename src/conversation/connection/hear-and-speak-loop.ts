import { together } from '#src/base/loops/run-together.ts';
import { answerQuestion } from '#src/conversation/answering/answer-question.ts';
import { readAloud } from '#src/conversation/output/read-aloud.ts';
import type { VoiceLink } from '#src/conversation/ports/voice-link.ts';
import type { QueuedTurn } from '#src/conversation/queue/queued-turn.ts';
import type { SessionContext, SpeakingContext } from '#src/conversation/session-context.ts';
import {
  type ConnectionParts,
  type ConnectionSources,
  handle,
  openConnectionParts,
} from './connection-parts.ts';
import { attend, ConnectionTickLoop, check } from './connection-tick-loop.ts';
import { reportDecodingChange } from './report-undecodable-speakers.ts';

/**
 * Runs one connection: hears people until the channel is left, and speaks one turn after the other.
 *
 * Returns 'alone' when no person was there for the time that the server has set. Errors: as `VoiceLink.hear`, and, once in ten
 * minutes, `link.lost` when the sound of a person cannot be decoded; anything else is a bug.
 * Aborting `signal` throws `signal.reason`.
 */
export async function runHearAndSpeakLoop(
  link: VoiceLink,
  context: SessionContext,
  sources: ConnectionSources,
  signal: AbortSignal,
): Promise<'alone' | 'lost'> {
  const { gate } = context;
  using parts = openConnectionParts(link, context, sources, () => clock.drive());
  const clock = new ConnectionTickLoop(parts);
  gate.onChange(() => {
    attend(parts);
    check(parts);
    context.wakeup.wake();
  });
  link.onPeople(() => context.wakeup.wake());
  link.onUnheard((packet) => {
    context.unanswered.arrived(packet);
  });
  try {
    return await together<'alone' | 'lost'>(signal, [
      (until) => hearPackets(parts, clock, until),
      (until) => clock.run(until),
      (until) => parts.utterances.watch(until),
      (until) => speakAll(parts.context, until),
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
      reportDecodingChange(
        context,
        context.reportedFailures.decoding.missed(speakerId, unheardMs, packet.atMs),
      );
    else if (noticed.length > 0)
      reportDecodingChange(context, context.reportedFailures.decoding.decoded(speakerId));
  }
  return 'lost';
}

/** Speaks one turn after the other; a turn that a lost link kept from being heard is spoken again. */
async function speakAll(context: SpeakingContext, signal: AbortSignal): Promise<never> {
  for await (const turn of context.queue.turns(signal)) {
    const until = AbortSignal.any([signal, turn.handle.signal]);
    context.missingVoiceNotices.check();
    try {
      await say(turn, context, until).finally(() => {
        if (context.output.sounded) context.queue.heard(turn);
      });
    } catch (error) {
      if (turn.handle.isRetracted && !signal.aborted) continue;
      if (signal.aborted) interrupt(turn, context);
      throw error;
    }
  }
  throw new Error('the queue of turns ended before its session');
}

async function say(turn: QueuedTurn, context: SpeakingContext, signal: AbortSignal): Promise<void> {
  context.tools.spoken.close();
  switch (turn.kind) {
    case 'question':
      return await answerQuestion(turn, context, signal);
    case 'reading':
      return await readAloud(turn, context, signal);
  }
}

/** Puts a turn back that was not heard; a turn that was heard in part is over. */
function interrupt(turn: QueuedTurn, { queue, output }: SpeakingContext): void {
  if (turn.handle.dropped || queue.aside.some((one) => one === turn)) return;
  if (output.sounded) turn.handle.drop('lost');
  else queue.putBack(turn);
}
