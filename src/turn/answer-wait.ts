/** Signs of work during a wait for an answer, in ms after the end of the utterance. */
export type AnswerWaitRules = {
  /** First soft tick. */
  readonly tickMs: number;
  /** Interval between two ticks. */
  readonly everyMs: number;
  /** "One moment.", once. */
  readonly momentMs: number;
};

export const answerWaitRules: AnswerWaitRules = {
  tickMs: 700,
  everyMs: 1_200,
  momentMs: 2_500,
};

export type AnswerWait = {
  readonly sinceMs: number;
  readonly nextTickMs: number;
  readonly hasHeardMoment: boolean;
};

/** Only this much of the endpointing delay counts as waiting. */
const maxCountedDelayMs = 300;

export function getWaitStartMs(toMs: number, endedAtMs: number): number {
  return Math.max(toMs, endedAtMs - maxCountedDelayMs);
}

export function beginWait(sinceMs: number, rules: AnswerWaitRules): AnswerWait {
  return { sinceMs, nextTickMs: sinceMs + rules.tickMs, hasHeardMoment: false };
}

export function getNextCueMs(
  { hasHeardMoment, nextTickMs, sinceMs }: AnswerWait,
  rules: AnswerWaitRules,
): number {
  return hasHeardMoment ? nextTickMs : Math.min(nextTickMs, sinceMs + rules.momentMs);
}

export type WaitingCue = 'tick' | 'moment';

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

export type QueueRules = {
  /** A further question drops the oldest, of its own speaker first. */
  readonly maxQuestions: number;
  /** A further announcement is rejected. */
  readonly maxAnnouncements: number;
  /** Lines of a chat wait behind everything else. */
  readonly maxLinesPerPerson: number;
  readonly maxLines: number;
  /** By then people talk about something else. */
  readonly maxWaitMs: number;
};

export const queueRules: QueueRules = {
  maxQuestions: 3,
  maxAnnouncements: 8,
  maxLinesPerPerson: 3,
  maxLines: 24,
  maxWaitMs: 45_000,
};
