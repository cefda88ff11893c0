import { parse } from '@plussub/srt-vtt-parser';
import { toFile } from 'openai';
import { writeWav } from '#src/audio/formats/wav.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import { openClient } from '#src/provider/api-client.ts';
import { OpenAiTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import { joinedSpeech, readSpeech } from '#test/audio/recorded-speech.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import {
  openTranscriptions,
  type TranscriptionsOptions,
} from '#test/fakes/providers/mock-transcriptions.ts';
import { expectRefusal, guildId } from './api-setup.ts';
import { openCompletions } from './completions-setup.ts';
import { findFaults, parseEvents } from './openai-description.ts';

/** Nobody speaks for so long. */
const pause = new Int16Array(2.5 * listenRateHz);
const [first, second] = [readSpeech('human-cards-004'), readSpeech('human-something')];
const samples = joinedSpeech([first.samples, pause, second.samples, pause]);

/** A WAV file with two sentences and a pause between. */
const twoSentences = new Uint8Array(writeWav({ ...first, samples }));

const file = await toFile(twoSentences, 'speech.wav', { type: 'audio/wav' });
const request = { model: 'whisper-1', file };

const utterances = ['Seven of hearts.', 'Something else.'];

/** The API over a server that hears these texts, utterance by utterance. */
async function openHearing(
  rules: TranscriptionsOptions = {},
  completionDeps: Parameters<typeof openCompletions>[0] = {},
) {
  await using stack = new AsyncDisposableStack();
  let heardCount = 0;
  const hearNext = () => utterances[heardCount++ % utterances.length] ?? '';
  const server = stack.use(
    await openTranscriptions(Object.assign(rules, { hears: hearNext })),
  );
  const client = openClient({ baseUrl: server.baseUrl });
  const models = ['small', 'large'];
  const transcriber = new OpenAiTranscriber(client, { model: 'small', models });
  const api = stack.use(
    await openCompletions({
      transcriber,
      transcriptionModels: models,
      ...completionDeps,
    }),
  );
  const closing = stack.move();
  const { transcriptions, translations } = api.openai.audio;
  return {
    ...api,
    server,
    transcribe: transcriptions.create.bind(transcriptions),
    translate: translations.create.bind(translations),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

test('a recording comes back as its words, by the model, the language and the words that were told', async () => {
  await using hearing = await openHearing();
  const reported = await hearing.transcribe({
    file,
    model: 'large',
    language: 'en',
    prompt: 'Nova, Ana. A sentence that is much longer than any single hint may be.',
  });
  expect(reported).toEqual({
    text: 'Seven of hearts. Something else.',
    usage: { type: 'duration', seconds: 10 },
  });
  const forms = hearing.server.requests.map(({ form }) => form);
  expect(forms.map((form) => form.get('model'))).toEqual(['large', 'large']);
  expect(forms[1]?.get('language')).toBe('en');
  expect(forms[0]?.get('prompt')).toMatch(/^Nova, Ana, A, sentence/);
});

test('words are streamed while what follows is still recognised', async () => {
  const more = Promise.withResolvers<void>();
  await using hearing = await openHearing({
    hold: (count) => (count === 2 ? more.promise : undefined),
  });
  const reported: object[] = [];
  for await (const event of await hearing.transcribe({ ...request, stream: true })) {
    reported.push(event);
    more.resolve();
  }
  expect(reported).toEqual([
    { type: 'transcript.text.delta', delta: 'Seven of hearts.' },
    { type: 'transcript.text.delta', delta: ' Something else.' },
    { type: 'transcript.text.done', text: 'Seven of hearts. Something else.' },
  ]);
});

test('what fails on the way is an event with an error; what fails before has a status', async () => {
  const rules: { fails?: number } & TranscriptionsOptions = {
    hold: async (count) => {
      if (count === 2) rules.fails = 400;
    },
  };
  await using hearing = await openHearing(rules);
  const streamWords = async () =>
    await hearing.transcribe({ ...request, stream: true });
  const events = (await streamWords())[Symbol.asyncIterator]();
  await events.next();
  await expect(events.next()).rejects.toThrow(
    'A speech or chat server failed (provider.refused)',
  );
  await expect(streamWords()).rejects.toMatchObject({
    status: 502,
    code: 'provider.refused',
  });
  expect(hearing.api.bugs).toEqual([]);
});

test.each(['json', 'stream'])(
  'a program that hangs up ends the work at the server, and its place is free again (%s)',
  async (way) => {
    const isStreamed = way === 'stream';
    const last = isStreamed ? 2 : 1;
    const never = new Promise<void>(() => undefined);
    let isHeld = true;
    await using hearing = await openHearing({
      hold: (count) => (isHeld && count === last ? never : undefined),
    });
    const { server } = hearing;
    const program = new AbortController();
    const asking = postForm(
      hearing,
      transcriptions,
      [
        ['model', 'x'],
        ['stream', `${isStreamed}`],
      ],
      program.signal,
    );
    const reading = asking.then((response) => response.text()).catch(() => undefined);
    await expect.poll(() => server.requests.length).toBe(last);
    await expect(hearing.transcribe(request)).rejects.toMatchObject({
      status: 429,
      code: 'recording.busy',
    });
    program.abort();
    await reading;
    await expect.poll(server.hungUp).toBe(1);
    isHeld = false;
    await expect
      .poll(() => hearing.transcribe(request).catch(() => undefined))
      .toMatchObject({ text: expect.any(String) });
    expect(hearing.api.bugs).toEqual([]);
  },
);

test.each<[string, Readonly<Record<string, string | Blob>>, number, string, RegExp]>([
  ['nothing to hear', { model: 'x' }, 400, 'file.missing', /^file: send an audio file/],
  ['an empty file', { file: new Blob([]) }, 400, 'sound.empty', /empty/],
  [
    'a file of no sound',
    { file: new Blob(['hello']) },
    400,
    'sound.unusable',
    /no sound that I can use: wav/,
  ],
  [
    'subtitles as a stream',
    { file, response_format: 'srt', stream: 'true' },
    400,
    'request.invalid',
    /^stream: /,
  ],
  [
    'times of words in text',
    { file, 'timestamp_granularities[]': 'word' },
    400,
    'request.invalid',
    /^timestamp_granularities: word needs/,
  ],
  ['two files', { file, other: file }, 413, 'form.too_large', /more than one file/],
])('%s is refused in a sentence', async (_, fields, status, code, sentence) => {
  await using hearing = await openHearing();
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  const init = { method: 'POST', body };
  const asking = hearing.api.ask('parley_dog', '/v1/audio/transcriptions', init);
  await expectRefusal(asking, status, code, sentence);
  expect([hearing.server.requests, hearing.api.bugs]).toEqual([[], []]);
});

test('a recording that does not fit into the budget of its token is not sent', async () => {
  const { budgets, ledger } = openBudgets(realClock, {
    caps: { personDay: toUsd(0.0001) },
    rates: { small: { kind: 'priced', usd: { perMinute: 0.01 } } },
  });
  await using hearing = await openHearing({}, { spending: budgets });
  await expect(hearing.transcribe(request)).rejects.toMatchObject({ status: 429 });
  expect(hearing.server.requests).toEqual([]);
  expect(ledger.getStanding(guildId, realClock.wallMs()).day.nanoUsd).toBe(0);
});

test('a server that translates makes English of it', async () => {
  await using hearing = await openHearing({ translates: ['small'] });
  expect(await hearing.translate(request)).toEqual({
    text: 'In English: Seven of hearts. In English: Something else.',
  });
  const response_format = 'verbose_json';
  const verbose = await hearing.translate({ ...request, response_format });
  expect(verbose).toMatchObject({ language: 'english' });
});

test('where no server translates the chat model does', async () => {
  const chat = new FakeChat([['[1] Seven of hearts, in English.\n', '[2] Something.']]);
  const { budgets, paid } = openBudgets(realClock);
  await using hearing = await openHearing({}, { chat, spending: budgets });
  const data = await hearing.translate({ ...request, response_format: 'srt' });
  expect(parse(`${data}`).entries).toMatchObject([
    { text: 'Seven of hearts, in English.' },
    { text: 'Something.' },
  ]);
  expect(hearing.server.listPaths()).toEqual([
    '/audio/translations',
    '/audio/transcriptions',
    '/audio/transcriptions',
  ]);
  expect(JSON.stringify(chat.asked[0]?.messages)).toContain('[1] Seven of hearts.');
  expect(paid.map(({ what }) => what)).toContain('recognise');
});

test('a chat model that does not translate is a failure, and no transcript in its place', async () => {
  const chat = new FakeChat([['I am sorry.']]);
  await using hearing = await openHearing({}, { chat });
  await expect(hearing.translate(request)).rejects.toMatchObject({
    status: 502,
    code: 'translation.failed',
  });
  expect(chat.asked).toHaveLength(2);
});

const transcriptions = 'post /audio/transcriptions';

const translations = 'post /audio/translations';

type Operation = typeof transcriptions | typeof translations;

type Json = Readonly<Record<string, unknown>>;

type Fields = readonly (readonly [name: string, value: string])[];

/** Posts a form as it stands, without a client between. */
async function postForm(
  { baseURL }: { readonly baseURL: string },
  operation: Operation,
  fields: Fields,
  signal?: AbortSignal,
) {
  const body = new FormData();
  for (const [name, value] of fields) body.append(name, value);
  body.append('file', file);
  return await fetch(baseURL + operation.slice('post '.length), {
    method: 'POST',
    headers: { authorization: 'Bearer parley_dog' },
    body,
    signal: signal ?? null,
  });
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
])(
  '%s of "%s" with %j is that of the published description',
  async (format, operation, fields) => {
    await using hearing = await openHearing({
      hasWordTimes: true,
      translates: ['small'],
    });
    const all: Fields = [['model', 'small'], ['response_format', format], ...fields];
    const response = await postForm(hearing, operation, all);
    expect(response.status).toBe(200);
    expect(findFaults(operation, 'answer', (await response.json()) as Json)).toEqual(
      [],
    );
  },
);

test('where only times of words are asked for and none are known, there are segments', async () => {
  await using hearing = await openHearing();
  const response = await postForm(hearing, transcriptions, [
    ['model', 'small'],
    ['response_format', 'verbose_json'],
    ['timestamp_granularities[]', 'word'],
  ]);
  const { segments, words } = (await response.json()) as Record<
    string,
    unknown[] | undefined
  >;
  expect([segments?.length, words]).toEqual([2, []]);
});

test('fields that nobody filled in change nothing, and a program may write True', async () => {
  await using hearing = await openHearing();
  const emptyFields = ['language', 'prompt', 'temperature', 'response_format'].map(
    (name) => [name, ''] as const,
  );
  const response = await postForm(hearing, transcriptions, [
    ['model', 'small'],
    ['stream', 'True'],
    ...emptyFields,
  ]);
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    expect.stringMatching(/^text\/event-stream/),
  ]);
  await response.text();
});

test('each event of a streamed transcription is that of the published description', async () => {
  await using hearing = await openHearing();
  const response = await postForm(hearing, transcriptions, [
    ['model', 'small'],
    ['stream', 'true'],
  ]);
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const data = parseEvents(await response.text());
  expect(data.at(-1)).toBe('[DONE]');
  const events = data.slice(0, -1).map((text) => JSON.parse(text) as Json);
  expect(events.flatMap((event) => findFaults(transcriptions, 'event', event))).toEqual(
    [],
  );
  expect(events.map(({ type }) => type)).toEqual([
    'transcript.text.delta',
    'transcript.text.delta',
    'transcript.text.done',
  ]);
});
