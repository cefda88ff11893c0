import type { ErrorCode } from '#src/base/errors.ts';

/** One utterance at 16 kHz. */
export type TranscribeJob = {
  readonly samples: Int16Array;
  /** Language that is spoken, BCP 47; absent, or one that the model does not know: the model finds it. */
  readonly language?: string;
  /** Words that are likely to be said, names above all. */
  readonly hints?: readonly string[];
};

/** Words of one stretch of an utterance, and how sure the model is of them. */
export type HeardSpeech = {
  readonly text: string;
  /** BCP 47. */
  readonly language: string;
  /** Mean of the natural logarithms of the tokens' probabilities: -0.35 for usual speech. */
  readonly logProbability: number;
  /** Probability that the sound holds no speech. */
  readonly noSpeechProbability: number;
  /** The model went on to the limit of its text: it repeats itself. */
  readonly isEndless: boolean;
};

/** Text in English, as it is written; it is spoken in pieces, a sentence or a clause each. */
export type SpeakJob = {
  readonly text: string;
  /** 1 is the voice's own pace, 2 twice as slow. */
  readonly lengthScale: number;
};

export type SpokenPiece = { readonly samples: Int16Array; readonly rateHz: number };

/** The last sound of one person, at 16 kHz. */
export type EndOfTurnJob = { readonly samples: Int16Array };

/** Jobs of the model process by kind, with the results that a job gives in order. */
export type ModelJobs = {
  readonly transcribe: { readonly job: TranscribeJob; readonly result: HeardSpeech };
  readonly speak: { readonly job: SpeakJob; readonly result: SpokenPiece };
  /** The result is the probability that the turn is over. */
  readonly 'end-of-turn': { readonly job: EndOfTurnJob; readonly result: number };
};

export type JobKind = keyof ModelJobs;

/** Does one job. Once `signal` is aborted the rest may be left undone. */
export type PerformJob<Kind extends JobKind> = (
  job: ModelJobs[Kind]['job'],
  signal: AbortSignal,
) => AsyncIterable<ModelJobs[Kind]['result']>;

/** Request to the model process. Without a job it only loads the model of `folder`. */
export type LocalModelRequest = {
  readonly kind: JobKind;
  readonly folder: string;
  readonly job?: ModelJobs[JobKind]['job'];
};

/** Message to the model process. `drop`: the results of this request are not wanted any more. */
export type ToModels = {
  readonly id: number;
  readonly ask: LocalModelRequest | 'drop';
};

/** Message of the model process about a request. */
export type FromModels = { readonly id: number } & (
  | { readonly kind: 'out'; readonly value: unknown }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string }
);
