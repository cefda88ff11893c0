import type { PaidRole, RolePrice } from '#src/spending/prices/prices.ts';
import { charactersPerToken, costOf, msPerTokenHeard, msPerTokenSpoken } from './cost.ts';
import { type PaidKind, paidKinds } from './paid-kinds.ts';

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

/** Size of an answer, as far as it is known before it is made. */
export type AnswerEstimate = {
  /** Length of everything that the model is shown, in characters. */
  readonly characters: number;
  /** Length of the speech that is answered, in ms. */
  readonly heardMs: number;
  readonly isWritten?: boolean;
};

/** Assumed size of an answer where no question is asked. */
export const usualAnswer: AnswerEstimate = { characters: 2_000, heardMs: 4_000 };
/** A spoken answer as most are: two sentences. */
const [answerTokens, answerCharacters, answerMs] = [120, 250, 15_000];

export function isFree({ recognise, think, speak }: Tariff): boolean {
  return [recognise, think, speak].every(({ kind }) => kind === 'free');
}

/** Expected cost of an answer from its first request on, in billionths of a dollar. */
export function estimate(
  { think, speak }: Tariff,
  { characters, heardMs, isWritten }: AnswerEstimate,
): number {
  const speaks = think.kind === 'priced' && think.usd.perMillionAudioOutputTokens !== undefined;
  const [heard, spoken] = speaks
    ? [heardMs / msPerTokenHeard, answerMs / msPerTokenSpoken]
    : [0, 0];
  const tokens = {
    kind: 'tokens',
    inputTokens: characters / charactersPerToken + heard,
    outputTokens: answerTokens + spoken,
    audioInputTokens: heard,
    audioOutputTokens: spoken,
  } as const;
  const thought = costOf([tokens], 'think', think);
  if (isWritten || speaks) return thought;
  const speech = { kind: 'spoken', characters: answerCharacters, ms: answerMs } as const;
  return thought + costOf([speech], 'speak', speak);
}

/** Expected cost of any paid work, in billionths of a dollar. */
export function estimateOf(
  { characters, kind, ...sound }: AnswerEstimate & { readonly kind: PaidKind },
  tariff: Tariff,
): number {
  const { form } = paidKinds[kind];
  if (form !== 'speech')
    return estimate(tariff, { ...sound, characters, isWritten: form === 'writing' });
  return speechCost(characters, tariff);
}

/** Expected cost of a text that is spoken, in billionths of a dollar. */
export function speechCost(characters: number, { speak }: Tariff): number {
  const ms = Math.round(spokenMs(characters));
  return costOf([{ kind: 'spoken', characters, ms }], 'speak', speak);
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
