import type { ErrorCode } from '#src/base/errors.ts';

export type TranscribeJob = {
  /** Mono at 16 kHz. */
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
  /** True if the model repeated itself until its limit, so that the text is worthless. */
  readonly isEndless: boolean;
};

/** English text, spoken in clauses or sentences. */
export type SpeakJob = {
  readonly text: string;
  /** 1 is the normal pace, and 2 is twice as slow. */
  readonly lengthScale: number;
};

/** Mono sound. `rateHz` is that of the voice. */
export type SpokenPiece = { readonly samples: Int16Array; readonly rateHz: number };

/** Sound of one person, mono at 16 kHz. The last 8 s count. */
export type EndOfTurnJob = { readonly samples: Int16Array };

/** Jobs of the model process, with the results in order. */
export type ModelJobs = {
  readonly transcribe: { readonly job: TranscribeJob; readonly result: HeardSpeech };
  readonly speak: { readonly job: SpeakJob; readonly result: SpokenPiece };
  /** The result is the probability, from 0 to 1, that the turn is over. */
  readonly 'end-of-turn': { readonly job: EndOfTurnJob; readonly result: number };
};

export type JobKind = keyof ModelJobs;

/** Runs one job, and yields its results as they are made. After an abort, the remaining results may be left out. */
export type PerformJob<Kind extends JobKind> = (
  job: ModelJobs[Kind]['job'],
  signal: AbortSignal,
) => AsyncIterable<ModelJobs[Kind]['result']>;

/** Request to the model process. Without a job, loading begins. */
export type LocalModelRequest = {
  readonly kind: JobKind;
  readonly folder: string;
  readonly job?: ModelJobs[JobKind]['job'];
};

/** Message to the model process. `drop` ends the request with this id. */
export type ToModels = {
  readonly id: number;
  readonly ask: LocalModelRequest | 'drop';
};

/** Message of the model process: a result of the request with this id, or its end. */
export type FromModels = { readonly id: number } & (
  | { readonly kind: 'out'; readonly value: unknown }
  | { readonly kind: 'completed' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string }
);
