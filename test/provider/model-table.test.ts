import { expect, test } from 'vitest';
import { endings } from '#src/provider/models/model-table.ts';
import { daysUntil, endingOf, modelNews } from '#src/provider/models/models.ts';
import { good, mistakes } from '#test/config/read-settings.ts';

/** The day up to which the table is true. */
const tableDate = '2026-11-20';
const todayMs = Date.parse(tableDate);
const openAi = 'https://api.openai.com/v1';
/** Models of OpenAI that exist and whose end is not announced. */
const lasting: readonly string[] = [
  'gpt-6-luna',
  'gpt-5.6-luna',
  'gpt-5.6-terra',
  'gpt-5.6-sol',
  'gpt-audio-1.5',
  'gpt-transcribe',
  'gpt-live-transcribe',
  'gpt-realtime-2.1',
  'gpt-realtime-2.1-mini',
];

/** Models with open weights, which anyone may run and no vendor can end. */
const openWeights: readonly string[] = ['kokoro'];

function inUse(model: string, baseUrl = openAi) {
  return { role: 'CHAT_COMPLETION', model, baseUrl };
}

function lastsLongEnough(model: string): boolean {
  const endsOn = endingOf(model)?.endsOn;
  if (endsOn !== undefined) return daysUntil(endsOn, todayMs) > 120;
  return lasting.includes(model) || openWeights.includes(model);
}

test.each([
  {},
  { PIPELINE: 'audio-model' },
  { TRANSCRIPTION_BACKEND: 'realtime' },
  { SPEECH_BACKEND: 'realtime' },
  { OPENAI_BASE_URL: 'http://127.0.0.1:8000/v1' },
])('whatever is set, no default model is about to end: %o', (given) => {
  const { chat, transcription, speech } = good({ OPENAI_API_KEY: 'a-key', ...given });
  for (const role of [chat, transcription, speech])
    expect(role.kind === 'remote' && lastsLongEnough(role.model)).toBe(true);
});

test('every successor exists and its end is not announced', () => {
  for (const { models, successor } of endings) {
    if (successor !== undefined) expect(lasting, models[0]).toContain(successor.split(' ')[0]);
  }
});

test('no model of OpenAI that is about to end is taken without being asked for', () => {
  const found = mistakes({ OPENAI_API_KEY: 'a-key', SPEECH_BACKEND: 'speech' });
  expect(found).toEqual([expect.stringContaining('SPEECH_MODEL')]);
});

test('a model that ends within 60 days is news, one that ends later is not', () => {
  expect(modelNews(inUse('gpt-4o'), todayMs)).toMatchObject({
    kind: 'ending',
    onDate: '2027-01-14',
    successor: 'gpt-6-luna',
  });
  expect(modelNews(inUse('whisper-1'), todayMs)).toBeUndefined();
  expect(modelNews(inUse('whisper-1'), Date.parse('2026-12-28'))?.kind).toBe('ending');
});
