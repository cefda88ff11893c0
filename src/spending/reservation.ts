import { getDurationMs } from '#src/audio/pcm.ts';
import { BotError, type BudgetCap } from '#src/base/errors.ts';
import type { GuildId } from '#src/base/ids.ts';
import type { Usage } from '#src/chat/chat-model.ts';
import type { ChatMeter } from '#src/chat/metered-chat.ts';
import type { Turn } from '#src/pipeline/pipeline.ts';
import { createPromptHead } from '#src/pipeline/prompt.ts';
import {
  countPictures,
  maxPictureTokens,
  msPerTokenHeard,
  msPerTokenSpoken,
  type RequestReservation,
  type ReservationResult,
} from '#src/provider/models/request-reservation.ts';
import type { ServedBy } from '#src/provider/models/standard-models.ts';
import type {
  SpokenUsage,
  VoiceUsageMeter,
} from '#src/speech/fallbacks/metered-voice.ts';
import type { EngineUsage } from '#src/speech/speech-engine.ts';
import type { PaidRole, RolePrice, Usd } from '#src/spending/prices/prices.ts';
import type { AnswerRequest, PaidKind } from './budget-authority.ts';
import { charactersPerToken, sumCosts, type Use } from './cost.ts';

export type Tariff = {
  readonly recognise: RolePrice;
  /** The recogniser gets each sound once, during speech. */
  readonly streams?: boolean;
  readonly think: RolePrice;
  readonly speak: RolePrice;
  readonly others?: Partial<Readonly<Record<PaidRole, readonly RolePrice[]>>>;
};

export function estimateSpeechCost(characters: number, { speak }: Tariff): number {
  const ms = Math.round(estimateSpokenMs(characters));
  return sumCosts([{ kind: 'spoken', characters, ms }], 'speak', speak);
}

const charactersPerMs = 0.015;

export function estimateSpokenCharacters(ms: number): number {
  return ms * charactersPerMs;
}

function estimateSpokenMs(characters: number) {
  return characters / charactersPerMs;
}

/** Cost limit of a request, by tokens or ms of sound. */
export type RequestBound = {
  readonly role: PaidRole;
  /** Fewer units are not worth sending. */
  readonly least: number;
  readonly most: number;
  readonly useOf: (units: number, rates: Usd) => Use;
};

/** Everything that a model is shown, with the ms of sound. */
export type ModelRequest = {
  readonly messages: readonly object[];
  readonly tools?: readonly object[];
  readonly heardMs?: number;
};

/** Least tokens of a request, and most tokens of an answer, including reasoning. */
const leastTokens = 100;
export const mostAnswerTokens = 4_000;
/** Upper bound for any voice, per character and in addition. */
const [mostMsPerCharacter, mostExtraMs] = [200, 2_000];
/** Tokens around a text that is read aloud. */
const readingTokens = 1_000;
/** Upper bound for recognisers that charge by token. */
const recognisedTokensPerSecond = 20;

/** Bounds a chat request. Pictures count as at the dearest provider. */
export function boundModelRequest({
  messages,
  tools = [],
  heardMs = 0,
}: ModelRequest): RequestBound {
  const shown = messages.map((one: MeasuredMessage) => {
    return one.sent ?? { ...one, wav: undefined, pictures: undefined };
  });
  const pictures = messages.map(
    ({ pictures = [], sent }: MeasuredMessage) => sent && pictures,
  );
  const text = Buffer.byteLength(JSON.stringify([shown, tools]));
  const bytes = text - Buffer.byteLength(pictures.flat().join(''));
  const heard = Math.ceil(heardMs / msPerTokenHeard);
  // A text token has at least one byte.
  const inputTokens = bytes + heard + countPictures(messages) * maxPictureTokens;
  return {
    role: 'think',
    least: leastTokens,
    most: mostAnswerTokens,
    useOf: (
      units,
      { perMillionAudioInputTokens: hears, perMillionAudioOutputTokens: speaks },
    ) => ({
      kind: 'tokens',
      inputTokens,
      audioInputTokens: hears === undefined ? undefined : heard,
      outputTokens: units,
      audioOutputTokens: speaks === undefined ? undefined : units,
    }),
  };
}

type MeasuredMessage = {
  readonly pictures?: readonly string[];
  readonly sent?: object;
};

export function boundSpeech(text: string): RequestBound {
  const bytes = Buffer.byteLength(text);
  return {
    role: 'speak',
    least: Math.ceil(estimateSpokenMs(text.length)),
    most: text.length * mostMsPerCharacter + mostExtraMs,
    useOf: (ms, { perMillionCharacters, perMillionOutputTokens }) => {
      if (perMillionCharacters !== undefined || perMillionOutputTokens === undefined)
        return {
          kind: 'spoken',
          characters: Math.max(text.length, bytes / charactersPerToken),
          ms,
        };
      const sound = Math.ceil(ms / msPerTokenSpoken);
      return {
        kind: 'tokens',
        inputTokens: bytes + readingTokens,
        outputTokens: sound + bytes,
        audioOutputTokens: sound,
      };
    },
  };
}

/** Bounds recognition. `least` is the shortest part worth sending. */
export function boundRecognition(ms: number, least = ms): RequestBound {
  return {
    role: 'recognise',
    least,
    most: ms,
    useOf: (units, { perMinute, perMillionOutputTokens }) => {
      if (perMinute !== undefined || perMillionOutputTokens === undefined)
        return { kind: 'heard', ms: units };
      const heard = Math.ceil(units / msPerTokenHeard);
      const outputTokens = Math.ceil((units / 1_000) * recognisedTokensPerSecond);
      return {
        kind: 'tokens',
        inputTokens: heard,
        audioInputTokens: heard,
        outputTokens,
      };
    },
  };
}

type Payer = { readonly id: string };

/** Upper bounds of spoken text, and of the orders about the language and the judgement. */
const [bytesPerSecond, languageBytes] = [40, 700];

/** Creates the request for an answer with possibly unknown words. */
export function toAnswerRequest(
  turn: Turn,
  guildId: GuildId,
  kind: PaidKind = 'answer',
  personId = turn.utterances.at(-1)?.speakerId ?? '',
): AnswerRequest {
  const { done = [], sent = {}, tools, utterances } = turn;
  const heardMs = utterances.reduce(
    (sum, { pcm }) => sum + (pcm ? getDurationMs(pcm) : 0),
    0,
  );
  const unknown = 'x'.repeat(
    languageBytes + Math.ceil((heardMs / 1_000) * bytesPerSecond),
  );
  const asked = utterances.map(({ name, pictures, text: content = '' }) => {
    return { role: 'user', name, content, pictures };
  });
  const messages = [...createPromptHead(turn), ...asked, ...done, { content: unknown }];
  return {
    kind,
    guildId,
    personId,
    first: { messages, tools: [...tools, sent], heardMs },
  };
}

/** Creates the request for words to say. `by` pays, or else the server. */
export function toAnnouncementRequest(
  words: string,
  guildId: GuildId,
  by?: Payer,
): AnswerRequest {
  return toSpeechRequest(by ? 'reading' : 'notice', guildId, words, by);
}

export function toSpeechRequest(
  kind: Extract<
    PaidKind,
    'reading' | 'notice' | 'voice preview' | 'speech to a program'
  >,
  guildId: GuildId,
  words: string,
  { id: personId }: Payer = { id: '' },
): AnswerRequest {
  return { kind, guildId, personId, first: words };
}

/** The first countable use is paid. */
export type UsageCount = {
  readonly uses: readonly Use[];
  readonly by: ServedBy | undefined;
};

export interface ReservationAccount {
  pay(what: PaidRole, work: UsageCount): void;
  /** Reserves a request, or returns the cap that refuses. Undefined is free. Absent: no limit. */
  hold?(bound: RequestBound): Promise<HoldOrCap>;
  turn?(): void;
  done?(): void;
}

export type HoldOrCap = RequestReservation | BudgetCap | undefined;

/** Pays for recognised sound. */
export type SoundMeter = {
  onRecognised(ms: number, usage?: EngineUsage): void;
  /** Returns the ms that may be sent, at least `least`. Throws if refused. */
  holdSound?(ms: number, least?: number): ReservationResult;
};

type OnUsage = (usage: Usage) => void;

/** Reservation for one piece of paid work. Methods never throw, and count usage even after the end. */
export class Reservation implements ChatMeter, SoundMeter, VoiceUsageMeter {
  readonly #account;
  readonly #onUsage: OnUsage[] = [];
  #isWanted = false;
  #isClosed = false;

  constructor(account: ReservationAccount) {
    this.#account = account;
  }

  watchUsage(onUsage: OnUsage): this {
    this.#onUsage.push(onUsage);
    return this;
  }

  reserveRequest(
    messages: readonly object[],
    tools: readonly object[],
    heardMs: number,
  ): ReservationResult {
    return this.#holdAmount(boundModelRequest({ messages, tools, heardMs }));
  }

  reserveSpeech(text: string): ReservationResult {
    return this.#holdAmount(boundSpeech(text));
  }

  holdSound(ms: number, least?: number): ReservationResult {
    return this.#holdAmount(boundRecognition(ms, least));
  }

  /** Reserves money. Undefined without a limit. Throws BotError `budget.used`. */
  async #holdAmount(bound: RequestBound) {
    const held = await this.#account.hold?.(bound);
    if (typeof held === 'string') throw createBudgetError(held);
    return held;
  }

  recordUsage(usage: Usage) {
    for (const report of this.#onUsage) report(usage);
    if (usage.inputTokens === 0 && usage.outputTokens === 0) return; // A refused request costs nothing.
    const { by, ...tokens } = usage;
    this.#account.pay('think', { uses: [{ ...tokens, kind: 'tokens' }], by });
  }

  recordSpeech({ usage, ...spoken }: SpokenUsage) {
    this.#countUsage('speak', usage, { ...spoken, kind: 'spoken' });
  }

  onRecognised(ms: number, usage?: EngineUsage) {
    this.#countUsage('recognise', usage, { kind: 'heard', ms });
  }

  /** Counts the answer as a turn that people hear or read. */
  markWanted() {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#account.turn?.();
  }

  close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#account.done?.();
  }

  [Symbol.dispose]() {
    this.close();
  }

  /** Pays by the report of the engine, else by our estimate. */
  #countUsage(what: PaidRole, usage: EngineUsage | undefined, estimate: Use) {
    const uses = usage?.count ? [usage.count, estimate] : [estimate];
    this.#account.pay(what, { uses, by: usage?.by });
  }
}

export function createBudgetError(cap: BudgetCap): BotError {
  const whose = cap === 'all' ? 'all servers' : `this ${cap}`;
  const message = `What is left today for ${whose} is too little for it.`;
  return new BotError('budget.used', false, message, undefined, undefined, { cap });
}
