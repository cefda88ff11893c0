import { getDurationMs } from '#src/audio/pcm.ts';
import { BotError, type BudgetCap } from '#src/base/errors.ts';
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

/** Prices of the roles of one server. */
export type Tariff = {
  readonly recognise: RolePrice;
  /** Whether the recogniser gets the sound once, while it is spoken. */
  readonly streams?: boolean;
  readonly think: RolePrice;
  readonly speak: RolePrice;
  /** Prices of further models that may be asked in a role: a fallback, those that people choose. */
  readonly others?: Partial<Readonly<Record<PaidRole, readonly RolePrice[]>>>;
};

/** Expected cost of a text that is spoken, in billionths of a dollar. */
export function estimateSpeechCost(characters: number, { speak }: Tariff): number {
  const ms = Math.round(estimateSpokenMs(characters));
  return sumCosts([{ kind: 'spoken', characters, ms }], 'speak', speak);
}

/** Speaking rate, in characters per ms. */
const charactersPerMs = 0.015;

/** About how many characters are said in `ms` of speech. */
export function estimateSpokenCharacters(ms: number): number {
  return ms * charactersPerMs;
}

/** About how long, in ms, so many characters are said. */
function estimateSpokenMs(characters: number) {
  return characters / charactersPerMs;
}

/** Most that one request can cost, by the units that limit its output: tokens of a model, ms of sound. */
export type RequestBound = {
  readonly role: PaidRole;
  /** With fewer units it is not worth sending. */
  readonly least: number;
  /** Units of the usual longest output. */
  readonly most: number;
  /** Use by so many units, in the counts that these rates price. */
  readonly useOf: (units: number, rates: Usd) => Use;
};

/** A request to a model: everything that it is shown, and the length of sound in it, in ms. */
export type ModelRequest = {
  readonly messages: readonly object[];
  readonly tools?: readonly object[];
  readonly heardMs?: number;
};

/** Fewest tokens for which a model is asked, and the most that it may write for one answer, thoughts included. */
const leastTokens = 100;
export const mostAnswerTokens = 4_000;
/** Most ms of sound for a character, and beside it, of any voice. */
const [mostMsPerCharacter, mostExtraMs] = [200, 2_000];
/** Text that a model which reads aloud is shown beside the words, in tokens. */
const readingTokens = 1_000;
/** Text of a recogniser that sells tokens, by the second of its sound. */
const recognisedTokensPerSecond = 20;

/** No token of text is shorter than a byte; a picture has the most tokens of any vendor. */
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

/** `least`: of a stream, what is worth sending of it. */
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

/** Person or program that pays. */
type Payer = { readonly id: string };

/** Most that is said in a second, in bytes of text, and the longest sentence about the language of an answer. */
const [bytesPerSecond, languageBytes] = [40, 400];

/** An answer by a pipeline, whose words may not be known yet. */
export function toAnswerRequest(
  turn: Turn,
  guildId: GuildId,
  kind: PaidKind = 'answer',
  personId = turn.said.at(-1)?.speakerId ?? '',
): AnswerRequest {
  const { done = [], said, sent = {}, tools } = turn;
  const heardMs = said.reduce(
    (sum, { pcm }) => sum + (pcm ? getDurationMs(pcm) : 0),
    0,
  );
  const unknown = 'x'.repeat(
    languageBytes + Math.ceil((heardMs / 1_000) * bytesPerSecond),
  );
  const asked = said.map(({ name, pictures, text: content = '' }) => {
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

/** A text that is read out in a channel: paid by `by`, else by the server. */
export function toReadingRequest(
  words: string,
  guildId: GuildId,
  by?: Payer,
): AnswerRequest {
  return toSpeechRequest(by ? 'reading' : 'notice', guildId, words, by);
}

/** A text that is to be spoken; `by` is the person who asks for it, if any. */
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

/** Counted work, in one or two ways: the first of them that has a price is paid. */
export type UsageCount = {
  readonly uses: readonly Use[];
  /** Engine that did the work; undefined: the usual one. */
  readonly by: ServedBy | undefined;
};

/** Books to which a reservation is counted. */
export interface ReservationAccount {
  pay(what: PaidRole, work: UsageCount): void;
  /** Sets money aside for one request, or names the cap that refuses it; undefined: it costs nothing. Absent: there is no limit. */
  hold?(bound: RequestBound): Promise<HoldOrCap>;
  turn?(): void;
  done?(): void;
}

/** Money set aside for one request, or the cap that refuses it. */
export type HoldOrCap = RequestReservation | BudgetCap | undefined;

/** Pays for sound that is recognised. */
export type SoundMeter = {
  /** Counts sound that was sent, in ms, and who heard it. Never throws. */
  onRecognised(ms: number, usage?: EngineUsage): void;
  /** Sets money aside for sound that is to be sent: how many ms of it may be. `least`: what is worth sending. Errors refuse it. */
  holdSound?(ms: number, least?: number): ReservationResult;
};

type OnUsage = (usage: Usage) => void;

/**
 * Money set aside for one piece of paid work. No engine of a session can be asked without one: it counts what the work takes, as
 * that becomes known, also after it was closed. Nothing here throws.
 *
 * Only the ledger makes them.
 */
export class Reservation implements ChatMeter, SoundMeter, VoiceUsageMeter {
  readonly #account;
  readonly #onUsage: OnUsage[] = [];
  #isWanted = false;
  #isClosed = false;

  constructor(account: ReservationAccount) {
    this.#account = account;
  }

  /** Calls `onUsage` for each further request to a model. */
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

  /** Sets money aside for a request that is about to be sent; undefined: it has no limit. Errors: BotError `budget.used`. */
  async #holdAmount(bound: RequestBound) {
    const held = await this.#account.hold?.(bound);
    if (typeof held !== 'string') return held;
    const whose = held === 'all' ? 'all servers' : `this ${held}`;
    const message = `What is left today for ${whose} is too little for it.`;
    throw new BotError('budget.used', false, message, undefined, undefined, {
      cap: held,
    });
  }

  /** Counts one request to a model. */
  used(usage: Usage): void {
    for (const report of this.#onUsage) report(usage);
    if (usage.inputTokens === 0 && usage.outputTokens === 0) return; // refused
    const { by, ...tokens } = usage;
    this.#account.pay('think', { uses: [{ ...tokens, kind: 'tokens' }], by });
  }

  /** Counts one text that was spoken. */
  recordSpeech({ usage, ...spoken }: SpokenUsage): void {
    this.#countUsage('speak', usage, { ...spoken, kind: 'spoken' });
  }

  /** Counts sound that was sent to be recognised, in ms. */
  onRecognised(ms: number, usage?: EngineUsage): void {
    this.#countUsage('recognise', usage, { kind: 'heard', ms });
  }

  /** Counts it as a turn: it is going to be heard or read. */
  markWanted(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#account.turn?.();
  }

  /** Ends the work and frees what was set aside. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#account.done?.();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Counts work by the report of its engine, or else by our estimate. */
  #countUsage(what: PaidRole, usage: EngineUsage | undefined, estimate: Use) {
    const uses = usage?.count ? [usage.count, estimate] : [estimate];
    this.#account.pay(what, { uses, by: usage?.by });
  }
}
