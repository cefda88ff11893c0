/** The usual times of signs of work, in ms. */
export const answerWaitRules = {
  tickMs: 700,
  everyMs: 1_200,
  /** "One moment.", once. */
  momentMs: 2_500,
  /** The sentence about a tool, once, after the tool has run for so long. */
  stepMs: 1_200,
  /** Length of the low sound that then takes the place of ticks. */
  bedMs: 2_000,
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
  /** The sentence about a tool was said, so that a low sound follows in place of ticks. */
  readonly hasHeardStep: boolean;
};

/** Longest part of the endpointing delay that counts as waiting. */
const maxCountedDelayMs = 300;

/** Gets the instant from which a person waits, given the end of the voice and the end of the turn. */
export function getWaitStartMs(toMs: number, endedAtMs: number): number {
  return Math.max(toMs, endedAtMs - maxCountedDelayMs);
}

/** Begins a wait at an instant. */
export function beginWait(sinceMs: number, rules: AnswerWaitRules): AnswerWait {
  return {
    sinceMs,
    nextTickMs: sinceMs + rules.tickMs,
    hasHeardMoment: false,
    hasHeardStep: false,
  };
}

/** Gets the instant of the next cue. `toolFromMs` is the start of a tool that runs for the answer. */
export function getNextCueMs(
  waiting: AnswerWait,
  rules: AnswerWaitRules,
  toolFromMs: number | undefined,
): number {
  return Math.min(waiting.nextTickMs, getSentenceMs(waiting, rules, toolFromMs));
}

/** A sign of work: a tick, the sentence "One moment.", the sentence about a tool, or the low sound after it. */
export type WaitingCue = 'tick' | 'moment' | 'step' | 'bed';

/** Returns the cue that is due at `atMs`, and the wait after it. Call it at `getNextCueMs`. */
export function stepAnswerWait(
  waiting: AnswerWait,
  atMs: number,
  rules: AnswerWaitRules,
  toolFromMs: number | undefined,
): { readonly waiting: AnswerWait; readonly cue: WaitingCue } {
  const { hasHeardStep } = waiting;
  if (atMs < getSentenceMs(waiting, rules, toolFromMs)) {
    const everyMs = hasHeardStep ? rules.bedMs : rules.everyMs;
    const cue = hasHeardStep ? 'bed' : 'tick';
    return { waiting: { ...waiting, nextTickMs: atMs + everyMs }, cue };
  }
  const isStep = toolFromMs !== undefined;
  const next = {
    ...waiting,
    nextTickMs: atMs + rules.everyMs,
    hasHeardMoment: true,
    hasHeardStep: isStep,
  };
  return { waiting: next, cue: isStep ? 'step' : 'moment' };
}

/** Gets the instant of the sentence that is still to be said: about the tool that runs, else "One moment." */
function getSentenceMs(
  { hasHeardMoment, hasHeardStep, sinceMs }: AnswerWait,
  rules: AnswerWaitRules,
  toolFromMs: number | undefined,
) {
  const never = Number.POSITIVE_INFINITY;
  if (hasHeardStep) return never;
  if (toolFromMs !== undefined) return toolFromMs + rules.stepMs;
  return hasHeardMoment ? never : sinceMs + rules.momentMs;
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
