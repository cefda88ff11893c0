/** Signs of work while an answer is awaited: instants in ms after the end of the utterance. */
export type WaitingRules = {
  /** The first soft tick. */
  readonly tickMs: number;
  /** Interval between two ticks, in ms. */
  readonly everyMs: number;
  /** "One moment.", once. */
  readonly momentMs: number;
  /** A low pad instead of ticks; the panel names the step. */
  readonly padMs: number;
  /** Length of the pad, in ms: another follows it. */
  readonly padEveryMs: number;
  /** The answer is given later, when it is there. */
  readonly laterMs: number;
};

export const waitingRules: WaitingRules = {
  tickMs: 700,
  everyMs: 1_200,
  momentMs: 2_500,
  padMs: 8_000,
  padEveryMs: 1_500,
  laterMs: 12_000,
};

/** Wait for an answer, since the speaker stopped talking to the bot. */
export type Waiting = {
  readonly sinceMs: number;
  readonly nextTickMs: number;
  readonly reported: 'nothing' | 'moment' | 'later';
};

type WaitingEffect = 'tick' | 'moment' | 'pad' | 'later';

/** Longest part of the endpointing delay, in ms, that counts as waiting; the rest was reserved for a continuation. */
const usualEndMs = 300;

/**
 * Start in ms of the wait of a speaker whose voice was last heard at `toMs`, and whose utterance was decided to end at
 * `endedAtMs`.
 */
export function waitsFromMs(toMs: number, endedAtMs: number): number {
  return Math.max(toMs, endedAtMs - usualEndMs);
}

export function waitSince(sinceMs: number, rules: WaitingRules): Waiting {
  return { sinceMs, nextTickMs: sinceMs + rules.tickMs, reported: 'nothing' };
}

/** One look at the clock while nothing of the answer has sounded; at most one effect, the weightiest. */
export function stepWaiting(
  waiting: Waiting,
  atMs: number,
  rules: WaitingRules,
): { readonly waiting: Waiting; readonly effect?: WaitingEffect } {
  const waitedMs = atMs - waiting.sinceMs;
  if (waitedMs >= rules.laterMs) {
    if (waiting.reported === 'later') return { waiting };
    return { waiting: { ...waiting, reported: 'later' }, effect: 'later' };
  }
  if (waitedMs >= rules.momentMs && waiting.reported === 'nothing') {
    const nextTickMs = atMs + rules.everyMs;
    return { waiting: { ...waiting, nextTickMs, reported: 'moment' }, effect: 'moment' };
  }
  if (atMs < waiting.nextTickMs) return { waiting };
  if (waitedMs >= rules.padMs) {
    return { waiting: { ...waiting, nextTickMs: atMs + rules.padEveryMs }, effect: 'pad' };
  }
  return { waiting: { ...waiting, nextTickMs: atMs + rules.everyMs }, effect: 'tick' };
}

/** Bounds of the queue of turns. */
export type QueueRules = {
  /** Questions that wait while something is said; a further one drops the oldest, of its own speaker first. */
  readonly mostQuestions: number;
  /** Texts that wait to be read out; a further one is refused. */
  readonly mostReadings: number;
  /** Lines of a chat that wait to be read out behind all else: of one person, and in all. */
  readonly mostLinesEach: number;
  readonly mostLines: number;
  /** Limit of postponed answers, which wait in the queue. */
  readonly mostPostponed: number;
  /** Longest wait of a question for its turn, in ms: by then people talk about something else. */
  readonly longestWaitMs: number;
  /** Longest wait for a postponed answer, in ms; then it is given up. */
  readonly longestPostponedMs: number;
};

export const queueRules: QueueRules = {
  mostQuestions: 3,
  mostReadings: 8,
  mostLinesEach: 3,
  mostLines: 24,
  mostPostponed: 3,
  longestWaitMs: 45_000,
  longestPostponedMs: 300_000,
};

/** Waits, in ms, of the one sentence that the bot says when it has joined. */
export const greetingRules = {
  /** Time that the bot listens before it greets: the onset of a caller's voice shows within 150 ms. */
  listenFirstMs: 500,
  /** Time after which a greeting is pointless: voice may have been that slow, or the link was not ready. */
  tooLateMs: 10_000,
} as const;
