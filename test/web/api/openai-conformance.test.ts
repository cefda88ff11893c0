import { OpenAI } from 'openai';
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import { expect, test } from 'vitest';
import { writeWav } from '#src/audio/wav.ts';
import { BotError } from '#src/base/errors.ts';
import { completionRequest } from '#src/web/api/openai/completion-request.ts';
import { speechRequest } from '#src/web/api/openai/speech-request.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';
import { openCompletions } from './completions-setup.ts';
import { eventsIn, examplesOf, faultsIn } from './openai-description.ts';

type CompletionsSetup = Awaited<ReturnType<typeof openCompletions>>;
type Json = Readonly<Record<string, unknown>>;

const completions = 'post /chat/completions';
const speech = 'post /audio/speech';
const messages = [{ role: 'user' as const, content: 'Is a golden retriever a good family dog?' }];
const written = { model: 'parley', messages };
const spoken = {
  ...written,
  modalities: ['text', 'audio'] as ('text' | 'audio')[],
  audio: { voice: 'alloy', format: 'pcm16' as const },
};
const samples = new Int16Array(16_000).fill(1_000);
const sound = writeWav({ samples, rateHz: 16_000, channels: 1 }).toString('base64');

/** Posts JSON as it stands, without a client between. */
async function post(
  { baseURL }: Pick<CompletionsSetup, 'baseURL'>,
  body: unknown,
  path = '/chat/completions',
): Promise<Response> {
  return await fetch(`${baseURL}${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer parley_dog', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

test('models are those of the published description, listed and one by one', async () => {
  await using served = await openCompletions();
  const get = async (path: string) => {
    const headers = { authorization: 'Bearer parley_dog' };
    return (await fetch(`${served.baseURL}${path}`, { headers })).json();
  };
  expect(faultsIn('get /models', 'answer', await get('/models'))).toEqual([]);
  expect(faultsIn('get /models/{model}', 'answer', await get('/models/parley'))).toEqual([]);
});

test.each([
  ['in writing', written],
  ['with sound', spoken],
  ['to a recording', { ...spoken, messages: [{ role: 'user', content: [soundPart('wav')] }] }],
])('a whole answer %s is that of the published description', async (_, request) => {
  await using served = await openCompletions();
  const response = await post(served, request);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(faultsIn(completions, 'answer', await response.json())).toEqual([]);
});

test.each([
  ['in writing, with the usage', written, true],
  ['in writing', written, false],
  ['with sound and the usage', spoken, true],
  ['with sound', spoken, false],
])('each line of a stream %s is that of the published description', async (_, request, counts) => {
  await using served = await openCompletions();
  const stream_options = counts ? { include_usage: true } : undefined;
  const response = await post(served, { ...request, stream: true, stream_options });
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const events = eventsIn(await response.text());
  expect(events.at(-1)).toBe('[DONE]');
  const chunks = events.slice(0, -1).map((data) => JSON.parse(data) as Json);
  expect(chunks.flatMap((chunk) => faultsIn(completions, 'event', chunk))).toEqual([]);
  const heads = chunks.map(({ id, created, model, object }) => [id, created, model, object].join());
  expect(new Set(heads).size).toBe(1);
  const reported = counts ? chunks.slice(0, -1) : chunks;
  // Null in every chunk but the last, which has no choices; without the option the field is in none.
  expect(reported.map(({ usage }) => usage)).toEqual(
    reported.map(() => (counts ? null : undefined)),
  );
  if (counts) expect(chunks.at(-1)).toMatchObject({ choices: [], usage: expect.anything() });
  const choices = reported.map((chunk) =>
    (chunk.choices as readonly Json[]).map(({ delta, ...rest }) => rest),
  );
  const going = { index: 0, logprobs: null, finish_reason: null };
  expect(choices.slice(0, -1)).toEqual(choices.slice(0, -1).map(() => [going]));
  expect(choices.at(-1)).toEqual([{ ...going, finish_reason: 'stop' }]);
});

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
    [() => asked(openai, { n: 2 }), OpenAI.BadRequestError],
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
    expect(faultsIn(completions, 'refusal', body)).toEqual([]);
  }
});

test('an answer that breaks off ends its stream with a refusal as described, and without [DONE]', async () => {
  const error = new BotError('provider.unreachable', true, 'Down.');
  await using served = await openCompletions({ chat: new FakeChat([['Yes. ', { error }]]) });
  const response = await post(served, { ...written, stream: true });
  const events = eventsIn(await response.text()).map((data) => JSON.parse(data) as Json);
  expect(events.slice(0, -1).flatMap((one) => faultsIn(completions, 'event', one))).toEqual([]);
  expect(faultsIn(completions, 'refusal', events.at(-1))).toEqual([]);
});

test.each(examplesOf(completions))(
  'the request "$title" of the published reference is answered, or refused by name',
  async ({ title, request }) => {
    await using served = await openCompletions();
    expect(faultsIn(completions, 'request', request)).toEqual([]);
    const response = await post(served, request);
    const param = { 'Image input': 'messages[0].content[1]', Functions: 'tools' }[title];
    if (param !== undefined) {
      const body: unknown = await response.json();
      expect([response.status, faultsIn(completions, 'refusal', body)]).toEqual([400, []]);
      expect(body).toMatchObject({ error: { param } });
      return;
    }
    expect(response.status).toBe(200);
    if (request.stream === true) expect(await response.text()).toMatch(/\[DONE\]\n\n$/);
    else expect(faultsIn(completions, 'answer', await response.json())).toEqual([]);
  },
);

test('each event of speech is that of the published description', async () => {
  await using served = await openCompletions();
  const request = { model: 'parley', voice: 'alloy', input: 'It is ready.', stream_format: 'sse' };
  const response = await post(served, request, '/audio/speech');
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const events = eventsIn(await response.text()).map((data) => JSON.parse(data) as Json);
  expect(events.flatMap((event) => faultsIn(speech, 'event', event))).toEqual([]);
  expect(events.length).toBeGreaterThan(1);
  expect(events.at(-1)).toMatchObject({ type: 'speech.audio.done' });
});

test('speech that fails is refused as described, and breaks off its events with a refusal', async () => {
  const error = new BotError('provider.unreachable', true, 'Down.');
  const request = { model: 'parley', voice: 'alloy', input: 'It is ready.', stream_format: 'sse' };
  const failing = (afterPieces: number) =>
    openCompletions({
      synthesizer: new FakeSynthesizer({ fault: () => ({ afterPieces, error }) }),
    });
  await using down = await failing(0);
  const refused = await post(down, request, '/audio/speech');
  expect(refused.status).toBe(502);
  expect(faultsIn(speech, 'refusal', await refused.json())).toEqual([]);
  const unknown = await post(down, { ...request, response_format: 'aac' }, '/audio/speech');
  expect([unknown.status, faultsIn(speech, 'refusal', await unknown.json())]).toEqual([400, []]);
  await using cut = await failing(3);
  const broken = await post(cut, { ...request, response_format: 'pcm' }, '/audio/speech');
  const events = eventsIn(await broken.text()).map((data) => JSON.parse(data) as Json);
  expect(events.slice(0, -1).flatMap((one) => faultsIn(speech, 'event', one))).toEqual([]);
  expect(faultsIn(speech, 'refusal', events.at(-1))).toEqual([]);
});

test.each(examplesOf(speech))(
  'the speech request "$title" of the published reference is answered',
  async ({ request }) => {
    await using served = await openCompletions();
    expect(faultsIn(speech, 'request', request)).toEqual([]);
    const response = await post(served, request, '/audio/speech');
    expect(response.status).toBe(200);
    const type = request.stream_format === 'sse' ? /^text\/event-stream/ : /^audio\/mpeg$/;
    expect(response.headers.get('content-type')).toMatch(type);
    expect((await response.bytes()).length).toBeGreaterThan(1_000);
  },
);

test('the published reference has requests to be held against', () => {
  expect([examplesOf(completions).length, examplesOf(speech).length]).toEqual([5, 2]);
});

test("the client's own requests fit the published description and the schema that requests are checked by", async () => {
  await using served = await openCompletions();
  const sent: unknown[] = [];
  const openai = new OpenAI({
    apiKey: 'parley_dog',
    baseURL: served.baseURL,
    maxRetries: 0,
    fetch: async (url, init) => {
      sent.push(JSON.parse(String(init?.body)));
      return await fetch(url, init);
    },
  });
  const every = {
    ...spoken,
    messages: [
      { role: 'developer', content: 'You are a vet.' },
      { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
      { role: 'user', name: 'Ana', content: [{ type: 'text', text: 'Is it?' }] },
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'I do not know.' }] },
      { role: 'assistant', content: 'It depends.' },
      { role: 'user', content: [{ type: 'text', text: 'Well?' }, soundPart('wav')] },
    ],
    audio: { voice: { id: 'voice_1234' }, format: 'wav' },
    response_format: { type: 'text' },
    service_tier: 'auto',
    store: true,
    metadata: { place: 'hall' },
    max_completion_tokens: 300,
    temperature: 0.5,
    n: 1,
    logprobs: null,
    stop: null,
    tools: [],
  } satisfies ChatCompletionCreateParamsNonStreaming;
  const whole = await openai.chat.completions.create(every);
  expect(faultsIn(completions, 'answer', whole)).toEqual([]);
  expect(whole.service_tier).toBe('default');
  const stream = openai.chat.completions.stream({
    ...spoken,
    service_tier: 'auto',
    stream_options: { include_usage: true },
  });
  expect((await stream.finalChatCompletion()).choices[0]?.finish_reason).toBe('stop');
  expect(await stream.totalUsage()).toMatchObject({ total_tokens: expect.any(Number) });
  await openai.audio.speech.create({
    model: 'gpt-4o-mini-tts',
    voice: { id: 'voice_1234' },
    input: 'It is ready.',
    instructions: 'Softly.',
    response_format: 'pcm',
    speed: 0.25,
    stream_format: 'audio',
  });
  const checkedBy = [
    [completions, completionRequest],
    [completions, completionRequest],
    [speech, speechRequest],
  ] as const;
  expect(sent).toHaveLength(checkedBy.length);
  for (const [n, [operation, schema]] of checkedBy.entries()) {
    expect(faultsIn(operation, 'request', sent[n])).toEqual([]);
    expect(schema.safeParse(sent[n]).error).toBeUndefined();
  }
});

test('an answer with a field too few, too many or of another type is told apart', async () => {
  await using served = await openCompletions();
  const { id: _, ...answer } = (await (await post(served, written)).json()) as Json;
  expect(faultsIn(completions, 'answer', answer)).toHaveLength(1);
  expect(faultsIn(completions, 'answer', { ...answer, id: 'a', mood: 'good' })).toHaveLength(1);
  expect(faultsIn(completions, 'answer', { ...answer, id: 7 })).toHaveLength(1);
});

function soundPart(format: 'wav') {
  return { type: 'input_audio' as const, input_audio: { data: sound, format } };
}
