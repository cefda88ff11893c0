/** Signs of work while an answer is awaited: instants in ms after the end of the utterance. */
export type WaitingRules = {
  /** The first soft tick. */
  readonly tickMs: number;
  /** Interval between two ticks, in ms. */
  readonly everyMs: number;
  /** "One moment.", once. */
  readonly momentMs: number;
};

export const waitingRules: WaitingRules = {
  tickMs: 700,
  everyMs: 1_200,
  momentMs: 2_500,
};

/** Wait for an answer, since the speaker stopped talking to the bot. */
export type Waiting = {
  readonly sinceMs: number;
  readonly nextTickMs: number;
  /** True once "One moment." was said. */
  readonly heardMoment: boolean;
};

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
  return { sinceMs, nextTickMs: sinceMs + rules.tickMs, heardMoment: false };
}

/** Instant, in ms, of the next cue of a wait. */
export function nextCueMs(
  { heardMoment, nextTickMs, sinceMs }: Waiting,
  rules: WaitingRules,
): number {
  return heardMoment ? nextTickMs : Math.min(nextTickMs, sinceMs + rules.momentMs);
}

/** The cue that is due, and the wait after it. */
export function stepWaiting(
  waiting: Waiting,
  atMs: number,
  rules: WaitingRules,
): { readonly waiting: Waiting; readonly cue: 'tick' | 'moment' } {
  const next = { ...waiting, nextTickMs: atMs + rules.everyMs };
  const isMoment = !waiting.heardMoment && atMs - waiting.sinceMs >= rules.momentMs;
  if (!isMoment) return { waiting: next, cue: 'tick' };
  return { waiting: { ...next, heardMoment: true }, cue: 'moment' };
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
  /** Longest wait of a question for its turn, in ms: by then people talk about something else. */
  readonly longestWaitMs: number;
};

export const queueRules: QueueRules = {
  mostQuestions: 3,
  mostReadings: 8,
  mostLinesEach: 3,
  mostLines: 24,
  longestWaitMs: 45_000,
};
