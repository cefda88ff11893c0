import type { ErrorCode } from '#src/base/errors.ts';
import type { GuildId } from '#src/base/ids.ts';
import type { ExpectedLanguage } from '#src/base/language/expected-language.ts';

/** One segment of speech. */
export type TranscribeJob = {
  /** Mono at 16 kHz, at most `maxSegmentMs`. */
  readonly samples: Int16Array;
  /** Absent, or set to one that the model does not know: detected. */
  readonly language?: ExpectedLanguage;
  readonly hints?: readonly string[];
  /** A longer silence follows the sound, against a repetition. */
  readonly isSecondTry?: boolean;
};

export type HeardSpeech = {
  readonly text: string;
  /** BCP 47. */
  readonly language: string;
  /** Mean natural logarithm of the probabilities of text tokens: -0.2 for usual speech. */
  readonly logProbability: number;
  readonly noSpeechProbability: number;
  /** True if the model repeated itself until its limit, so that the text is worthless. */
  readonly isEndless: boolean;
};

/** The first piece of an English text, or of the rest that an earlier job left. */
export type SpeakJob = {
  /** 1 is the normal pace, and 2 is twice as slow. */
  readonly lengthScale: number;
} & ({ readonly text: string } | { readonly rest: UnspokenRest });

/** Pieces of a text that are not spoken yet, in order: of the present clause in IPA, then clauses. */
export type UnspokenRest = {
  readonly ipa: readonly string[];
  readonly clauses: readonly string[];
};

/** Mono sound of one piece. `rateHz` is that of the voice. */
export type SpokenPiece = {
  readonly samples: Int16Array;
  readonly rateHz: number;
  /** Absent after the last piece. */
  readonly rest?: UnspokenRest;
};

/** Sound of one person, mono at 16 kHz. The last 8 s count. */
export type EndOfTurnJob = { readonly samples: Int16Array };

/** A request of OpenAI's chat completions, for a chat model of this machine. */
export type ChatJob = {
  /** Body of the request, as JSON. */
  readonly body: string;
  /** Longest answer, in tokens. 0: what the request and later ones begin with is only read, ahead of a question. */
  readonly maxTokens: number;
  /** Server whose people ask. */
  readonly guildId: GuildId;
};

/** Work that forgets words of talks: those that nobody goes on with, or all that were erased. */
export type ForgetJob = { readonly forgets: 'forgetOld' | 'forgetAll' };

/** How a chat model's answer ended, after its text came in parts. */
export type ChatEnd = {
  readonly finish: 'stop' | 'length';
  readonly promptTokens: number;
  /** Tokens of the prompt that were known from an earlier request. */
  readonly keptTokens: number;
  readonly answerTokens: number;
  /** From the first to the last token of the answer. */
  readonly answerMs: number;
  /** Memory of the model process. */
  readonly residentBytes: number;
  /** Interface of the graphics card that computes, like `vulkan`. Empty: the processor. */
  readonly gpu: string;
};

/** Jobs of the model processes, each with its one result. */
export type ModelJobs = {
  readonly chat: { readonly job: ChatJob | ForgetJob; readonly result: ChatEnd };
  readonly transcribe: { readonly job: TranscribeJob; readonly result: HeardSpeech };
  readonly speak: { readonly job: SpeakJob; readonly result: SpokenPiece };
  /** The result is the logit that the turn is over: 0 is undecided. */
  readonly 'end-of-turn': { readonly job: EndOfTurnJob; readonly result: number };
};

export type JobKind = keyof ModelJobs;

/**
 * How soon a job is wanted, the soonest first: the judgement whether a person's turn is over, live speech, an answer, a voice,
 * and a recording or recap.
 */
export const urgencies = ['turn', 'ears', 'answer', 'voice', 'recording'] as const;
export type JobUrgency = (typeof urgencies)[number];

/** Work for a local model, before the gate. */
export type JobOrder<Kind extends JobKind = JobKind> = {
  readonly kind: Kind;
  readonly folder: string;
  readonly work: ModelJobs[Kind]['job'];
  /** Server whose people want the work. `noGuild`: the operator or the bot itself. */
  readonly guildId: GuildId;
  readonly urgency: JobUrgency;
};

/** A bounded job, with its price. */
export type ModelJob<Kind extends JobKind = JobKind> = JobOrder<Kind> & {
  /** Estimated time of the model thread, in ms. */
  readonly threadMs: number;
  readonly bytes: number;
};

/** Place of a running job in the model process. */
export interface ThreadTurn {
  /**
   * Waits until no later job runs. A job asks before each run of a model, which nothing interrupts. Throws once nobody wants
   * the result.
   */
  waitForThread(): Promise<void>;
}

/** Runs one job. `sendText` tells a piece of the result ahead of it, or by an empty one that the job goes on. */
export type PerformJob<Kind extends JobKind> = (
  job: ModelJobs[Kind]['job'],
  turn: ThreadTurn,
  sendText: (text: string) => void,
) => Promise<ModelJobs[Kind]['result']>;

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

/** Message of the model process: a text ahead of the result, or the end of the request with this id, dropped ones included. */
export type FromModels = { readonly id: number } & (
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'completed'; readonly value?: unknown }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string }
);
