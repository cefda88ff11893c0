import { expect, test } from 'vitest';
import { readConfig } from '#src/config/config.ts';
import { endings } from '#src/provider/models/model-table.ts';
import {
  daysUntil,
  endingOf,
  type ModelList,
  modelNews,
  sayNews,
  standardModels,
} from '#src/provider/models/models.ts';
import { good } from '#test/config/read-settings.ts';

/** The day up to which the table is true. */
const tableDate = '2026-11-20';
const todayMs = Date.parse(tableDate);
const openAi = 'https://api.openai.com/v1';
const none: ModelList = { kind: 'not offered' };
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

function listed(...models: { id: string; endsOn?: string }[]): ModelList {
  return { kind: 'listed', models };
}

function inUse(model: string, baseUrl = openAi) {
  return { role: 'CHAT_COMPLETION', model, baseUrl };
}

function lastsLongEnough(model: string): boolean {
  const endsOn = endingOf(model)?.endsOn;
  if (endsOn !== undefined) return daysUntil(endsOn, todayMs) > 120;
  return lasting.includes(model) || openWeights.includes(model);
}

test.each(Object.entries(standardModels))(
  'the default model of %s, %s, exists and does not end within 120 days',
  (_, model) => expect(lastsLongEnough(model)).toBe(true),
);

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

test('OpenAI speaks over Realtime, a server of one’s own through /audio/speech', () => {
  const atOpenAi = { OPENAI_API_KEY: 'a-key' };
  expect(good(atOpenAi).speech).toMatchObject({
    backend: 'realtime',
    model: 'gpt-realtime-2.1-mini',
  });
  const own = { ...atOpenAi, SPEECH_BASE_URL: 'http://127.0.0.1:8880/v1' };
  expect(good(own).speech).toMatchObject({ backend: 'speech', model: 'kokoro' });
});

test('a model that only speaks is asked on /audio/speech, also at OpenAI while it lasts', () => {
  const given = { OPENAI_API_KEY: 'a-key', SPEECH_MODEL: 'gpt-4o-mini-tts' };
  expect(good(given).speech).toMatchObject({ backend: 'speech', model: 'gpt-4o-mini-tts' });
});

test('no model of OpenAI that is about to end is taken without being asked for', () => {
  const result = readConfig({ OPENAI_API_KEY: 'a-key', SPEECH_BACKEND: 'speech' });
  expect(result).toEqual({ kind: 'bad', mistakes: [expect.stringContaining('SPEECH_MODEL')] });
});

test('a day counts from midnight in UTC, over leap days and turns of the year', () => {
  for (const date of ['2026-11-20', '2027-01-06', '2028-02-29', '2028-03-01', '2100-03-01'])
    expect(daysUntil(date, todayMs)).toBe((Date.parse(date) - todayMs) / 86_400_000);
  expect(daysUntil(tableDate, todayMs + 86_399_999)).toBe(0);
});

test('a model that was shut down is gone, and its successor is named', () => {
  expect(modelNews(inUse('gpt-4o-audio-preview-2024-12-17'), none, todayMs)).toEqual({
    role: 'CHAT_COMPLETION',
    model: 'gpt-4o-audio-preview-2024-12-17',
    kind: 'gone',
    onDate: '2026-05-07',
    successor: 'gpt-audio-1.5',
  });
});

test('a model that ends within 60 days is news, one that ends later is not', () => {
  expect(modelNews(inUse('gpt-4o'), none, todayMs)).toMatchObject({
    kind: 'ending',
    onDate: '2027-01-14',
    successor: 'gpt-6-luna',
  });
  expect(modelNews(inUse('whisper-1'), none, todayMs)).toBeUndefined();
  expect(modelNews(inUse('whisper-1'), none, Date.parse('2026-12-28'))?.kind).toBe('ending');
});

test('the date a server gives counts more than the table', () => {
  const later = listed({ id: 'gpt-4o', endsOn: '2027-06-01' });
  expect(modelNews(inUse('gpt-4o'), later, todayMs)).toBeUndefined();
  const sooner = listed({ id: 'my-model', endsOn: '2026-12-01' });
  expect(modelNews(inUse('my-model', 'http://10.0.0.2/v1'), sooner, todayMs)).toMatchObject({
    kind: 'ending',
    onDate: '2026-12-01',
  });
  const past = listed({ id: 'my-model', endsOn: '2026-11-01' });
  expect(modelNews(inUse('my-model', 'http://10.0.0.2/v1'), past, todayMs)?.kind).toBe('gone');
});

test('a model that is still listed after its end is ending, not gone', () => {
  const list = listed({ id: 'o4-mini' });
  expect(modelNews(inUse('o4-mini'), list, todayMs)?.kind).toBe('ending');
});

test('an alias behind a proxy is neither safe nor alarming', () => {
  const proxy = 'http://127.0.0.1:4000';
  expect(modelNews(inUse('gpt-4o-mini-tts', proxy), none, todayMs)).toBeUndefined();
  const list = listed({ id: 'gpt-4o-mini-tts' });
  expect(modelNews(inUse('gpt-4o-mini-tts', proxy), list, todayMs)).toBeUndefined();
});

test('a model that a server does not list is told, unless it lists nothing', () => {
  const server = 'http://127.0.0.1:11434/v1';
  const list = listed({ id: 'qwen3:latest' });
  expect(modelNews(inUse('llama9', server), list, todayMs)).toEqual({
    role: 'CHAT_COMPLETION',
    model: 'llama9',
    kind: 'unlisted',
  });
  expect(modelNews(inUse('qwen3', server), list, todayMs)).toBeUndefined();
  expect(modelNews(inUse('llama9', server), listed(), todayMs)).toBeUndefined();
});

test('the operator reads what happens to a model, when, and what to set instead', () => {
  const gone = modelNews(inUse('o4-mini'), none, todayMs);
  expect(gone && sayNews(gone)).toBe(
    'The model o4-mini was shut down on 2026-10-23: set CHAT_COMPLETION_MODEL=gpt-5.6-terra.',
  );
  const unlisted = modelNews({ ...inUse('mine'), role: 'AUDIO_MODEL' }, listed({ id: 'a' }), 0);
  expect(unlisted && sayNews(unlisted)).toBe(
    'The model mine is not in the list of its server: choose another AUDIO_MODEL_NAME.',
  );
});
