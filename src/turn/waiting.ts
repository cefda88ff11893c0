/** Signs of work during a wait for an answer, in ms after the end of the utterance. */
export type WaitingRules = {
  /** First soft tick. */
  readonly tickMs: number;
  /** Interval between two ticks. */
  readonly everyMs: number;
  /** "One moment.", once. */
  readonly momentMs: number;
};

export const waitingRules: WaitingRules = {
  tickMs: 700,
  everyMs: 1_200,
  momentMs: 2_500,
};

export type Waiting = {
  readonly sinceMs: number;
  readonly nextTickMs: number;
  readonly heardMoment: boolean;
};

/** Only this much of the endpointing delay counts as waiting. The rest was reserved for a continuation. */
const usualEndMs = 300;

export function waitsFromMs(toMs: number, endedAtMs: number): number {
  return Math.max(toMs, endedAtMs - usualEndMs);
}

export function waitSince(sinceMs: number, rules: WaitingRules): Waiting {
  return { sinceMs, nextTickMs: sinceMs + rules.tickMs, heardMoment: false };
}

export function nextCueMs(
  { heardMoment, nextTickMs, sinceMs }: Waiting,
  rules: WaitingRules,
): number {
  return heardMoment ? nextTickMs : Math.min(nextTickMs, sinceMs + rules.momentMs);
}

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

export type QueueRules = {
  /** A further question drops the oldest, of its own speaker first. */
  readonly mostQuestions: number;
  /** A further announcement is rejected. */
  readonly mostReadings: number;
  /** Lines of a chat wait behind everything else. */
  readonly mostLinesEach: number;
  readonly mostLines: number;
  /** By then people talk about something else. */
  readonly longestWaitMs: number;
};

export const queueRules: QueueRules = {
  mostQuestions: 3,
  mostReadings: 8,
  mostLinesEach: 3,
  mostLines: 24,
  longestWaitMs: 45_000,
};
