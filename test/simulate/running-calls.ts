import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { VoiceChannelChatPoster } from '#src/ports/voice-channel-chat-poster.ts';
import type { Luck, PortName } from './luck.ts';
import { KeptObjects } from './memory-judge.ts';

/** Time, in ms, after which a voice that gives no sound may be given up. */
const lateVoiceMs = 3_000;

/** A call that goes on. */
export type RunningCall = {
  readonly port: PortName;
  /** People whose sound it holds. */
  readonly by: readonly string[];
  /** What a voice is made for. */
  readonly text: string;
  readonly signal: AbortSignal;
};

type CallSubject = Partial<Pick<RunningCall, 'by' | 'text'>>;
type CallTimes = readonly [leastMs: number, usualMs: number, longestMs: number];

export type RunningCalls = ReturnType<typeof createRunningCalls>;

/** Calls of engines: they take time and fail by luck, and count as running until then. */
export function createRunningCalls(clock: Clock, luck: Luck) {
  /** Latest instant, in ms, at which a voice failed, was late, or was given up in mid-sentence. */
  let unsaidMs = Number.NEGATIVE_INFINITY;
  const listBusy = new Set<RunningCall>();

  return {
    get unsaidMs() {
      return unsaidMs;
    },
    clock,
    luck,
    /** Objects that engines and tools gave to the bot, or got from it. */
    kept: new KeptObjects(),

    /** Calls that go on and were not cancelled. */
    get listRunning() {
      return [...listBusy].filter(({ signal }) => !signal.aborted);
    },

    /** Number of all calls that go on. */
    get countLeft() {
      return listBusy.size;
    },

    /** A voice stands still in the middle of its sound. If it is given up then, the rest is unsaid. */
    async stallVoice(ms: number, signal: AbortSignal) {
      try {
        await clock.sleep(ms, signal);
      } catch (error) {
        unsaidMs = clock.nowMs();
        throw error;
      }
    },

    async call(
      port: PortName,
      [leastMs, usualMs, longestMs]: CallTimes,
      signal: AbortSignal,
      { by = [], text = '' }: CallSubject = {},
    ) {
      const { fails, takesMs } = luck.callPort(port, leastMs, usualMs, longestMs);
      const running = { port, by, text, signal };
      listBusy.add(running);
      const fromMs = clock.nowMs();
      try {
        await clock.sleep(takesMs, signal);
      } finally {
        listBusy.delete(running);
        const nowMs = clock.nowMs();
        const isLate = nowMs - fromMs > lateVoiceMs;
        if (port === 'speak' && (fails || isLate)) unsaidMs = nowMs;
      }
      if (fails) throw new BotError('provider.unreachable', true, 'Gone.');
    },
  };
}

/** Messages that Discord takes late, or refuses. */
export function makeSlowMessages(
  messages: VoiceChannelChatPoster,
  { clock, luck }: Pick<RunningCalls, 'clock' | 'luck'>,
): VoiceChannelChatPoster {
  const delayMessage = async (signal: AbortSignal) => {
    const { fails, takesMs } = luck.callPort('message', 50, 300, 10_000);
    await clock.sleep(takesMs, signal);
    if (fails) throw new BotError('discord.forbidden', false, 'Not there.');
  };
  return {
    writeText: (...args) =>
      delayMessage(args[2]).then(() => messages.writeText(...args)),
    notifyPeople: (...args) =>
      delayMessage(args[2]).then(() => messages.notifyPeople(...args)),
    tellPerson: (...args) =>
      delayMessage(args[2]).then(() => messages.tellPerson(...args)),
    offerButtons: (...args) =>
      delayMessage(args[3]).then(() => messages.offerButtons(...args)),
  };
}
