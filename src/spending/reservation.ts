import { getDurationMs } from '#src/audio/pcm.ts';
import { BotError, type BudgetCap } from '#src/base/errors.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { Usage } from '#src/chat/chat-model.ts';
import type { ChatMeter, TalkMeter } from '#src/chat/metered-chat.ts';
import { createPromptHead, type Turn } from '#src/pipeline/pipeline.ts';
import {
  countPictures,
  maxPictureTokens,
  msPerTokenHeard,
  msPerTokenSpoken,
  type RequestReservation,
  type ReservationResult,
  type TokenUsage,
} from '#src/provider/models/request-reservation.ts';
import type { ServedBy } from '#src/provider/models/standard-models.ts';
import type {
  SpokenUsage,
  VoiceUsageMeter,
} from '#src/speech/fallbacks/speech-chains.ts';
import type { EngineUsage } from '#src/speech/speech-engine.ts';
import type { PaidRole, RolePrice, Usd } from '#src/spending/prices/prices.ts';
import type { AnswerRequest, PaidKind } from './budget-authority.ts';
import { charactersPerToken, sumCosts, type Use } from './cost.ts';

/** Prices of hearing, thinking and speaking. `others` are those of engines that stand in. */
export type Tariff = {
  readonly recognise: RolePrice;
  /** The recogniser gets each sound once, during speech. */
  readonly streams?: boolean;
  readonly think: RolePrice;
  readonly speak: RolePrice;
  readonly others?: Partial<Readonly<Record<PaidRole, readonly RolePrice[]>>>;
};

/** Estimates the cost of speaking so many characters, in billionths of a dollar. */
export function estimateSpeechCost(characters: number, { speak }: Tariff): number {
  const ms = Math.round(estimateSpokenMs(characters));
  return sumCosts([{ kind: 'spoken', characters, ms }], 'speak', speak);
}

const charactersPerMs = 0.015;

/** Estimates the characters that a voice speaks in so many ms. */
export function estimateSpokenCharacters(ms: number): number {
  return ms * charactersPerMs;
}

function estimateSpokenMs(characters: number) {
  return characters / charactersPerMs;
}

/** Cost limit of a request, by tokens or ms of sound. */
export type RequestBound = {
  readonly role: PaidRole;
  /** Server that alone may do it. Absent: any engine of the role. */
  readonly by?: ServedBy;
  /** Fewer units are not worth sending. */
  readonly minUnits: number;
  readonly maxUnits: number;
  /** Converts units into the use that these rates price. */
  readonly toUse: (units: number, rates: Usd) => Use;
};

/** Everything that a model is shown, with the ms of sound. */
export type ModelRequest = {
  readonly messages: readonly object[];
  readonly tools?: readonly object[];
  readonly heardMs?: number;
};

/** Least tokens of a request. */
const minTokens = 100;
/** Least sound that is worth sending ahead. */
const minSoundAheadMs = 1_000;
/** Most tokens of an answer, thoughts included. */
export const mostAnswerTokens = 4_000;
/** Speech of any voice lasts at most this many ms per character, and as many more in all. */
const [maxMsPerCharacter, maxExtraMs] = [200, 2_000];
/** Tokens around a text that is read aloud. */
const readingTokens = 1_000;
/** Upper bound for recognisers that charge by token. */
const recognisedTokensPerSecond = 20;

/** Bounds the tokens of a request without its sound. Pictures count as at the dearest provider. */
function boundInputTokens({ messages, tools = [] }: ModelRequest) {
  const textMessages = messages.map((message: MeasuredMessage) => {
    return message.sent ?? { ...message, wav: undefined, pictures: undefined };
  });
  const pictures = messages.map(
    ({ pictures = [], sent }: MeasuredMessage) => sent && pictures,
  );
  const text = Buffer.byteLength(JSON.stringify([textMessages, tools]));
  const bytes = text - Buffer.byteLength(pictures.flat().join(''));
  // A text token has at least one byte.
  return bytes + countPictures(messages) * maxPictureTokens;
}

/** Bounds a request that is sent while its sound is spoken, by ms of sound. Nothing is answered before its end. */
function boundSoundAhead(request: ModelRequest, maxMs: number): RequestBound {
  const textTokens = boundInputTokens(request);
  return {
    role: 'think',
    minUnits: minSoundAheadMs,
    maxUnits: maxMs,
    toUse: (ms, rates) => {
      // The session reserves its own time.
      if (isPaidByTime(rates)) return { kind: 'heard', ms: 0 };
      const { perMillionAudioInputTokens: hears } = rates;
      const heardTokens = Math.ceil(ms / msPerTokenHeard);
      return {
        kind: 'tokens',
        inputTokens: textTokens + heardTokens,
        audioInputTokens: hears === undefined ? undefined : heardTokens,
        outputTokens: 0,
      };
    },
  };
}

/** Bounds a chat request. */
export function boundModelRequest(request: ModelRequest): RequestBound {
  const heardTokens = Math.ceil((request.heardMs ?? 0) / msPerTokenHeard);
  const inputTokens = boundInputTokens(request) + heardTokens;
  return {
    role: 'think',
    minUnits: minTokens,
    maxUnits: mostAnswerTokens,
    toUse: (units, rates) => {
      // The session reserves its own time, which may be all that is left. A chat model in its place reserves its own request.
      if (isPaidByTime(rates)) return { kind: 'heard', ms: 0 };
      const { perMillionAudioInputTokens: hears } = rates;
      const { perMillionAudioOutputTokens: speaks } = rates;
      return {
        kind: 'tokens',
        inputTokens,
        audioInputTokens: hears === undefined ? undefined : heardTokens,
        outputTokens: units,
        audioOutputTokens: speaks === undefined ? undefined : units,
      };
    },
  };
}

type MeasuredMessage = {
  readonly pictures?: readonly string[];
  readonly sent?: object;
};

/** Bounds the request to speak a text. */
export function boundSpeech(text: string): RequestBound {
  const bytes = Buffer.byteLength(text);
  return {
    role: 'speak',
    minUnits: Math.ceil(estimateSpokenMs(text.length)),
    maxUnits: text.length * maxMsPerCharacter + maxExtraMs,
    toUse: (ms, { perMillionCharacters, perMillionOutputTokens }) => {
      if (perMillionCharacters !== undefined || perMillionOutputTokens === undefined)
        return {
          kind: 'spoken',
          characters: Math.max(text.length, bytes / charactersPerToken),
          ms,
        };
      const soundTokens = Math.ceil(ms / msPerTokenSpoken);
      return {
        kind: 'tokens',
        inputTokens: bytes + readingTokens,
        outputTokens: soundTokens + bytes,
        audioOutputTokens: soundTokens,
      };
    },
  };
}

/** Bounds recognition. `minMs` is the shortest part worth sending. */
export function boundRecognition(ms: number, minMs: number = ms): RequestBound {
  return {
    role: 'recognise',
    minUnits: minMs,
    maxUnits: ms,
    toUse: (units, { perMinute, perMillionOutputTokens }) => {
      if (perMinute !== undefined || perMillionOutputTokens === undefined)
        return { kind: 'heard', ms: units };
      const inputTokens = Math.ceil(units / msPerTokenHeard);
      const outputTokens = Math.ceil((units / 1_000) * recognisedTokensPerSecond);
      return {
        kind: 'tokens',
        inputTokens,
        audioInputTokens: inputTokens,
        outputTokens,
      };
    },
  };
}

type Payer = { readonly id: PersonId };

/** Upper bounds of spoken text, and of the orders about the language and the judgement. */
const [bytesPerSecond, languageBytes] = [40, 700];

/** Creates the request for an answer with possibly unknown words. */
export function toAnswerRequest(
  turn: Turn,
  guildId: GuildId,
  kind: PaidKind = 'answer',
  personId: PersonId | undefined = turn.utterances.at(-1)?.speakerId,
): AnswerRequest {
  return { kind, guildId, personId, first: toModelRequest(turn) };
}

/** Converts the time of a session with a live model, both sides of which may speak all the while. */
function toTalkUses(ms: number): readonly [Use, Use] {
  const heardTokens = Math.ceil(ms / msPerTokenHeard);
  const spokenTokens = Math.ceil(ms / msPerTokenSpoken);
  return [
    { kind: 'heard', ms },
    {
      kind: 'tokens',
      inputTokens: heardTokens,
      audioInputTokens: heardTokens,
      outputTokens: spokenTokens,
      audioOutputTokens: spokenTokens,
    },
  ];
}

/** Bounds a part of a session with a live model, by ms. */
function boundTalk(ms: number, minMs: number, by: ServedBy): RequestBound {
  return {
    role: 'think',
    by,
    minUnits: minMs,
    maxUnits: ms,
    toUse: (units, rates) => {
      const [byTime, byTokens] = toTalkUses(units);
      return isPaidByTime(rates) ? byTime : byTokens;
    },
  };
}

/** Longest turn of a session that is paid by time, its silence included, in ms. */
const maxTurnMs = 120_000;

/** Bounds a turn of a session with a live model, which is answered whole or not at all. */
function boundTurn(most: TokenUsage, by: ServedBy): RequestBound {
  return {
    role: 'think',
    by,
    minUnits: most.outputTokens,
    maxUnits: most.outputTokens,
    toUse: (_units, rates) => {
      if (isPaidByTime(rates)) return { kind: 'heard', ms: maxTurnMs };
      return { ...(hasSoundRates(rates) ? most : toTextTokens(most)), kind: 'tokens' };
    },
  };
}

function hasSoundRates({
  perMillionAudioInputTokens,
  perMillionAudioOutputTokens,
}: Usd) {
  return (
    perMillionAudioInputTokens !== undefined &&
    perMillionAudioOutputTokens !== undefined
  );
}

/** Where sound has no price of its own, it costs as text does. */
function toTextTokens({ inputTokens, outputTokens }: TokenUsage): TokenUsage {
  return { inputTokens, outputTokens };
}

/** Returns whether a model that thinks costs by the minute, and not by what it reads and writes. */
export function isPaidByTime({ perMinute, perMillionInputTokens }: Usd): boolean {
  return perMinute !== undefined && perMillionInputTokens === undefined;
}

/** Collects everything that a model is shown for a turn, with room for words that are not known yet. */
export function toModelRequest(turn: Turn): ModelRequest {
  const { done = [], sent = {}, tools, utterances } = turn;
  const heardMs = utterances.reduce(
    (sum, { pcm }) => sum + (pcm ? getDurationMs(pcm) : 0),
    0,
  );
  const unknownText = 'x'.repeat(
    languageBytes + Math.ceil((heardMs / 1_000) * bytesPerSecond),
  );
  const questions = utterances.map(({ name, pictures, text: content = '' }) => {
    return { role: 'user', name, content, pictures };
  });
  const messages = [
    ...createPromptHead(turn),
    ...questions,
    ...done,
    { content: unknownText },
  ];
  return { messages, tools: [...tools, sent], heardMs };
}

/** Creates the request for a text to say. `by` pays, or else the server. */
export function toAnnouncementRequest(
  text: string,
  guildId: GuildId,
  by?: Payer,
): AnswerRequest {
  return toSpeechRequest(by ? 'reading' : 'notice', guildId, text, by);
}

/** Creates the request for a text to say, of another kind than an announcement. */
export function toSpeechRequest(
  kind: Extract<
    PaidKind,
    'reading' | 'notice' | 'voice preview' | 'speech to a program'
  >,
  guildId: GuildId,
  text: string,
  payer?: Payer,
): AnswerRequest {
  return { kind, guildId, personId: payer?.id, first: text };
}

/** Counts of one use, the surest first, of which the first possible one is paid. */
export type UsageCount = {
  readonly uses: readonly Use[];
  readonly by: ServedBy | undefined;
};

/** The account that a reservation is charged to. */
export interface ReservationAccount {
  /** Server whose people want the work. */
  readonly guildId: GuildId;
  /** People speak now. Absent: speech is recorded. */
  readonly isLive?: boolean;
  /** Charges work of a role, which may come after the end. */
  pay(role: PaidRole, work: UsageCount): void;
  /** Reserves a request, or returns the cap that refuses. Undefined is free. */
  hold(bound: RequestBound): Promise<HoldOrCap>;
  /** Counts a turn. */
  turn?(): void;
  /** Frees the money that no running request holds. */
  done?(): void;
}

/** Money for a request, or the cap that refuses it. Undefined: the request is free. */
export type HoldOrCap = RequestReservation | BudgetCap | undefined;

/** Pays for recognised sound. */
export type SoundMeter = {
  /** Server in which the sound was heard. */
  readonly guildId: GuildId;
  /** People speak now, so that their words come before recordings. */
  readonly isLive: boolean;
  /** Pays for sound of this length, by the count of the engine if it has one. */
  onRecognised(ms: number, usage?: EngineUsage): void;
  /** Returns the ms that may be sent, at least `minMs`. Throws BotError `budget.used`. */
  holdSound?(ms: number, minMs?: number): ReservationResult;
};

type OnUsage = (usage: Usage) => void;

/** Reservation for one piece of paid work. Usage counts even after the end. */
export class Reservation implements ChatMeter, SoundMeter, TalkMeter, VoiceUsageMeter {
  readonly #account: ReservationAccount;
  readonly #onUsage: OnUsage[] = [];
  #isWanted = false;
  #isClosed = false;

  constructor(account: ReservationAccount) {
    this.#account = account;
  }

  /** Server whose people want the work. */
  get guildId(): GuildId {
    return this.#account.guildId;
  }

  /** People speak now, so that their words come before recordings. */
  get isLive(): boolean {
    return this.#account.isLive ?? false;
  }

  /** Adds a listener for the usage of the chat model. Returns this reservation. */
  watchUsage(onUsage: OnUsage): this {
    this.#onUsage.push(onUsage);
    return this;
  }

  /** Sets money aside for a chat request, and so limits its tokens. Undefined for no limit. Rejects with BotError `budget.used`. */
  reserveRequest(
    messages: readonly object[],
    tools: readonly object[],
    heardMs: number,
  ): ReservationResult {
    return this.#holdAmount(boundModelRequest({ messages, tools, heardMs }));
  }

  /** Sets money aside for a text to speak, and so limits its ms. Undefined for no limit. Rejects with BotError `budget.used`. */
  reserveSpeech(text: string): ReservationResult {
    return this.#holdAmount(boundSpeech(text));
  }

  /** Sets money aside for a request with at most `maxMs` of sound that is still spoken, and so limits that. Rejects with BotError `budget.used`. */
  reserveSoundAhead(request: ModelRequest, maxMs: number): ReservationResult {
    return this.#holdAmount(boundSoundAhead(request, maxMs));
  }

  /** Sets money aside for sound to recognise, for at least `minMs` of it. Rejects with BotError `budget.used`. */
  holdSound(ms: number, minMs?: number): ReservationResult {
    return this.#holdAmount(boundRecognition(ms, minMs));
  }

  /** Sets money aside for so much time of a session, for at least `minMs` of it. Rejects with BotError `budget.used`. */
  reserveTalk(ms: number, minMs: number, by: ServedBy): ReservationResult {
    return this.#holdAmount(boundTalk(ms, minMs, by));
  }

  /** Pays for time of a session that has passed. */
  recordTalk(ms: number, by: ServedBy): void {
    const [byTime, byTokens] = toTalkUses(ms);
    this.#account.pay('think', { uses: [byTokens, byTime], by });
  }

  /** Sets money aside for a turn of a session, all of it or nothing. Rejects with BotError `budget.used`. */
  reserveTurn(most: TokenUsage, by: ServedBy): ReservationResult {
    return this.#holdAmount(boundTurn(most, by));
  }

  /** Pays for a turn of a session. `ms` counts where the session is paid by time. */
  recordTurn(usage: TokenUsage, ms: number, by: ServedBy): void {
    const uses: readonly Use[] = [
      { ...usage, kind: 'tokens' },
      { ...toTextTokens(usage), kind: 'tokens' },
      { kind: 'heard', ms },
    ];
    this.#account.pay('think', { uses, by });
  }

  /** Reserves money. Undefined without a limit. Throws BotError `budget.used`. */
  async #holdAmount(bound: RequestBound) {
    const hold = await this.#account.hold(bound);
    if (typeof hold === 'string') throw createBudgetError(hold);
    return hold;
  }

  /** Pays for a chat request at its end. */
  recordUsage(usage: Usage): void {
    for (const report of this.#onUsage) report(usage);
    if (usage.inputTokens === 0 && usage.outputTokens === 0) return; // A refused request costs nothing.
    const { by, ...tokens } = usage;
    this.#account.pay('think', { uses: [{ ...tokens, kind: 'tokens' }], by });
  }

  /** Pays for speech at its end. */
  recordSpeech({ usage, ...spoken }: SpokenUsage): void {
    this.#countUsage('speak', usage, { ...spoken, kind: 'spoken' });
  }

  /** Pays for recognised sound, by the count of the engine if it has one. */
  onRecognised(ms: number, usage?: EngineUsage): void {
    this.#countUsage('recognise', usage, { kind: 'heard', ms });
  }

  /** Counts the answer as a turn that people hear or read. */
  markWanted(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#account.turn?.();
  }

  /** Frees the money that no running request holds. A second call does nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#account.done?.();
  }

  /** Closes the reservation. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Pays by the report of the engine, else by our estimate. */
  #countUsage(role: PaidRole, usage: EngineUsage | undefined, estimate: Use) {
    const uses = usage?.count ? [usage.count, estimate] : [estimate];
    this.#account.pay(role, { uses, by: usage?.by });
  }
}

/** Creates the BotError `budget.used` of a cap, or `store.unwritable` where spending cannot be stored. */
export function createBudgetError(cap: BudgetCap): BotError {
  if (cap === 'unstored') {
    const message = 'What this costs cannot be stored, so it is not begun.';
    return new BotError('store.unwritable', true, message, undefined, undefined, {
      cap,
    });
  }
  const whose = cap === 'all' ? 'all servers' : `this ${cap}`;
  const message = `What is left today for ${whose} is too little for it.`;
  return new BotError('budget.used', false, message, undefined, undefined, { cap });
}
