import type { RolePrice } from '#src/spending/prices/prices.ts';
import type { Amount } from './caps.ts';
import { charactersPerToken, costOf, msPerTokenHeard, msPerTokenSpoken } from './cost.ts';
import { type PaidKind, paidKinds } from './paid-kinds.ts';

/** Prices of the roles of one server. */
export type Tariff = {
  readonly recognise: RolePrice;
  /** Whether the recogniser gets the sound once, while it is spoken. */
  readonly streams?: boolean;
  readonly think: RolePrice;
  readonly speak: RolePrice;
  /** The voice that does where money runs short; absent: there is none. */
  readonly cheaperVoice?: RolePrice;
};

/** Size of an answer, as far as it is known before it is made. */
export type AnswerEstimate = {
  /** Length of everything that the model is shown, in characters. */
  readonly characters: number;
  /** Length of the speech that is answered, in ms. */
  readonly heardMs: number;
  /** Part of it, in ms, that is recognised for the answer. */
  readonly recordedMs?: number;
  readonly isWritten?: boolean;
};

/** Assumed size of an answer where no question is asked. */
export const usualAnswer: AnswerEstimate = { characters: 2_000, heardMs: 4_000 };
/** No model is let write more for one answer, thoughts included. */
export const mostAnswerTokens = 4_000;
/** A spoken answer as most are: two sentences. */
const [answerTokens, answerCharacters, answerMs] = [120, 250, 15_000];
/** Talk time, in ms, that a written answer of unknown price counts as: at least, and by its length. */
const [writtenMs, writtenMsPerCharacter] = [15_000, 1_000 / 15];

export function isFree({ recognise, think, speak }: Tariff): boolean {
  return [recognise, think, speak].every(({ kind }) => kind === 'free');
}

/** Whether the sound of answers counts as talk with a server. */
export function countsSound({ think, speak }: Tariff): boolean {
  return think.kind !== 'free' || speak.kind !== 'free';
}

/**
 * Expected amount of an answer from its first request on, one in writing at most.
 *
 * Spoken answers come one at a time in a channel, and for each payer outside, so one of them at most is dearer than the rest of a
 * cap. Those in writing do not.
 */
export function estimate(
  tariff: Tariff,
  { characters, heardMs, recordedMs = 0, isWritten }: AnswerEstimate,
): Amount {
  const { recognise, think, speak } = tariff;
  const speaks = think.kind === 'priced' && think.usd.perMillionAudioOutputTokens !== undefined;
  const [heard, spoken] = speaks
    ? [heardMs / msPerTokenHeard, answerMs / msPerTokenSpoken]
    : [0, 0];
  const written = isWritten ? mostAnswerTokens : answerTokens;
  const tokens = {
    kind: 'tokens',
    inputTokens: characters / charactersPerToken + heard,
    outputTokens: written + spoken,
    audioInputTokens: heard,
    audioOutputTokens: spoken,
  } as const;
  const recorded = costOf({ kind: 'heard', ms: recordedMs }, recognise) ?? 0;
  const thought = recorded + (costOf(tokens, think) ?? 0);
  if (isWritten) return { nanoUsd: thought, ms: think.kind === 'unpriced' ? writtenMs : 0 };
  const speech = { kind: 'spoken', characters: answerCharacters, ms: answerMs } as const;
  const said = speaks ? 0 : (costOf(speech, speak) ?? 0);
  const asked = recognise.kind === 'free' ? heardMs : 0;
  const ms = countsSound(tariff) ? asked + answerMs : 0;
  return { nanoUsd: thought + said, ms: Math.round(ms) };
}

/** Expected amount of any paid work. */
export function estimateOf(
  { characters, kind, ...sound }: AnswerEstimate & { readonly kind: PaidKind },
  tariff: Tariff,
): Amount {
  const { form } = paidKinds[kind];
  if (form !== 'speech')
    return estimate(tariff, { ...sound, characters, isWritten: form === 'writing' });
  const ms = Math.round(spokenMs(characters));
  const nanoUsd = costOf({ kind: 'spoken', characters, ms }, tariff.speak) ?? 0;
  return { nanoUsd, ms: tariff.speak.kind === 'free' ? 0 : ms };
}

/** Talk time, in ms, that a written answer of unknown price counts as. */
export function writtenTime(outputTokens: number): number {
  const characters = outputTokens * charactersPerToken;
  return Math.round(Math.max(writtenMs, characters * writtenMsPerCharacter));
}

/** Speaking rate, in characters per ms. */
const charactersPerMs = 0.015;

/** About how many characters are said in `ms` of speech. */
export function spokenCharacters(ms: number): number {
  return ms * charactersPerMs;
}

/** About how long, in ms, so many characters are said. */
export function spokenMs(characters: number): number {
  return characters / charactersPerMs;
}

/** Largest share of a budget for answers, so that what is said can still be recognised for a while. */
const forAnswers = 0.95;

/** Where recognising costs nothing, nothing is kept for it. */
export function partForAnswers({ recognise }: Tariff): number {
  return recognise.kind === 'free' ? 1 : forAnswers;
}
