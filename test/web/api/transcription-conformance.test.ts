import { expect, test } from 'vitest';
import { openClient } from '#src/provider/client.ts';
import { openTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import {
  openTranscriptions,
  type TranscriptionsRules,
} from '#test/fakes/providers/transcriptions.ts';
import { openCompletions } from './completions-setup.ts';
import { eventsIn, faultsIn } from './openai-description.ts';
import { twoSentences } from './transcriptions-setup.ts';

const transcriptions = 'post /audio/transcriptions';
const translations = 'post /audio/translations';
type Operation = typeof transcriptions | typeof translations;
type Json = Readonly<Record<string, unknown>>;

/** The API over a server that hears these words and translates what `whisper-1` hears. */
async function openHearing(rules: TranscriptionsRules = {}) {
  await using stack = new AsyncDisposableStack();
  const reported = { hears: () => 'Seven of hearts.', translates: ['whisper-1'], ...rules };
  const server = stack.use(await openTranscriptions(reported));
  const client = openClient({ baseUrl: server.baseUrl });
  const transcriber = openTranscriber(client, { model: 'whisper-1' });
  const api = stack.use(await openCompletions({ transcriber, transcriptionModels: ['whisper-1'] }));
  const closing = stack.move();
  return { ...api, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

type Fields = readonly (readonly [name: string, value: string])[];

/** Posts a form as it stands, without a client between. */
async function post(
  { baseURL }: { readonly baseURL: string },
  operation: Operation,
  fields: Fields,
  file: Uint8Array<ArrayBuffer> = twoSentences,
): Promise<Response> {
  const body = new FormData();
  for (const [name, value] of fields) body.append(name, value);
  body.append('file', new Blob([file]), 'speech.wav');
  const headers = { authorization: 'Bearer parley_dog' };
  return await fetch(baseURL + operation.slice('post '.length), { method: 'POST', headers, body });
}

const times: Fields = [
  ['timestamp_granularities[]', 'word'],
  ['timestamp_granularities[]', 'segment'],
];

test.each<[string, Operation, Fields]>([
  ['json', transcriptions, []],
  ['verbose_json', transcriptions, []],
  ['verbose_json', transcriptions, times],
  ['json', translations, []],
  ['verbose_json', translations, []],
])('%s of "%s" with %j is that of the published description', async (format, operation, fields) => {
  await using hearing = await openHearing({ hasWordTimes: true });
  const all: Fields = [['model', 'whisper-1'], ['response_format', format], ...fields];
  const response = await post(hearing, operation, all);
  expect(response.status).toBe(200);
  expect(faultsIn(operation, 'answer', (await response.json()) as Json)).toEqual([]);
});

test('each event of a streamed transcription is that of the published description', async () => {
  await using hearing = await openHearing();
  const response = await post(hearing, transcriptions, [
    ['model', 'whisper-1'],
    ['stream', 'true'],
  ]);
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const data = eventsIn(await response.text());
  expect(data.at(-1)).toBe('[DONE]');
  const events = data.slice(0, -1).map((one) => JSON.parse(one) as Json);
  expect(events.flatMap((event) => faultsIn(transcriptions, 'event', event))).toEqual([]);
  expect(events.map(({ type }) => type)).toEqual([
    'transcript.text.delta',
    'transcript.text.delta',
    'transcript.text.done',
  ]);
});
