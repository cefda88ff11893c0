import { OpenAI } from 'openai';
import { expect, test } from 'vitest';
import { openClient } from '#src/provider/client.ts';
import { openTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import { transcriptionForm, translationForm } from '#src/web/api/openai/transcription-form.ts';
import {
  openTranscriptions,
  type TranscriptionsRules,
} from '#test/fakes/providers/transcriptions.ts';
import { eventsIn, faultsIn } from './openai-description.ts';
import { openTranscriptionsApi, twoSentences, wavFile } from './transcriptions-setup.ts';

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
  const api = stack.use(await openTranscriptionsApi({ transcriber, models: ['whisper-1'] }));
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
  const headers = { authorization: 'Bearer parley_ear' };
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
  // Who translated is told beside what OpenAI has.
  const { translated_by, ...answer } = (await response.json()) as Json;
  expect(translated_by).toBe(operation === translations ? 'server' : undefined);
  expect(faultsIn(operation, 'answer', answer)).toEqual([]);
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

test('a refused recording is answered as the published description has it, and an error of the client', async () => {
  await using hearing = await openHearing();
  const { openai } = hearing;
  const wordless = await post(hearing, transcriptions, [['model', 'a']], new Uint8Array(0));
  expect([wordless.status, faultsIn(transcriptions, 'refusal', await wordless.json())]).toEqual([
    400,
    [],
  ]);
  const file = await wavFile();
  const asking = openai.audio.transcriptions.create({ file, model: 'a', language: 'not one' });
  const error = await asking.catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(OpenAI.BadRequestError);
  expect(error).toMatchObject({ param: 'language' });
});

test("the client's own forms fit the published description and the schema that forms are checked by", async () => {
  await using hearing = await openHearing({ hasWordTimes: true });
  const sent: Json[] = [];
  const openai = new OpenAI({
    apiKey: 'parley_ear',
    baseURL: hearing.baseURL,
    maxRetries: 0,
    fetch: async (url, init) => {
      sent.push(fieldsOf(init?.body as FormData));
      return await fetch(url, init);
    },
  });
  const common = { file: await wavFile(), model: 'whisper-1', prompt: 'Nova, Ana' };
  const reported = await openai.audio.transcriptions.create({
    ...common,
    language: 'en',
    response_format: 'verbose_json',
    timestamp_granularities: ['word', 'segment'],
    temperature: 0,
  });
  expect(reported.words?.length).toBeGreaterThan(0);
  const stream = await openai.audio.transcriptions.create({ ...common, stream: true });
  expect((await Array.fromAsync(stream)).at(-1)).toMatchObject({ type: 'transcript.text.done' });
  await openai.audio.translations.create({ ...common, response_format: 'json' });
  const checkedBy = [
    [transcriptions, transcriptionForm],
    [transcriptions, transcriptionForm],
    [translations, translationForm],
  ] as const;
  expect(sent).toHaveLength(checkedBy.length);
  for (const [n, [operation, schema]] of checkedBy.entries()) {
    const { file, ...fields } = sent[n] ?? {};
    // In a form there are words alone: what they stand for is known to the schema that reads them.
    const read = schema.safeParse(fields);
    expect(read.error).toBeUndefined();
    expect(faultsIn(operation, 'request', { ...fields, ...read.data, file })).toEqual([]);
  }
});

/** Fields of a form; a file stands for its bytes. */
function fieldsOf(form: FormData): Json {
  const names = [...new Set(form.keys())];
  const fields = names.map((name) => {
    const values = form.getAll(name).map((one) => (typeof one === 'string' ? one : 'bytes'));
    return name.endsWith('[]') ? [name.slice(0, -2), values] : [name, values.at(-1)];
  });
  return Object.fromEntries(fields) as Json;
}
