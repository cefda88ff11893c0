import type { Use } from './cost.ts';
import { charactersPerToken, msPerTokenHeard, msPerTokenSpoken } from './cost.ts';
import type { PaidRole, Usd } from './prices/prices.ts';
import { spokenMs } from './tariff.ts';

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

/** No token is shorter than a byte. */
export function modelBound({ messages, tools = [], heardMs = 0 }: ModelRequest): RequestBound {
  const bytes = Buffer.byteLength(JSON.stringify([messages.map(withoutSound), tools]));
  const heard = Math.ceil(heardMs / msPerTokenHeard);
  return {
    role: 'think',
    least: leastTokens,
    most: mostAnswerTokens,
    useOf: (units, { perMillionAudioInputTokens: hears, perMillionAudioOutputTokens: speaks }) => ({
      kind: 'tokens',
      inputTokens: bytes + heard,
      ...(hears !== undefined && { audioInputTokens: heard }),
      outputTokens: units,
      ...(speaks !== undefined && { audioOutputTokens: units }),
    }),
  };
}

export function speechBound(text: string): RequestBound {
  const bytes = Buffer.byteLength(text);
  return {
    role: 'speak',
    least: Math.ceil(spokenMs(text.length)),
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
export function recognitionBound(ms: number, least = ms): RequestBound {
  return {
    role: 'recognise',
    least,
    most: ms,
    useOf: (units, { perMinute, perMillionOutputTokens }) => {
      if (perMinute !== undefined || perMillionOutputTokens === undefined)
        return { kind: 'heard', ms: units };
      const heard = Math.ceil(units / msPerTokenHeard);
      const outputTokens = Math.ceil((units / 1_000) * recognisedTokensPerSecond);
      return { kind: 'tokens', inputTokens: heard, audioInputTokens: heard, outputTokens };
    },
  };
}

function withoutSound(message: object): object {
  return 'wav' in message ? { ...message, wav: undefined } : message;
}
