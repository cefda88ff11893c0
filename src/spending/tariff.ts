import type { Amount } from './caps.ts';
import { costOf } from './cost.ts';
import type { Rate } from './prices.ts';

/** What each role costs. */
export type Tariff = {
  readonly recognise: Rate;
  readonly think: Rate;
  readonly speak: Rate;
  /** The voice that does where money runs short; absent: there is none. */
  readonly cheaperVoice?: Rate;
};

/** What is known of an answer before it is made. */
export type Outlook = {
  /** Of everything the model is shown. */
  readonly characters: number;
  /** Of what is answered. */
  readonly heardMs: number;
  readonly isWritten?: true;
};

/** A spoken answer as most are: two sentences. */
const [answerTokens, answerCharacters, answerMs] = [120, 250, 15_000];
/** How OpenAI counts sound (its price lists, 2025). */
const [msPerTokenHeard, msPerTokenSpoken] = [100, 50];

export function isFree({ recognise, think, speak }: Tariff): boolean {
  return [recognise, think, speak].every(({ kind }) => kind === 'free');
}

/** Whether the sound of answers counts as talk with a server. */
export function countsSound({ think, speak }: Tariff): boolean {
  return think.kind !== 'free' || speak.kind !== 'free';
}

/** What an answer is likely to cost from its first request on. */
export function estimate(tariff: Tariff, { characters, heardMs, isWritten }: Outlook): Amount {
  const { recognise, think, speak } = tariff;
  const speaks = think.kind === 'priced' && think.usd.perMillionAudioOutputTokens !== undefined;
  const [heard, spoken] = speaks
    ? [heardMs / msPerTokenHeard, answerMs / msPerTokenSpoken]
    : [0, 0];
  const tokens = {
    kind: 'tokens',
    inputTokens: characters / 4 + heard,
    outputTokens: answerTokens + spoken,
    audioInputTokens: heard,
    audioOutputTokens: spoken,
  } as const;
  const thought = costOf(tokens, think) ?? 0;
  if (isWritten) return { nanoUsd: thought, ms: 0 };
  const speech = { kind: 'spoken', characters: answerCharacters, ms: answerMs } as const;
  const said = speaks ? 0 : (costOf(speech, speak) ?? 0);
  const asked = recognise.kind === 'free' ? heardMs : 0;
  const ms = countsSound(tariff) ? asked + answerMs : 0;
  return { nanoUsd: thought + said, ms: Math.round(ms) };
}
