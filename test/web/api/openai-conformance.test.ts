import { Ajv2020 } from 'ajv/dist/2020.js';
import { OpenAI } from 'openai';
import { z } from 'zod';
import { writeWav } from '#src/audio/formats/wav.ts';
import { BotError } from '#src/base/errors.ts';
import type { ApiDescription } from '#src/web/api/describe-api.ts';
import type { ApiRoute } from '#src/web/api/route.ts';
import { allRoutes } from '#src/web/api/routes/routes.ts';
import { FakeChat, makeToolCall } from '#test/fakes/fake-chat.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { openApi } from './api-setup.ts';
import { openCompletions, question } from './completions-setup.ts';
import {
  type DescribedOperation,
  findFaults,
  listExamples,
  parseEvents,
} from './openai-description.ts';

type CompletionsSetup = Awaited<ReturnType<typeof openCompletions>>;
type Json = Readonly<Record<string, unknown>>;

const completions = 'post /chat/completions';
const speech = 'post /audio/speech';
const written = { model: 'parley', messages: [question] };
const spoken = {
  ...written,
  modalities: ['text', 'audio'],
  audio: { voice: 'alloy', format: 'pcm16' },
};
const calling = {
  n: 2,
  tools: [{ type: 'function', function: { name: 'bark' } }],
};
const samples = new Int16Array(16_000).fill(1_000);
const data = writeWav({ samples, rateHz: 16_000, channels: 1 }).toString('base64');
const recording = { type: 'input_audio', input_audio: { data, format: 'wav' } };

/** Posts JSON as it stands, without a client between. */
function postJson(
  { api }: CompletionsSetup,
  body: unknown,
  operation: DescribedOperation = completions,
) {
  return api.post('parley_dog', `/v1${operation.slice('post '.length)}`, body);
}

/** Events of a stream. All but the last are as described. */
async function readEvents(response: Response, operation: DescribedOperation) {
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const events = parseEvents(await response.text());
  const last = events.pop();
  const described = events.map((event) => JSON.parse(event) as Json);
  expect(described.flatMap((entry) => findFaults(operation, 'event', entry))).toEqual(
    [],
  );
  return [described, last ?? ''] as const;
}

// Proves: OpenAI by fake (its own client)
test('models are those of the published description, listed and one by one', async () => {
  await using served = await openCompletions();
  for (const [operation, path] of [
    ['get /models', '/v1/models'],
    ['get /models/{model}', '/v1/models/parley'],
  ] as const) {
    const response = await served.api.ask('parley_dog', path);
    expect(findFaults(operation, 'answer', await response.json())).toEqual([]);
  }
});

test.each([
  ['in writing', written, 'stop'],
  ['with sound', spoken, 'stop'],
  [
    'to a recording',
    { ...spoken, messages: [{ role: 'user', content: [recording] }] },
    'stop',
  ],
  ['of several with calls', { ...written, ...calling }, 'tool_calls'],
  ['of several with calls and sound', { ...spoken, ...calling }, 'tool_calls'],
])(
  'an answer %s is that of the published description, whole and streamed',
  async (_, request, finish_reason) => {
    const round = ['Yes. ', ...('tools' in request ? [makeToolCall('bark')] : [])];
    await using served = await openCompletions({ chat: new FakeChat([round]) });
    expect(findFaults(completions, 'request', request)).toEqual([]);
    const response = await postJson(served, request);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    const whole = (await response.json()) as Json;
    expect(findFaults(completions, 'answer', whole)).toEqual([]);
    const indexes = 'n' in request ? [0, 1] : [0];
    expect(whole.choices).toMatchObject(
      indexes.map((index) => ({ index, finish_reason })),
    );
    const streamed = await postJson(served, {
      ...request,
      stream: true,
      stream_options: { include_usage: true },
    });
    const [chunks, last] = await readEvents(streamed, completions);
    expect(last).toBe('[DONE]');
    const { id, created, model, object } = chunks[0] ?? {};
    for (const chunk of chunks)
      expect(chunk).toMatchObject({ id, created, model, object });
    // Null in every chunk but the last, which has no choices.
    expect(chunks.pop()).toMatchObject({ choices: [], usage: expect.anything() });
    expect(new Set(chunks.map(({ usage }) => usage))).toEqual(new Set([null]));
    const choices = chunks.flatMap((chunk) => chunk.choices as readonly Json[]);
    for (const index of indexes) {
      const mine = choices.filter((choice) => choice.index === index);
      const going = {
        index,
        logprobs: null,
        finish_reason: null,
        delta: expect.anything(),
      };
      expect(mine.pop()).toEqual({ ...going, finish_reason });
      expect(mine).toEqual(mine.map(() => going));
    }
  },
);

test('a refusal is that of the published description, and an error of its own kind for the client', async () => {
  await using served = await openCompletions();
  const { baseURL, openai, api } = served;
  await api.add('parley_bell', { scopes: ['say'] });
  const askAs = (apiKey: string, overrides: object = {}) =>
    new OpenAI({ apiKey, baseURL, maxRetries: 0 }).chat.completions.create({
      model: 'parley',
      messages: [question],
      ...overrides,
    });
  const refusals = [
    [askAs('parley_dog', { messages: [] }), OpenAI.BadRequestError],
    [askAs('parley_dog', { n: 9 }), OpenAI.BadRequestError],
    [askAs('sk-wrong'), OpenAI.AuthenticationError],
    [askAs('parley_bell'), OpenAI.PermissionDeniedError],
    [openai.models.retrieve('gpt-9'), OpenAI.NotFoundError],
    [openai.embeddings.create({ model: 'a', input: 'b' }), OpenAI.NotFoundError],
  ] as const;
  const checkRefusal = async ([asking, kind]: (typeof refusals)[number]) => {
    const refused: unknown = await asking.catch((cause: unknown) => cause);
    expect(refused).toBeInstanceOf(kind);
    // The client unpacks `error` of the body.
    const { error } = refused as InstanceType<typeof OpenAI.APIError>;
    expect(findFaults(completions, 'refusal', { error })).toEqual([]);
  };
  await Promise.all(refusals.map(checkRefusal));
});

test.each(listExamples(completions))(
  'the request "$title" of the published reference is answered, or refused by name',
  async ({ title, request }) => {
    await using served = await openCompletions();
    expect(findFaults(completions, 'request', request)).toEqual([]);
    const response = await postJson(served, request);
    const isRefused = title === 'Logprobs';
    expect(response.status).toBe(isRefused ? 400 : 200);
    if (request.stream === true)
      return expect(await response.text()).toMatch(/\[DONE\]\n\n$/);
    const body = await response.json();
    if (isRefused) expect(body).toMatchObject({ error: { param: 'logprobs' } });
    const part = isRefused ? 'refusal' : 'answer';
    expect(findFaults(completions, part, body)).toEqual([]);
  },
);

const text = {
  model: 'parley',
  voice: 'alloy',
  input: 'It is ready.',
  stream_format: 'sse',
};

test('each event of speech is that of the published description', async () => {
  await using served = await openCompletions();
  const [events, last] = await readEvents(await postJson(served, text, speech), speech);
  expect(events.length).toBeGreaterThan(0);
  const done = JSON.parse(last);
  expect(findFaults(speech, 'event', done)).toEqual([]);
  expect(done).toMatchObject({ type: 'speech.audio.done' });
});

test('speech that fails is refused as described, and breaks off its events with a refusal', async () => {
  const error = new BotError('provider.unreachable', true, 'Down.');
  const openFailing = (afterPieces: number) =>
    openCompletions({
      synthesizer: new FakeSynthesizer({ fault: () => ({ afterPieces, error }) }),
    });
  await using down = await openFailing(0);
  for (const [response_format, status] of [
    ['mp3', 502],
    ['aac', 400],
  ]) {
    const refused = await postJson(down, { ...text, response_format }, speech);
    expect(refused.status).toBe(status);
    expect(findFaults(speech, 'refusal', await refused.json())).toEqual([]);
  }
  await using cut = await openFailing(3);
  const broken = await postJson(cut, { ...text, response_format: 'pcm' }, speech);
  const [, last] = await readEvents(broken, speech);
  expect(findFaults(speech, 'refusal', JSON.parse(last))).toEqual([]);
});

const operationSchema = z.object({
  summary: z.string().regex(/^[A-Z].+\.$/),
  security: z.tuple([z.object({ token: z.tuple([z.string()]) })]),
  parameters: z.array(
    z.looseObject({ name: z.string(), in: z.enum(['path', 'query']) }),
  ),
  requestBody: z
    .object({
      required: z.literal(true),
      content: z.record(
        z.string(),
        z.object({ schema: z.record(z.string(), z.unknown()).optional() }),
      ),
    })
    .optional(),
});

/** Reads the description as a program does, without a token. */
async function readDescription() {
  await using api = await openApi();
  const response = await api.app.request('/openapi.json');
  expect(response.status).toBe(200);
  const routes = api.app.routes.filter(({ method }) => method !== 'ALL');
  return { routes, description: (await response.json()) as ApiDescription };
}

function findOperation({ paths }: ApiDescription, { method, path }: ApiRoute) {
  return operationSchema.parse(paths[path]?.[method]);
}

test('every route of the HTTP API is described at /openapi.json, and no other', async () => {
  const { description, routes } = await readDescription();
  const described = Object.entries(description.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  );
  const served = routes.map(
    ({ method, path }) =>
      `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
  );
  const withoutItself = served.filter((route) => route !== 'get /openapi.json');
  expect(described.toSorted()).toEqual([...new Set(withoutItself)].toSorted());
  expect(described.length).toBeGreaterThanOrEqual(18);
  for (const route of allRoutes) {
    const { security } = findOperation(description, route);
    expect(security[0].token[0], route.path).toBe(route.scope);
  }
});

test('each described schema is the one that parses', async () => {
  const { description } = await readDescription();
  const toSchema = (schema: z.ZodType) =>
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  for (const route of allRoutes) {
    const { parameters, requestBody } = findOperation(description, route);
    const { body, form, path, query } = route;
    const content = requestBody?.content ?? {};
    const described = content['application/json']?.schema;
    const parsed = body ? JSON.parse(JSON.stringify(toSchema(body))) : undefined;
    expect(described, path).toEqual(parsed);
    const [fields] = z
      .tuple([z.unknown(), z.unknown()])
      .or(z.tuple([]))
      .parse(content['multipart/form-data']?.schema?.allOf ?? []);
    expect(fields, path).toEqual(
      form ? JSON.parse(JSON.stringify(toSchema(form))) : undefined,
    );
    const names = parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
    const queryNames = query ? Object.keys(toSchema(query).properties ?? {}) : [];
    const pathNames = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(names, path).toEqual([
      ...pathNames.map((name) => `path ${name}`),
      ...queryNames.map((name) => `query ${name}`),
    ]);
  }
});

const speechRequest = { model: 'tts-1', input: 'Hello.', voice: 'alloy' };
const chat = {
  model: 'parley',
  messages: [
    { role: 'user', content: 'Hello.' },
    { role: 'assistant', content: null, tool_calls: [] },
    { role: 'assistant', tool_calls: [] },
    { role: 'user', content: [{ type: 'text', text: 'Go on.' }] },
  ],
};

test.each([
  ['/v1/servers/{server}/say', { text: 'Hello.', when: 'now' }, { text: '' }],
  ['/v1/servers/{server}/ask', { question: 'Why?' }, { question: 'Why?', loud: true }],
  ['/v1/servers/{server}/tracks/{track}/loop', { on: true }, { on: 'yes' }],
  ['/v1/audio/speech', speechRequest, { ...speechRequest, response_format: 'aac' }],
  [
    '/v1/chat/completions',
    chat,
    { ...chat, messages: [{ role: 'user', content: [{ type: 'text' }] }] },
  ],
] as const)(
  'a generator of clients learns what %s takes',
  async (path, taken, refused) => {
    const { description } = await readDescription();
    const route = allRoutes.find((one) => one.path === path && one.method === 'post');
    if (!route?.body) throw new Error(`${path} has no body`);
    const { requestBody } = findOperation(description, route);
    const schema = requestBody?.content['application/json']?.schema ?? {};
    const isValid = new Ajv2020({ strict: false, formats: { base64: true } }).compile(
      schema,
    );
    const isParsed = (body: unknown) => route.body?.safeParse(body).success;
    expect([isValid(taken), isParsed(taken)]).toEqual([true, true]);
    expect([isValid(refused), isParsed(refused)]).toEqual([false, false]);
  },
);
