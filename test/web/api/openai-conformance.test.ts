import { OpenAI } from 'openai';
import { writeWav } from '#src/audio/formats/wav.ts';
import { BotError } from '#src/base/errors.ts';
import { FakeChat, makeToolCall } from '#test/fakes/fake-chat.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { openCompletions } from './completions-setup.ts';
import { findFaults, listExamples, parseEvents } from './openai-description.ts';

type CompletionsSetup = Awaited<ReturnType<typeof openCompletions>>;
type Json = Readonly<Record<string, unknown>>;

const completions = 'post /chat/completions';
const speech = 'post /audio/speech';
const messages = [
  { role: 'user' as const, content: 'Do retrievers get on with small children?' },
];
const written = { model: 'parley', messages };
const spoken = {
  ...written,
  modalities: ['text', 'audio'] as ('text' | 'audio')[],
  audio: { voice: 'alloy', format: 'pcm16' as const },
};
const samples = new Int16Array(16_000).fill(1_000);
const sound = writeWav({ samples, rateHz: 16_000, channels: 1 }).toString('base64');

/** Posts JSON as it stands, without a client between. */
function post({ api }: CompletionsSetup, body: unknown, path = '/chat/completions') {
  return api.post('parley_dog', `/v1${path}`, body);
}

// Proves: OpenAI by fake (its own client)
test('models are those of the published description, listed and one by one', async () => {
  await using served = await openCompletions();
  const get = async (path: string) =>
    (await served.api.ask('parley_dog', `/v1${path}`)).json();
  expect(findFaults('get /models', 'answer', await get('/models'))).toEqual([]);
  expect(
    findFaults('get /models/{model}', 'answer', await get('/models/parley')),
  ).toEqual([]);
});

test.each([
  ['in writing', written],
  ['with sound', spoken],
  [
    'to a recording',
    { ...spoken, messages: [{ role: 'user', content: [soundPart('wav')] }] },
  ],
])('a whole answer %s is that of the published description', async (_, request) => {
  await using served = await openCompletions();
  const response = await post(served, request);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(findFaults(completions, 'answer', await response.json())).toEqual([]);
});

test.each([
  ['in writing, with the usage', written, true],
  ['with sound and the usage', spoken, true],
])(
  'each line of a stream %s is that of the published description',
  async (_, request, counts) => {
    await using served = await openCompletions();
    const stream_options = counts ? { include_usage: true } : undefined;
    const response = await post(served, { ...request, stream: true, stream_options });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const events = parseEvents(await response.text());
    expect(events.at(-1)).toBe('[DONE]');
    const chunks = events.slice(0, -1).map((data) => JSON.parse(data) as Json);
    expect(chunks.flatMap((chunk) => findFaults(completions, 'event', chunk))).toEqual(
      [],
    );
    const heads = chunks.map(({ id, created, model, object }) =>
      [id, created, model, object].join(),
    );
    expect(new Set(heads).size).toBe(1);
    const reported = counts ? chunks.slice(0, -1) : chunks;
    // Null in every chunk but the last, which has no choices; without the option the field is in none.
    expect(reported.map(({ usage }) => usage)).toEqual(
      reported.map(() => (counts ? null : undefined)),
    );
    if (counts)
      expect(chunks.at(-1)).toMatchObject({ choices: [], usage: expect.anything() });
    const choices = reported.map((chunk) =>
      (chunk.choices as readonly Json[]).map(({ delta, ...rest }) => rest),
    );
    const going = { index: 0, logprobs: null, finish_reason: null };
    expect(choices.slice(0, -1)).toEqual(choices.slice(0, -1).map(() => [going]));
    expect(choices.at(-1)).toEqual([{ ...going, finish_reason: 'stop' }]);
  },
);

test.each([
  ['written', written],
  ['spoken', spoken],
])(
  'several answers with calls, %s, are those of the published description',
  async (_, request) => {
    const chat = new FakeChat([['I bark. ', makeToolCall('bark')]]);
    await using served = await openCompletions({ chat });
    const asked = {
      ...request,
      tools: [{ type: 'function', function: { name: 'bark' } }],
      n: 2,
    };
    expect(findFaults(completions, 'request', asked)).toEqual([]);
    const whole = (await (await post(served, asked)).json()) as {
      readonly choices: readonly Json[];
    };
    expect(findFaults(completions, 'answer', whole)).toEqual([]);
    expect(
      whole.choices.map(({ index, finish_reason }) => [index, finish_reason]),
    ).toEqual([
      [0, 'tool_calls'],
      [1, 'tool_calls'],
    ]);
    const response = await post(served, { ...asked, stream: true });
    const events = parseEvents(await response.text());
    const chunks = events.slice(0, -1).map((data) => JSON.parse(data) as Json);
    expect(chunks.flatMap((chunk) => findFaults(completions, 'event', chunk))).toEqual(
      [],
    );
  },
);

test('a refusal is that of the published description, and an error of its own kind for the client', async () => {
  await using served = await openCompletions();
  const { baseURL, openai, api } = served;
  await api.add('parley_bell', { scopes: ['say'] });
  const client = (apiKey: string) => new OpenAI({ apiKey, baseURL, maxRetries: 0 });
  const asked = (by: OpenAI, over: object = {}) =>
    by.chat.completions.create({ ...written, ...over });
  const refused: readonly (readonly [
    () => Promise<unknown>,
    { new (...args: never[]): InstanceType<typeof OpenAI.APIError> },
  ])[] = [
    [() => asked(openai, { messages: [] }), OpenAI.BadRequestError],
    [() => asked(openai, { n: 9 }), OpenAI.BadRequestError],
    [() => asked(client('sk-wrong')), OpenAI.AuthenticationError],
    [() => asked(client('parley_bell')), OpenAI.PermissionDeniedError],
    [() => openai.models.retrieve('gpt-9'), OpenAI.NotFoundError],
    [() => openai.embeddings.create({ model: 'a', input: 'b' }), OpenAI.NotFoundError],
  ];
  for (const [refuse, kind] of refused) {
    const error = await refuse().then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(error).toBeInstanceOf(kind);
    // The client unpacks `error` of the body.
    const body = { error: (error as InstanceType<typeof OpenAI.APIError>).error };
    expect(findFaults(completions, 'refusal', body)).toEqual([]);
  }
});

test.each(listExamples(completions))(
  'the request "$title" of the published reference is answered, or refused by name',
  async ({ title, request }) => {
    await using served = await openCompletions();
    expect(findFaults(completions, 'request', request)).toEqual([]);
    const response = await post(served, request);
    const param = { Logprobs: 'logprobs' }[title];
    if (param !== undefined) {
      const body = await response.json();
      expect([response.status, findFaults(completions, 'refusal', body)]).toEqual([
        400,
        [],
      ]);
      expect(body).toMatchObject({ error: { param } });
      return;
    }
    expect(response.status).toBe(200);
    if (request.stream === true) expect(await response.text()).toMatch(/\[DONE\]\n\n$/);
    else expect(findFaults(completions, 'answer', await response.json())).toEqual([]);
  },
);

test('each event of speech is that of the published description', async () => {
  await using served = await openCompletions();
  const response = await post(
    served,
    {
      model: 'parley',
      voice: 'alloy',
      input: 'It is ready.',
      stream_format: 'sse',
    },
    '/audio/speech',
  );
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const events = parseEvents(await response.text()).map(
    (data) => JSON.parse(data) as Json,
  );
  expect(events.flatMap((event) => findFaults(speech, 'event', event))).toEqual([]);
  expect(events.length).toBeGreaterThan(1);
  expect(events.at(-1)).toMatchObject({ type: 'speech.audio.done' });
});

test('speech that fails is refused as described, and breaks off its events with a refusal', async () => {
  const error = new BotError('provider.unreachable', true, 'Down.');
  const request = {
    model: 'parley',
    voice: 'alloy',
    input: 'It is ready.',
    stream_format: 'sse',
  };
  const failing = (afterPieces: number) =>
    openCompletions({
      synthesizer: new FakeSynthesizer({ fault: () => ({ afterPieces, error }) }),
    });
  await using down = await failing(0);
  const refused = await post(down, request, '/audio/speech');
  expect(refused.status).toBe(502);
  expect(findFaults(speech, 'refusal', await refused.json())).toEqual([]);
  const unknown = await post(
    down,
    { ...request, response_format: 'aac' },
    '/audio/speech',
  );
  expect([unknown.status, findFaults(speech, 'refusal', await unknown.json())]).toEqual(
    [400, []],
  );
  await using cut = await failing(3);
  const broken = await post(
    cut,
    { ...request, response_format: 'pcm' },
    '/audio/speech',
  );
  const events = parseEvents(await broken.text()).map(
    (data) => JSON.parse(data) as Json,
  );
  expect(
    events.slice(0, -1).flatMap((one) => findFaults(speech, 'event', one)),
  ).toEqual([]);
  expect(findFaults(speech, 'refusal', events.at(-1))).toEqual([]);
});

function soundPart(format: 'wav') {
  return { type: 'input_audio' as const, input_audio: { data: sound, format } };
}
