import { OpenAI } from 'openai';
import { readWav } from '#src/audio/formats/wav.ts';
import { toTokenKey } from '#src/web/api/tokens/token-budgets.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import {
  answerStream,
  answerWithJson,
  makeDelta,
} from '#test/fakes/providers/mock-audio-chat.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { guildId } from './api-setup.ts';
import {
  makeSound,
  openProxy,
  type SentBody,
  spokenReply,
  stopChunk,
  toUserMessage,
  writePieces,
} from './proxy-setup.ts';

const messagesOf = (body: SentBody | undefined) => body?.messages;
const brief = { role: 'system', content: 'Be brief.' };

test('sound of an earlier turn goes on as its words, and is recognised once for two requests', async () => {
  await using proxy = await openProxy([writePieces('It is seven.')]);
  const first = [
    toUserMessage([{ type: 'text', text: 'Which number?' }, makeSound(700)]),
  ];
  const { choices } = await proxy.complete({ messages: first });
  await proxy.complete({
    messages: [...first, choices[0]?.message, toUserMessage('And now?')],
  });
  expect(proxy.recognised()).toEqual(['700']);
  expect(proxy.asked.map(messagesOf)).toEqual([
    [brief, toUserMessage('Which number?\n700')],
    [
      brief,
      toUserMessage('Which number?\n700'),
      { role: 'assistant', content: 'It is seven.', refusal: null },
      toUserMessage('And now?'),
    ],
  ]);
});

test('several sounds of one message are recognised in their order, the same one once, and another model hears anew', async () => {
  await using proxy = await openProxy([writePieces('Two numbers.')]);
  const messages = [
    toUserMessage([
      makeSound(1_000),
      { type: 'text', text: 'and' },
      makeSound(2_000),
      makeSound(1_000),
    ]),
  ];
  await proxy.complete({ messages });
  expect(proxy.recognised().toSorted()).toEqual(['1000', '2000']);
  expect(messagesOf(proxy.asked[0])).toEqual([
    brief,
    toUserMessage('1000\nand\n2000\n1000'),
  ]);
  await proxy.complete({ messages, transcription_model: 'mock' });
  expect(proxy.recognised()).toHaveLength(2);
  await proxy.complete({ messages, transcription_model: 'other' });
  expect(proxy.recognised()).toHaveLength(4);
});

test('two requests at once with one sound have it recognised once', async () => {
  await using proxy = await openProxy([writePieces('Seven.')]);
  const messages = [toUserMessage([makeSound(700)]), toUserMessage('Which number?')];
  await Promise.all([proxy.complete({ messages }), proxy.complete({ messages })]);
  expect(proxy.recognised()).toEqual(['700']);
  expect(proxy.asked.map(messagesOf)).toEqual(
    [0, 1].map(() => [brief, toUserMessage('700'), toUserMessage('Which number?')]),
  );
});

test('an earlier answer in sound is named by its id, streamed or not, by its token alone', async () => {
  await using proxy = await openProxy([
    writePieces('It is seven.'),
    writePieces('It is eight.'),
    writePieces('Yes.'),
  ]);
  const first = { ...spokenReply, messages: [toUserMessage('Which number?')] };
  const { choices, created } = await proxy.complete(first);
  const whole = choices[0]?.message.audio;
  const chunks = await proxy.stream({
    ...spokenReply,
    audio: { format: 'pcm16' },
    messages: [toUserMessage('Next?')],
  });
  const streamed = chunks.flatMap(
    (chunk) => Object(chunk.choices[0]?.delta).audio ?? [],
  );
  expect(whole?.expires_at).toBe(created + 900);
  expect(streamed.at(-1)).toEqual({
    id: streamed[0].id,
    expires_at: Object(chunks[0]).created + 900,
  });
  const named = (id: unknown) => ({ role: 'assistant', audio: { id } });
  const messages = [
    toUserMessage('Which number?'),
    named(whole?.id),
    toUserMessage('Next?'),
    named(streamed[0].id),
    toUserMessage('Sure?'),
  ];
  await proxy.complete({ messages });
  const said = (content: string) => ({ role: 'assistant', content });
  expect(messagesOf(proxy.asked[2])).toEqual([
    brief,
    toUserMessage('Which number?'),
    said('It is seven.'),
    toUserMessage('Next?'),
    said('It is eight.'),
    toUserMessage('Sure?'),
  ]);
  await proxy.api.add('parley_cat');
  const other = await proxy.api.post('parley_cat', '/v1/chat/completions', {
    model: 'parley',
    messages,
  });
  expect([other.status, await other.json()]).toMatchObject([
    400,
    {
      error: {
        param: 'messages[1].audio.id',
        message: expect.stringMatching(/send its transcript as content/),
      },
    },
  ]);
});

test('several answers come with their numbers, each with its own sound, whole and streamed', async () => {
  const numbers = [
    'One.',
    'Two.',
    'Three.',
    'Four.',
    'Five.',
    'Six.',
    'Seven.',
    'Eight.',
  ];
  await using proxy = await openProxy(numbers.map((number) => writePieces(number)));
  const whole = await proxy.complete({
    ...spokenReply,
    n: 8,
    messages: [toUserMessage('A number?')],
  });
  expect(
    whole.choices.map(({ index, message }) => [index, message.audio?.transcript]),
  ).toEqual(numbers.map((number, index) => [index, number]));
  const sounds = whole.choices.map(({ message }) =>
    Buffer.from(message.audio?.data ?? '', 'base64'),
  );
  for (const sound of sounds) expect(readWav(sound).samples.length).toBeGreaterThan(0);
  expect(new Set(whole.choices.map(({ message }) => message.audio?.id)).size).toBe(8);
  expect(proxy.asked.filter(({ n }) => n !== undefined)).toEqual([]);
  await using streaming = await openProxy(numbers.map((number) => writePieces(number)));
  const chunks = await streaming.stream({
    n: 3,
    messages: [toUserMessage('A number?')],
  });
  const texts = ['', '', ''];
  const ends = chunks.flatMap(({ choices }) =>
    choices.flatMap(({ index, delta: { content }, finish_reason }) => {
      texts[index] += content ?? '';
      return finish_reason === null ? [] : [[index, finish_reason]];
    }),
  );
  expect(texts).toEqual(numbers.slice(0, 3));
  expect(ends).toEqual([0, 1, 2].map((index) => [index, 'stop']));
});

test('money for all answers is set aside before any server is asked, and freed at the end', async () => {
  const { budgets, ledger } = openBudgets(new VirtualClock(), {
    caps: { personDay: toUsd(0.0025) },
  });
  await using proxy = await openProxy([writePieces('One.')], { spending: budgets });
  const messages = [toUserMessage([makeSound(700)]), toUserMessage('A number?')];
  const refused = await proxy
    .complete({ n: 8, messages })
    .catch((error: unknown) => error);
  expect(refused).toMatchObject({ status: 429, code: 'budget.token' });
  expect([proxy.recognised(), proxy.asked]).toEqual([[], []]);
  await proxy.complete({ n: 2, messages });
  expect(proxy.asked).toHaveLength(2);
  expect(ledger.getReserved(guildId)).toBe(0);
});

const bark = {
  type: 'function',
  function: { name: 'bark', parameters: { type: 'object' }, strict: true },
};
const called = (index: number, id: string) => ({
  index,
  id,
  type: 'function',
  function: { name: 'bark', arguments: `{"times":${index}}` },
});

test('tools go to the chat model as they stand, its calls come back, and their results go on', async () => {
  const calls = [called(0, 'a'), called(1, 'b')];
  const calling = answerStream([
    makeDelta({ tool_calls: calls }),
    makeDelta({}, 'tool_calls'),
  ]);
  await using proxy = await openProxy([calling, writePieces('It barked.')]);
  const tools = [bark];
  const asked = {
    tools,
    tool_choice: 'required',
    parallel_tool_calls: true,
    messages: [toUserMessage('Bark.')],
  };
  const { choices } = await proxy.complete(asked);
  const tool_calls = calls.map(({ index: _, ...call }) => call);
  const message = { role: 'assistant', refusal: null, content: null, tool_calls };
  expect(choices).toEqual([
    { index: 0, logprobs: null, finish_reason: 'tool_calls', message },
  ]);
  expect(proxy.asked[0]).toMatchObject({
    tools,
    tool_choice: 'required',
    parallel_tool_calls: true,
  });
  const results = ['a', 'b'].map((id) => ({
    role: 'tool',
    tool_call_id: id,
    content: 'Woof.',
  }));
  const next = await proxy.complete({
    tools,
    messages: [toUserMessage('Bark.'), message, ...results],
  });
  expect(next.choices[0]?.message.content).toBe('It barked.');
  expect(messagesOf(proxy.asked[1])).toEqual([
    brief,
    toUserMessage('Bark.'),
    message,
    ...results,
  ]);
});

test('calls are streamed whole, and an answer of calls alone has no sound', async () => {
  const calling = answerStream([
    makeDelta({ tool_calls: [called(0, 'a')] }),
    makeDelta({}, 'tool_calls'),
  ]);
  await using proxy = await openProxy([calling]);
  const asked = { ...spokenReply, tools: [bark], messages: [toUserMessage('Bark.')] };
  const { choices } = await proxy.complete(asked);
  expect(choices[0]?.message).toMatchObject({
    content: null,
    tool_calls: [{ id: 'a' }],
  });
  expect(choices[0]?.message).not.toHaveProperty('audio');
  const chunks = await proxy.stream({ ...asked, audio: { format: 'pcm16' } });
  const deltas = chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.delta));
  expect(deltas).toEqual([{ role: 'assistant' }, { tool_calls: [called(0, 'a')] }, {}]);
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls');
  expect(proxy.spoken()).toEqual([]);
});

test('an answer of words and calls is spoken and calls', async () => {
  const calling = answerStream([
    makeDelta({ content: 'I bark.' }),
    makeDelta({ tool_calls: [called(0, 'a')] }),
    makeDelta({}, 'tool_calls'),
  ]);
  await using proxy = await openProxy([calling]);
  const { choices } = await proxy.complete({
    ...spokenReply,
    tools: [bark],
    messages: [toUserMessage('Bark.')],
  });
  expect(choices[0]).toMatchObject({
    finish_reason: 'tool_calls',
    message: {
      content: null,
      audio: { transcript: 'I bark.' },
      tool_calls: [{ id: 'a' }],
    },
  });
  expect(proxy.spoken()).toEqual(['I bark.']);
});

test('pictures go on where they stand, and the bot fetches none', async () => {
  await using proxy = await openProxy([writePieces('A dog.')]);
  const { host } = new URL(proxy.baseURL);
  const picture = (url: string) => ({
    type: 'image_url',
    image_url: { url, detail: 'low' },
  });
  const content = [
    { type: 'text', text: 'First:' },
    picture('data:image/png;base64,AAAA'),
    { type: 'text', text: 'Second:' },
    picture(`http://${host}/dog.png`),
    makeSound(700),
  ];
  await proxy.complete({ messages: [toUserMessage(content)] });
  const shown = [...content.slice(0, 4), { type: 'text', text: '700' }];
  expect(messagesOf(proxy.asked[0])).toEqual([brief, toUserMessage(shown)]);
});

test('JSON, sampling and fields of other servers go to the chat server unchanged, and those that the bot reads do not', async () => {
  await using proxy = await openProxy([writePieces('{}')]);
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
  const own = {
    n: 1,
    store: true,
    metadata: { a: 'b' },
    service_tier: 'auto',
    modalities: ['text'],
  };
  const asked = {
    ...passed,
    ...own,
    max_tokens: 70,
    tool_choice: null,
    messages: [toUserMessage('A dog?')],
  };
  await proxy.complete(asked);
  const { messages: _, ...body } = proxy.asked[0] ?? {};
  expect(body).toEqual({
    ...passed,
    model: 'mock',
    max_completion_tokens: 70,
    stream: true,
    stream_options: { include_usage: true, include_obfuscation: false },
  });
  await proxy.complete({ ...asked, max_tokens: 9_000 });
  expect(proxy.asked[1]?.max_completion_tokens).toBe(4_000);
});

test('messages keep their fields and places; developer goes on as system, and takes the place of the instructions', async () => {
  await using proxy = await openProxy([writePieces('Yes.')]);
  const cached = {
    type: 'text',
    text: 'A long text.',
    cache_control: { type: 'ephemeral' },
  };
  await proxy.complete({
    messages: [
      { role: 'developer', content: 'You are a vet.' },
      { role: 'user', name: 'Ana', content: [cached] },
      { role: 'assistant', content: null, reasoning_content: 'Hm.', tool_calls: [] },
      { role: 'system', content: 'Be kind.' },
      { role: 'assistant', content: 'I begin with' },
    ],
  });
  expect(messagesOf(proxy.asked[0])).toEqual([
    { role: 'system', content: 'You are a vet.' },
    { role: 'user', name: 'Ana', content: [cached] },
    { role: 'assistant', content: null, reasoning_content: 'Hm.', tool_calls: [] },
    { role: 'system', content: 'Be kind.' },
    { role: 'assistant', content: 'I begin with' },
  ]);
});

test('an answer that the model cut at its longest length says so', async () => {
  const long = answerStream([makeDelta({ content: '{"a":' }), makeDelta({}, 'length')]);
  await using proxy = await openProxy([long]);
  const asked = { messages: [toUserMessage('JSON?')] };
  const { choices } = await proxy.complete(asked);
  expect(choices[0]).toMatchObject({
    finish_reason: 'length',
    message: { content: '{"a":' },
  });
  expect((await proxy.stream(asked)).at(-1)?.choices[0]?.finish_reason).toBe('length');
});

test('what the chat server does not take is refused in its words, and no other request suffers', async () => {
  await using proxy = await openProxy([
    answerWithJson({ error: { message: "Invalid schema for function 'bark'." } }, 400),
  ]);
  const refused = await proxy
    .complete({ tools: [bark], messages: [toUserMessage('Bark.')] })
    .catch((cause: unknown) => cause);
  expect(refused).toBeInstanceOf(OpenAI.BadRequestError);
  expect(`${refused}`).toMatch(
    /The chat server refused the request: Invalid schema for function 'bark'/,
  );
  expect(proxy.api.bugs).toEqual([]);
});

test('silence alone asks no model, and is answered with nothing', async () => {
  await using proxy = await openProxy([writePieces('Yes.')]);
  const { choices } = await proxy.complete({
    messages: [toUserMessage([makeSound(0)])],
  });
  expect([choices[0]?.message.content, proxy.asked]).toEqual(['', []]);
});

test.each(['whole', 'streamed'])(
  'a program that hangs up ends what is %s at the chat server, also in its second answer',
  async (how) => {
    const open = answerStream([makeDelta({ content: 'Well' })], { end: 'open' });
    await using proxy = await openProxy([writePieces('One.'), open]);
    const program = new AbortController();
    const body = {
      model: 'parley',
      n: 3,
      stream: how === 'streamed',
      messages: [toUserMessage('A number?')],
    };
    const asking = fetch(`${proxy.baseURL}/chat/completions`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer parley_dog',
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
      signal: program.signal,
    }).then((response) => response.text());
    asking.catch(() => undefined);
    await expect
      .poll(() => [proxy.asked.length, proxy.thinker.running()])
      .toEqual([2, 1]);
    program.abort();
    await expect.poll(() => proxy.thinker.running()).toBe(0);
    expect([proxy.asked.length, proxy.api.bugs]).toEqual([2, []]);
  },
);

test('a model that hears gets the newest sound itself, and earlier ones in words that were recognised for it', async () => {
  await using proxy = await openProxy(
    [answerStream([makeDelta({ audio: { transcript: 'Seven.' } }), stopChunk])],
    {
      pipelines: ['audio-model', 'chained'],
    },
  );
  const first = [toUserMessage([makeSound(700)])];
  const asked = { ...spokenReply, model: 'audio-model', tools: [bark] };
  await proxy.complete({ ...asked, messages: first });
  await proxy.complete({
    ...asked,
    messages: [
      ...first,
      { role: 'assistant', content: 'Seven.' },
      toUserMessage([makeSound(800)]),
    ],
  });
  expect(proxy.recognised()).toEqual(['700', '800']);
  const heard = [
    { type: 'text', text: 'Somebody:' },
    { type: 'input_audio', input_audio: { data: expect.any(String), format: 'wav' } },
  ];
  expect(proxy.asked.map(messagesOf)).toEqual([
    [brief, toUserMessage(heard)],
    [
      brief,
      toUserMessage('700'),
      { role: 'assistant', content: 'Seven.' },
      toUserMessage(heard),
    ],
  ]);
  expect(proxy.asked.map(({ tools }) => tools)).toEqual([[bark], [bark]]);
});

test('without /v1 the client reads where the API is', async () => {
  await using proxy = await openProxy([writePieces('Yes.')]);
  const baseURL = new URL(proxy.baseURL).origin;
  const lost = new OpenAI({ apiKey: 'parley_dog', baseURL, maxRetries: 0 });
  const file = new File(['RIFF'], 'a.wav');
  const asking = [
    lost.chat.completions.create({
      model: 'parley',
      messages: [{ role: 'user', content: 'Hi.' }],
    }),
    lost.audio.speech.create({ model: 'parley', voice: 'alloy', input: 'Hi.' }),
    lost.audio.transcriptions.create({ model: 'parley', file }),
    lost.models.list(),
  ];
  for (const asked of await Promise.allSettled(asking)) {
    if (asked.status === 'fulfilled') throw new Error('It was answered.');
    expect(asked.reason).toBeInstanceOf(OpenAI.NotFoundError);
    expect(asked.reason).toMatchObject({
      type: 'invalid_request_error',
      param: null,
      message: expect.stringMatching(/begin with \/v1: add it to the base URL/),
    });
  }
});

test('a token that was revoked leaves no words: the next one of its name has them made anew', async () => {
  await using proxy = await openProxy([writePieces('Seven.')]);
  const messages = [toUserMessage([makeSound(700)])];
  const ask = (token: string, more: readonly object[] = []) =>
    proxy.api.post(token, '/v1/chat/completions', {
      ...spokenReply,
      model: 'parley',
      messages: [...messages, ...more],
    });
  const createdAtWallMs = Date.UTC(2026, 10, 19);
  await proxy.api.add('cat', { createdAtWallMs });
  const { choices } = (await (await ask('cat')).json()) as OpenAI.ChatCompletion;
  await ask('cat');
  expect(proxy.recognised()).toEqual(['700']);
  const key = `${toTokenKey({ name: 'cat', guildId, createdAtWallMs, scopes: [] })}${choices[0]?.message.audio?.id}`;
  expect(await proxy.keptWords.find(key)).toBe('Seven.');
  await proxy.api.revoke('cat');
  expect((await ask('cat')).status).toBe(401);
  expect(proxy.keptWords.find(key)).toBeUndefined();
  await proxy.api.add('cat_2', {
    name: 'cat',
    createdAtWallMs: Date.UTC(2026, 10, 21),
  });
  const named = { role: 'assistant', audio: { id: choices[0]?.message.audio?.id } };
  expect((await ask('cat_2', [named])).status).toBe(400);
  expect((await ask('cat_2')).status).toBe(200);
  expect(proxy.recognised()).toEqual(['700', '700']);
});
