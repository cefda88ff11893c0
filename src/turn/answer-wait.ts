/** The usual times of signs of work, in ms. */
export const answerWaitRules = {
  tickMs: 700,
  everyMs: 1_200,
  /** "One moment.", once. */
  momentMs: 2_500,
  /** Earliest cue after the answer became the current one. */
  graceMs: 100,
  /** Longest silence of an answer without a tool. */
  maxSilenceMs: 300_000,
};

/** Signs of work during a wait for an answer, in ms after the end of the utterance, or since an answer that sounds is starved. */
export type AnswerWaitRules = Readonly<typeof answerWaitRules>;

/** A wait for an answer. `sinceMs` is its beginning, and `nextTickMs` the time of the next tick. */
export type AnswerWait = {
  readonly sinceMs: number;
  readonly nextTickMs: number;
  readonly hasHeardMoment: boolean;
};

/** Longest part of the endpointing delay that counts as waiting. */
const maxCountedDelayMs = 300;

/** Gets the instant from which a person waits, given the end of the voice and the end of the turn. */
export function getWaitStartMs(toMs: number, endedAtMs: number): number {
  return Math.max(toMs, endedAtMs - maxCountedDelayMs);
}

/** Begins a wait at an instant. */
export function beginWait(sinceMs: number, rules: AnswerWaitRules): AnswerWait {
  return { sinceMs, nextTickMs: sinceMs + rules.tickMs, hasHeardMoment: false };
}

/** Gets the instant of the next cue. */
export function getNextCueMs(
  { hasHeardMoment, nextTickMs, sinceMs }: AnswerWait,
  rules: AnswerWaitRules,
): number {
  return hasHeardMoment ? nextTickMs : Math.min(nextTickMs, sinceMs + rules.momentMs);
}

/** A sign of work: a tick, or the sentence "One moment." */
export type WaitingCue = 'tick' | 'moment';

/** Returns the cue that is due at `atMs`, and the wait after it. Call it at `getNextCueMs`. */
export function stepAnswerWait(
  waiting: AnswerWait,
  atMs: number,
  rules: AnswerWaitRules,
): { readonly waiting: AnswerWait; readonly cue: WaitingCue } {
  const next = { ...waiting, nextTickMs: atMs + rules.everyMs };
  const isMoment = !waiting.hasHeardMoment && atMs - waiting.sinceMs >= rules.momentMs;
  if (!isMoment) return { waiting: next, cue: 'tick' };
  return { waiting: { ...next, hasHeardMoment: true }, cue: 'moment' };
}

/** Limits of everything that waits to be said in one session. */
export const queueRules = {
  /** One is answered, and three wait. A further one is refused. */
  maxQuestions: 4,
  /** A further announcement is rejected. */
  maxAnnouncements: 8,
  /** Lines of a chat wait behind everything else. */
  maxLinesPerPerson: 3,
  maxLines: 24,
  /** Notices wait for a pause beside the queue. */
  maxNotices: 3,
  /** By then people talk about something else. */
  maxWaitMs: 45_000,
};
