import type { ErrorCode } from '#src/base/errors.ts';

export type TranscribeJob = {
  readonly samples: Int16Array;
  /** BCP 47. Absent or unknown: detected. */
  readonly language?: string;
  readonly hints?: readonly string[];
};

export type HeardSpeech = {
  readonly text: string;
  /** BCP 47. */
  readonly language: string;
  /** Mean natural logarithm of the token probabilities: -0.35 for usual speech. */
  readonly logProbability: number;
  readonly noSpeechProbability: number;
  readonly isEndless: boolean;
};

/** English text, spoken in clauses or sentences. */
export type SpeakJob = {
  readonly text: string;
  /** 1 is the normal pace, and 2 is twice as slow. */
  readonly lengthScale: number;
};

export type SpokenPiece = { readonly samples: Int16Array; readonly rateHz: number };

export type EndOfTurnJob = { readonly samples: Int16Array };

/** Jobs of the model process, with the results in order. */
export type ModelJobs = {
  readonly transcribe: { readonly job: TranscribeJob; readonly result: HeardSpeech };
  readonly speak: { readonly job: SpeakJob; readonly result: SpokenPiece };
  readonly 'end-of-turn': { readonly job: EndOfTurnJob; readonly result: number };
};

export type JobKind = keyof ModelJobs;

/** Runs one job. After an abort the rest may be left undone. */
export type PerformJob<Kind extends JobKind> = (
  job: ModelJobs[Kind]['job'],
  signal: AbortSignal,
) => AsyncIterable<ModelJobs[Kind]['result']>;

/** Request to the model process. Without a job the model is loaded. */
export type LocalModelRequest = {
  readonly kind: JobKind;
  readonly folder: string;
  readonly job?: ModelJobs[JobKind]['job'];
};

export type ToModels = {
  readonly id: number;
  readonly ask: LocalModelRequest | 'drop';
};

export type FromModels = { readonly id: number } & (
  | { readonly kind: 'out'; readonly value: unknown }
  | { readonly kind: 'completed' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string }
);
