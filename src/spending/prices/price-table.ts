import type { Price, Usd } from './prices.ts';

/** Read on the models' pages of OpenAI; the same name anywhere else costs what its host says. */
function atOpenAi(model: string, usd: Usd): Price {
  const source = `https://developers.openai.com/api/docs/models/${model}`;
  return { model, host: 'api.openai.com', asOf: '2026-11-20', source, usd };
}

/** Only what was read; a model that is not here is not priced. */
export const knownPrices: readonly Price[] = [
  atOpenAi('gpt-6-luna', {
    perMillionInputTokens: 0.1,
    perMillionCachedTokens: 0.01,
    perMillionOutputTokens: 0.5,
  }),
  atOpenAi('gpt-5.6-luna', {
    perMillionInputTokens: 0.2,
    perMillionCachedTokens: 0.02,
    perMillionOutputTokens: 1.2,
  }),
  atOpenAi('gpt-5.6-terra', {
    perMillionInputTokens: 2,
    perMillionCachedTokens: 0.2,
    perMillionOutputTokens: 12,
  }),
  atOpenAi('gpt-audio-1.5', {
    perMillionInputTokens: 2.5,
    perMillionOutputTokens: 10,
    perMillionAudioInputTokens: 32,
    perMillionAudioOutputTokens: 64,
  }),
  atOpenAi('gpt-realtime-2.1', {
    perMillionInputTokens: 4,
    perMillionCachedTokens: 0.4,
    perMillionOutputTokens: 24,
    perMillionAudioInputTokens: 32,
    perMillionCachedAudioTokens: 0.4,
    perMillionAudioOutputTokens: 64,
  }),
  atOpenAi('gpt-realtime-2.1-mini', {
    perMillionInputTokens: 0.6,
    perMillionCachedTokens: 0.06,
    perMillionOutputTokens: 2.4,
    perMillionAudioInputTokens: 10,
    perMillionCachedAudioTokens: 0.3,
    perMillionAudioOutputTokens: 20,
  }),
  atOpenAi('gpt-transcribe', { perMinute: 0.0045 }),
  atOpenAi('gpt-live-transcribe', { perMinute: 0.017 }),
  atOpenAi('gpt-4o-mini-tts', { perMillionInputTokens: 0.6, perMillionAudioOutputTokens: 12 }),
  atOpenAi('tts-1', { perMillionCharacters: 15 }),
  atOpenAi('tts-1-hd', { perMillionCharacters: 30 }),
];
