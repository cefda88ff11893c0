import { OpenAI } from 'openai';
import { readWav } from '#src/audio/formats/wav.ts';
import { toTokenKey } from '#src/web/api/authorise.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import {
  answerStream,
  answerWithJson,
  makeDelta,
} from '#test/fakes/providers/mock-audio-chat.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { guildId, namedRules } from './api-setup.ts';
import { question } from './completions-setup.ts';
import {
  answerIn,
  makeSound,
  openProxy,
  type SentBody,
  spokenReply,
  toUserMessage,
} from './proxy-setup.ts';

const messagesOf = (body: SentBody | undefined) => body?.messages;
const brief = { role: 'system', content: 'Be brief.' };
const toAnswer = (content: string) => ({ role: 'assistant', content });
const makeText = (text: string) => ({ type: 'text', text: text });

test('sound of an earlier turn goes on as its words, and is recognised once for two requests', async () => {
  await using proxy = await openProxy(['It is seven.']);
  const first = [toUserMessage([makeText('Which number?'), makeSound(700)])];
  const { choices } = await proxy.complete({ messages: first });
  const messages = [...first, choices[0]?.message, question];
  await proxy.complete({ messages });
  expect(proxy.listRecognised()).toEqual(['700']);
  const requests = [brief, toUserMessage('Which number?\n700')];
  const answer = { ...toAnswer('It is seven.'), refusal: null };
  expect(proxy.asked.map(messagesOf)).toEqual([
    requests,
    [...requests, answer, question],
  ]);
});

test('several sounds of one message are recognised in their order, the same one once, and another model hears anew', async () => {
  await using proxy = await openProxy(['Two numbers.']);
  const [first, second] = [makeSound(1_000), makeSound(2_000)];
  const messages = [toUserMessage([first, makeText('and'), second, first])];
  await proxy.complete({ messages });
  expect(proxy.listRecognised().toSorted()).toEqual(['1000', '2000']);
  expect(messagesOf(proxy.asked[0])).toEqual([
    brief,
    toUserMessage('1000\nand\n2000\n1000'),
  ]);
  await proxy.complete({ messages, transcription_model: 'mock' });
  expect(proxy.listRecognised()).toHaveLength(2);
  await proxy.complete({ messages, transcription_model: 'other' });
  expect(proxy.listRecognised()).toHaveLength(4);
});

test('two requests at once with one sound have it recognised once', async () => {
  await using proxy = await openProxy(['Seven.']);
  const messages = [toUserMessage([makeSound(700)])];
  await Promise.all([proxy.complete({ messages }), proxy.complete({ messages })]);
  expect(proxy.listRecognised()).toEqual(['700']);
  const requests = [brief, toUserMessage('700')];
  expect(proxy.asked.map(messagesOf)).toEqual([requests, requests]);
});

test('an earlier answer in sound is named by its id, streamed or not, by its token alone', async () => {
  await using proxy = await openProxy(['It is seven.', 'It is eight.', 'Yes.']);
  const { choices, created } = await proxy.complete(spokenReply);
  const whole = choices[0]?.message.audio;
  expect(whole?.expires_at).toBe(created + 900);
  const chunks = await proxy.stream({ ...spokenReply, audio: { format: 'pcm16' } });
  const streamed = chunks.flatMap(
    (chunk) => Object(chunk.choices[0]?.delta).audio ?? [],
  );
  const [{ id }] = streamed;
  const expires_at = Object(chunks[0]).created + 900;
  expect(streamed.at(-1)).toEqual({ id, expires_at });
  const nameSound = (id: unknown) => ({ role: 'assistant', audio: { ...whole, id } });
  const messages = [question, nameSound(whole?.id), question, nameSound(id), question];
  await proxy.complete({ messages });
  expect(messagesOf(proxy.asked[2])).toEqual([
    ...[brief, question, toAnswer('It is seven.')],
    ...[question, toAnswer('It is eight.'), question],
  ]);
  await proxy.api.add('parley_cat');
  const body = { model: 'parley', messages };
  const otherResponse = await proxy.api.post(
    'parley_cat',
    '/v1/chat/completions',
    body,
  );
  expect([otherResponse.status, await otherResponse.json()]).toMatchObject([
    400,
    { error: { param: 'messages[1].audio.id' } },
  ]);
});

test('several answers come with their numbers, each with its own sound, whole and streamed', async () => {
  const numbers = 'One. Two. Three. Four. Five. Six. Seven. Eight.'.split(' ');
  await using proxy = await openProxy(numbers);
  const { choices } = await proxy.complete({ ...spokenReply, n: 8 });
  const sounds = choices.map(({ message }) => message.audio);
  expect(sounds.map((sound) => sound?.transcript)).toEqual(numbers);
  expect(choices.map(({ index }) => index)).toEqual([...numbers.keys()]);
  for (const sound of sounds)
    expect(readWav(Buffer.from(sound?.data ?? '', 'base64')).samples).not.toHaveLength(
      0,
    );
  expect(new Set(sounds.map((sound) => sound?.id)).size).toBe(8);
  expect(proxy.asked.filter(({ n }) => n !== undefined)).toEqual([]);
  await using streaming = await openProxy(numbers);
  const streamed = (await streaming.stream({ n: 3 })).flatMap((chunk) => chunk.choices);
  for (const nth of [0, 1, 2]) {
    const mine = streamed.filter(({ index }) => index === nth);
    expect(mine.map(({ delta }) => delta.content ?? '').join('')).toBe(numbers[nth]);
    expect(mine.flatMap(({ finish_reason }) => finish_reason ?? [])).toEqual(['stop']);
  }
});

test('money for all answers is set aside before any server is asked, and freed at the end', async () => {
  const { budgets, ledger } = openBudgets(new VirtualClock(), {
    caps: { personDay: toUsd(0.0025) },
  });
  await using proxy = await openProxy(['One.'], { spending: budgets });
  const messages = [toUserMessage([makeSound(700)]), question];
  await expect(proxy.complete({ n: 8, messages })).rejects.toMatchObject({
    status: 429,
    code: 'budget.token',
  });
  expect([proxy.listRecognised(), proxy.asked]).toEqual([[], []]);
  await proxy.complete({ n: 2, messages });
  expect(proxy.asked).toHaveLength(2);
  expect(ledger.getReserved(guildId)).toBe(0);
});

const bark = {
  type: 'function',
  function: { name: 'bark', parameters: { type: 'object' }, strict: true },
};
const toCall = (index: number, id: string) => ({
  index,
  id,
  type: 'function',
  function: { name: 'bark', arguments: `{"times":${index}}` },
});
const tool_calls = [toCall(0, 'a')];

test('tools go to the chat model as they stand, its calls come back, and their results go on', async () => {
  const calls = [toCall(0, 'a'), toCall(1, 'b')];
  await using proxy = await openProxy([
    answerIn([{ tool_calls: calls }], 'tool_calls'),
    'It barked.',
  ]);
  const request = { tools: [bark], tool_choice: 'required', parallel_tool_calls: true };
  const { choices } = await proxy.complete(request);
  const tool_calls = calls.map(({ index: _, ...call }) => call);
  const message = { role: 'assistant', refusal: null, content: null, tool_calls };
  expect(choices).toEqual([
    { index: 0, logprobs: null, finish_reason: 'tool_calls', message },
  ]);
  expect(proxy.asked[0]).toMatchObject(request);
  const results = ['a', 'b'].map((id) => ({
    role: 'tool',
    tool_call_id: id,
    content: 'Woof.',
  }));
  const messages = [question, message, ...results];
  const next = await proxy.complete({ tools: [bark], messages });
  expect(next.choices[0]?.message.content).toBe('It barked.');
  expect(messagesOf(proxy.asked[1])).toEqual([brief, ...messages]);
});

test('calls are streamed whole, and an answer of calls alone has no sound', async () => {
  await using proxy = await openProxy([answerIn([{ tool_calls }], 'tool_calls')]);
  const request = { ...spokenReply, tools: [bark] };
  const { choices } = await proxy.complete(request);
  const message = { content: null, tool_calls: [{ id: 'a' }] };
  expect(choices[0]?.message).toMatchObject(message);
  expect(choices[0]?.message).not.toHaveProperty('audio');
  const chunks = await proxy.stream({ ...request, audio: { format: 'pcm16' } });
  const deltas = chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.delta));
  expect(deltas).toEqual([{ role: 'assistant' }, { tool_calls }, {}]);
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls');
  expect(proxy.listSpoken()).toEqual([]);
});

test('an answer of words and calls is spoken and calls', async () => {
  const both = [{ content: 'I bark.' }, { tool_calls }];
  await using proxy = await openProxy([answerIn(both, 'tool_calls')]);
  const { choices } = await proxy.complete({ ...spokenReply, tools: [bark] });
  const audio = { transcript: 'I bark.' };
  expect(choices[0]).toMatchObject({
    finish_reason: 'tool_calls',
    message: { content: null, audio, tool_calls: [{ id: 'a' }] },
  });
  expect(proxy.listSpoken()).toEqual(['I bark.']);
});

test('pictures go on where they stand, and the bot fetches none', async () => {
  await using proxy = await openProxy(['A dog.']);
  const makePicture = (url: string) => ({
    type: 'image_url',
    image_url: { url, detail: 'low' },
  });
  const shown = [
    makeText('First:'),
    makePicture('data:image/png;base64,AAAA'),
    makeText('Second:'),
    makePicture('https://dogs.example/dog.png?size=2'),
  ];
  await proxy.complete({ messages: [toUserMessage([...shown, makeSound(700)])] });
  expect(messagesOf(proxy.asked[0])).toEqual([
    brief,
    toUserMessage([...shown, makeText('700')]),
  ]);
});

/** An operator who lets programs send these fields. */
function allowFields(...names: readonly string[]) {
  return { requestRules: { ...namedRules, extraFields: new Set(names) } };
}

test('JSON, sampling and fields that the operator allows go to the chat server unchanged, and those that the bot reads do not', async () => {
  await using proxy = await openProxy(
    ['{}'],
    allowFields('top_k', 'chat_template_kwargs'),
  );
  const passed = {
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'dog', schema: { type: 'object' } },
    },
    temperature: 0.2,
    top_p: 0.9,
    seed: 7,
    stop: ['\n'],
    top_k: 40,
    chat_template_kwargs: { enable_thinking: false },
  };
  const request = {
    ...passed,
    n: 1,
    store: true,
    metadata: { a: 'b' },
    service_tier: 'auto',
    user: 'ana',
    prompt_cache_retention: '24h',
    modalities: ['text'],
    tool_choice: null,
  };
  await proxy.complete({ ...request, max_tokens: 70 });
  expect(proxy.asked[0]).toEqual({
    ...passed,
    reasoning_effort: 'none',
    messages: [brief, question],
    model: 'mock',
    max_completion_tokens: 70,
    stream: true,
    stream_options: { include_usage: true, include_obfuscation: false },
  });
  await proxy.complete({ ...request, max_tokens: 9_000 });
  expect(proxy.asked[1]?.max_completion_tokens).toBe(4_000);
});

test('messages keep their fields and places; developer goes on as system, and takes the place of the instructions', async () => {
  await using proxy = await openProxy(
    ['Yes.'],
    allowFields('cache_control', 'reasoning_content'),
  );
  const cached = { ...makeText('A long text.'), cache_control: { type: 'ephemeral' } };
  const messages = [
    { role: 'user', name: 'Ana', content: [cached] },
    { role: 'assistant', content: null, reasoning_content: 'Hm.', tool_calls: [] },
    { role: 'system', content: 'Be kind.' },
    toAnswer('I begin with'),
  ];
  const content = 'You are a vet.';
  await proxy.complete({ messages: [{ role: 'developer', content }, ...messages] });
  expect(messagesOf(proxy.asked[0])).toEqual([
    { role: 'system', content },
    ...messages,
  ]);
});

test('an answer that the model cut at its longest length says so', async () => {
  await using proxy = await openProxy([answerIn([{ content: '{"a":' }], 'length')]);
  expect((await proxy.complete({})).choices[0]).toMatchObject({
    finish_reason: 'length',
    message: { content: '{"a":' },
  });
  expect((await proxy.stream({})).at(-1)?.choices[0]?.finish_reason).toBe('length');
});

test('what the chat server does not take is refused in its words, and no other request suffers', async () => {
  await using proxy = await openProxy([
    answerWithJson({ error: { message: "Invalid schema for function 'bark'." } }, 400),
  ]);
  const asking = proxy.complete({ tools: [bark] });
  await expect(asking).rejects.toBeInstanceOf(OpenAI.BadRequestError);
  await expect(asking).rejects.toThrow(
    /The chat server refused the request: Invalid schema for function 'bark'/,
  );
  expect(proxy.api.bugs).toEqual([]);
});

test('silence alone asks no model, and is answered with nothing', async () => {
  await using proxy = await openProxy(['Yes.']);
  const messages = [toUserMessage([makeSound(0)])];
  const { choices } = await proxy.complete({ messages });
  expect([choices[0]?.message.content, proxy.asked]).toEqual(['', []]);
});

test.each(['whole', 'streamed'])(
  'a program that hangs up ends what is %s at the chat server, also in its second answer',
  async (how) => {
    const open = answerStream([makeDelta({ content: 'Well' })], { end: 'open' });
    await using proxy = await openProxy(['One.', open]);
    const program = new AbortController();
    const body = { n: 3, stream: how === 'streamed' };
    const asking = proxy.post('chat/completions', body, program.signal);
    asking.then((response) => response.text()).catch(() => undefined);
    await expect
      .poll(() => [proxy.asked.length, proxy.thinker.countRunning()])
      .toEqual([2, 1]);
    program.abort();
    await expect.poll(() => proxy.thinker.countRunning()).toBe(0);
    expect([proxy.asked.length, proxy.api.bugs]).toEqual([2, []]);
  },
);

test('a model that hears gets the newest sound itself, and earlier ones in words that were recognised for it', async () => {
  await using proxy = await openProxy(
    [answerIn([{ audio: { transcript: 'Seven.' } }])],
    { pipelines: ['audio-model', 'chained'] },
  );
  const [first, next] = [700, 800].map((number) => toUserMessage([makeSound(number)]));
  const request = { ...spokenReply, model: 'audio-model', tools: [bark] };
  await proxy.complete({ ...request, messages: [first] });
  await proxy.complete({ ...request, messages: [first, toAnswer('Seven.'), next] });
  expect(proxy.listRecognised()).toEqual(['700', '800']);
  const input_audio = { data: expect.any(String), format: 'wav' };
  const heard = toUserMessage([
    makeText('Somebody:'),
    { type: 'input_audio', input_audio },
  ]);
  expect(proxy.asked.map(messagesOf)).toEqual([
    [brief, heard],
    [brief, toUserMessage('700'), toAnswer('Seven.'), heard],
  ]);
  expect(proxy.asked.map(({ tools }) => tools)).toEqual([[bark], [bark]]);
});

test('a client whose base URL has no /v1 is answered alike', async () => {
  await using proxy = await openProxy(['Yes.']);
  const baseURL = new URL(proxy.baseURL).origin;
  const client = new OpenAI({ apiKey: 'parley_dog', baseURL, maxRetries: 0 });
  const model = 'parley';
  const { choices } = await client.chat.completions.create({
    ...{ model, messages: [question] },
  });
  expect(choices[0]?.message.content).toBe('Yes.');
  const speech = { model, voice: 'alloy', input: 'Hi.' };
  expect((await client.audio.speech.create(speech)).ok).toBe(true);
  expect((await client.models.list()).data[0]?.id).toBe(model);
  const file = new File(['RIFF'], 'a.wav');
  await expect(
    client.audio.transcriptions.create({ model, file }),
  ).rejects.toMatchObject({ status: 400, code: 'sound.unusable' });
});

test('a client that begins at the Responses API reads which door takes its conversation', async () => {
  await using proxy = await openProxy(['Yes.']);
  const { baseURL } = proxy;
  const client = new OpenAI({ apiKey: 'parley_dog', baseURL, maxRetries: 0 });
  await expect(
    client.responses.create({ model: 'parley', input: 'Hi.' }),
  ).rejects.toMatchObject({
    status: 404,
    message: expect.stringContaining('POST /v1/chat/completions'),
  });
});

test('a token that was revoked leaves no words: the next one of its name has them made anew', async () => {
  await using proxy = await openProxy(['Seven.']);
  const sound = toUserMessage([makeSound(700)]);
  const askProxy = (token: string, ...more: readonly object[]) =>
    proxy.api.post(token, '/v1/chat/completions', {
      ...spokenReply,
      model: 'parley',
      messages: [sound, ...more],
    });
  const createdAtWallMs = Date.UTC(2026, 10, 19);
  await proxy.api.add('cat', { createdAtWallMs });
  const { choices } = (await (await askProxy('cat')).json()) as OpenAI.ChatCompletion;
  await askProxy('cat');
  expect(proxy.listRecognised()).toEqual(['700']);
  const { id } = choices[0]?.message.audio ?? {};
  const key = `${toTokenKey({ name: 'cat', guildId: guildId, createdAtWallMs, scopes: [] })}${id}`;
  expect(await proxy.keptWords.find(key)).toBe('Seven.');
  await proxy.api.revoke('cat');
  expect((await askProxy('cat')).status).toBe(401);
  expect(proxy.keptWords.find(key)).toBeUndefined();
  await proxy.api.add('cat_2', { name: 'cat' });
  expect((await askProxy('cat_2', { role: 'assistant', audio: { id } })).status).toBe(
    400,
  );
  expect((await askProxy('cat_2')).status).toBe(200);
  expect(proxy.listRecognised()).toEqual(['700', '700']);
});
