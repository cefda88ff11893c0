import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { OpenAI } from 'openai';
import { realClock } from '#src/base/clock.ts';
import type { ChatMessage, Tool } from '#src/chat/chat-model.ts';
import { LocalChat } from '#src/chat/local/local-chat.ts';
import { getLibraryFolder } from '#src/downloads/install-library.ts';
import type { BotProcess, LogLine } from '#test/fakes/bot-process.ts';
import type { FileServer } from '#test/fakes/file-server.ts';
import { makeToken } from '#test/fakes/run-program.ts';
import { findFreePort } from '#test/fakes/servers/listening-server.ts';
import { modelName, serveModels } from './models/served-models.ts';
import {
  findRecognisedMs,
  hasWords,
  listEnds,
  SpokenOffice,
  stopWords,
  waitForEnd,
  waitMs,
} from './models/spoken-bot.ts';
import { keys, openTypedSetup } from './models/typed-setup.ts';

const { SMOLLM2 = '', MODELS_FOLDER = '' } = process.env;
const dataDir = join(MODELS_FOLDER, 'data');
const never = new AbortController().signal;
const stack = new AsyncDisposableStack();
let office: SpokenOffice;
let server: FileServer;
let given: Readonly<Record<string, string>>;
let port: number;
beforeAll(async () => {
  mkdirSync(MODELS_FOLDER, { recursive: true });
  office = stack.use(await SpokenOffice.open());
  const served = await serveModels(SMOLLM2, MODELS_FOLDER);
  server = stack.use(served.server);
  port = await findFreePort();
  const { PATH = '', HOME = '' } = process.env;
  given = { ...served.environment, DATA_DIR: dataDir, PATH, HOME };
});
afterAll(() => stack.disposeAsync());

/** Breaks connections off as long as the server sends thirds. */
function keepBreaking(): Disposable {
  const timer = setInterval(() => server.breakOff(), 300);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

test('at a terminal a newcomer chooses the chat model, and a voice whose server lies and breaks off', async () => {
  await using setup = openTypedSetup(MODELS_FOLDER, given);
  using _ = keepBreaking();
  await setup.answer('The token of your bot', keys.enter);
  await setup.answer('A chat model that Parley fetches and runs here', keys.enter);
  await setup.answer(`${modelName}: 98 MB to fetch, 0.4 GB of memory`, keys.enter);
  await setup.answer('Which server for speech to text and text to speech?');
  await setup.answer('No more', `${keys.up.repeat(2)}${keys.enter}`);
  server.manner = 'wrong content';
  await setup.answer('German: Joe', keys.enter);
  await setup.answer('sent another file than the one that this version names');
  await setup.answer('Nothing was changed.');
  server.manner = 'lies about its length';
  await setup.answer('German: Joe', keys.enter);
  await setup.answer('and the file has');
  server.manner = 'breaks off';
  await setup.answer('German: Joe', keys.enter);
  await setup.answer('Joe is here.');
  await setup.answer('German: Joe');
  await setup.answer('No more', `${keys.up}${keys.enter}`);
  await setup.answer('Which server for speech to text and text to speech?');
  await setup.answer('No more', `${keys.up}${keys.enter}`);
  await setup.answer('Next: run npm start');
  expect(await setup.ended).toBe(0);
  const written = parseEnv(readFileSync(join(MODELS_FOLDER, '.env'), 'utf8'));
  expect(written.CHAT_MODEL_FILE).toBe(modelName);
}, 600_000);

let client: Promise<OpenAI> | undefined;
/** A program of the server, with one token. */
const openClient = () => (client ??= createClient());

async function createClient() {
  const settings = { DATA_DIR: dataDir };
  const apiKey = await makeToken(settings, office.sandbox.guildId, 'chat,audio');
  return new OpenAI({
    ...{ baseURL: `http://127.0.0.1:${port}/v1`, apiKey, maxRetries: 0 },
  });
}

async function startBot(): Promise<BotProcess> {
  const written = parseEnv(readFileSync(join(MODELS_FOLDER, '.env'), 'utf8'));
  const more = { ...written, PAGE_PORT: `${port}`, LOG_LEVEL: 'debug' };
  return await office.startBot({ ...given, ...more } as Record<string, string>);
}

test.each([
  ['wrong content', /sent another file than the one that this version names/],
  ['lies about its length', /offers \d+ bytes, and the file has \d+/],
] as const)(
  'a server that sends %s leaves one sentence, and the bot goes on without a model',
  async (manner, sentence) => {
    server.manner = manner;
    await using bot = await startBot();
    const failed = bot.log.find(({ msg }) =>
      msg?.startsWith('no chat model on this machine'),
    );
    const line =
      failed ??
      (await bot.waitForLine(
        ({ msg }) => msg?.startsWith('no chat model on this machine') === true,
        waitMs,
      ));
    expect(line.msg).toMatch(sentence);
  },
  600_000,
);

let bot: BotProcess;
const isCancelled = ({ finish }: LogLine) => finish === 'cancelled';

describe('a bot whose model comes from a slow server that breaks off', () => {
  test('fetches what is missing of it, installs the library that runs it, and loads it', async () => {
    server.manner = 'breaks off';
    using _ = keepBreaking();
    const asked = server.ranges.length;
    bot = stack.use(await startBot());
    const listRests = () => server.ranges.slice(asked).filter(Boolean);
    await expect.poll(() => listRests().length, { timeout: waitMs }).toBeGreaterThan(0);
    server.manner = 'slow';
    await bot.waitForLine(
      ({ msg }) => msg === 'the chat model of this machine answers',
      waitMs,
    );
    const lines = bot.log.map(({ msg }) => msg);
    expect(lines).toContain('the library that runs the chat model is being installed');
  }, 600_000);

  test('answers a spoken question in sound', async () => {
    const adam = await office.callBot(office.sandbox.person('Adam'));
    const sinceMs = realClock.nowMs();
    const answered = waitForEnd(bot, office.sandbox.guildId, hasWords);
    await office.ask(adam, 'What is two plus two?');
    expect((await answered).firstTokenMs).toBeGreaterThan(0);
    await office.waitForQuiet(adam);
    const heard = await office.transcribeHeard(adam, sinceMs);
    expect(heard.replace(/^One moment\W*/, '')).toMatch(/\w/);
  }, 600_000);

  test('answers twenty spoken questions of one talk', async () => {
    const adam = office.sandbox.person('Adam');
    const former = new Set(listEnds(bot, office.sandbox.guildId, hasWords));
    const ends = new Set<LogLine>();
    // A busy machine says first that it takes a moment, and a stop may come before the answer.
    for (let turn = 0; ends.size < 20; turn++) {
      expect(turn).toBeLessThan(80);
      await office.ask(adam, questions[turn % 5] ?? '');
      await adam.command('stop').waitForAnswer(never);
      await office.waitForQuiet(adam);
      for (const end of listEnds(bot, office.sandbox.guildId, hasWords))
        if (!former.has(end)) ends.add(end);
    }
    const means = Object.entries(instants).map(([name, words]) => {
      const times = [...ends].flatMap(({ [name]: ms }) =>
        typeof ms === 'number' ? [ms] : [],
      );
      const sumMs = times.reduce((sum, ms) => sum + ms, 0);
      return `${words} ${Math.round(sumMs / times.length)} ms`;
    });
    console.log(
      `after the end of a spoken question: ${means.join(', ')}, the means of ${ends.size} turns`,
    );
  }, 1_200_000);

  test('is silenced by a stop in the middle of its answer', async () => {
    const adam = office.sandbox.person('Adam');
    await office.ask(adam, 'Please tell me a long story about a garden.');
    const silenced = waitForEnd(bot, office.sandbox.guildId, isCancelled);
    await office.say(adam, stopWords);
    await silenced;
    await office.waitForQuiet(adam);
    const understoodAtMs = findRecognisedMs(bot, adam);
    const lastAtMs = adam.heard.frames.findLast(({ loud }) => loud)?.atMs ?? 0;
    console.log(
      `silent ${Math.round(lastAtMs - understoodAtMs)} ms after a stop was recognised`,
    );
  }, 600_000);

  test('ends a question whose model process is killed, and answers the next one by another process', async () => {
    const adam = office.sandbox.person('Adam');
    await office.ask(adam, 'Please tell me a long story about a garden.');
    const [former = 0] = listModelProcesses(bot.pid);
    process.kill(former, 'SIGKILL');
    // Before the first word another process would answer.
    await adam.command('stop').waitForAnswer(never);
    await office.waitForQuiet(adam);
    const next = waitForEnd(bot, office.sandbox.guildId, hasWords);
    await office.ask(adam, 'What is two plus two?');
    expect((await next).firstTokenMs).toBeGreaterThan(0);
    expect(listModelProcesses(bot.pid)).not.toContain(former);
    await office.waitForQuiet(adam);
  }, 600_000);
});

describe('a bot whose model answers', () => {
  test('calls a tool whose arguments a grammar holds to their form', async () => {
    const openai = await openClient();
    const { choices } = await openai.chat.completions.create({
      model: 'any',
      messages: [{ role: 'user', content: 'What is the weather in Paris?' }],
      tools: [{ type: 'function', function: weather }],
      tool_choice: 'required',
    });
    const [call] = choices[0]?.message.tool_calls ?? [];
    if (call?.type !== 'function') throw new Error(JSON.stringify(choices));
    expect(call.function.name).toBe('weather');
    expect(JSON.parse(call.function.arguments)).toEqual({
      city: expect.any(String),
      unit: expect.stringMatching(/^(?:celsius|fahrenheit)$/),
    });
  }, 600_000);

  test('writes JSON of the form that a program asks for', async () => {
    const openai = await openClient();
    const { choices } = await openai.chat.completions.create({
      model: 'any',
      messages: [{ role: 'user', content: 'How old is Ana, who is ten?' }],
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'person', schema: person },
      },
    });
    expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({
      name: expect.any(String),
      isAdult: expect.any(Boolean),
    });
  }, 600_000);

  test('answers two servers at once', async () => {
    const adam = office.sandbox.person('Adam');
    const second = office.sandbox.guild('Second');
    const ben = await office.callBot(second.person('Ben'), second);
    await Promise.all([
      office.ask(adam, 'What is two plus two?'),
      office.ask(ben, 'Tell me about cats.'),
    ]);
    const ends = [office.sandbox.guildId, second.id].map((guildId) =>
      waitForEnd(bot, guildId, isCancelled),
    );
    await Promise.all([office.say(adam, stopWords), office.say(ben, stopWords)]);
    await Promise.all(ends);
    await Promise.all([office.waitForQuiet(adam), office.waitForQuiet(ben)]);
  }, 600_000);

  test('speaks German by the voice that was fetched', async () => {
    const adam = office.sandbox.person('Adam');
    const sinceMs = realClock.nowMs();
    const said = adam.command('say', { text: 'Guten Morgen, heute ist Montag.' });
    await said.waitForAnswer(never);
    await expect
      .poll(() => adam.heard.frames.some(({ atMs, loud }) => loud && atMs > sinceMs), {
        timeout: waitMs,
      })
      .toBe(true);
    await office.waitForQuiet(adam);
    expect(await office.transcribeHeard(adam, sinceMs, 'de')).toMatch(/monta[cgk]/i);
  }, 600_000);
});

function openLocalChat(file = SMOLLM2, maxResidentBytes = 1.5e9) {
  const libraryFolder = getLibraryFolder(dataDir);
  return new LocalChat({ file, libraryFolder, maxTokens: 2_000, maxResidentBytes });
}

/** Asks, and returns the answer with the time to its first word and the tokens that were read for it. */
async function askChat(
  chat: LocalChat,
  talk: readonly ChatMessage[],
  tools: readonly Tool[] = [],
) {
  const begunAtMs = realClock.nowMs();
  let [content, firstMs, readTokens] = ['', 0, 0];
  for await (const part of chat.model.reply(talk, tools, never, 60)) {
    if (part.kind === 'usage')
      readTokens = part.usage.inputTokens - (part.usage.cachedInputTokens ?? 0);
    if (part.kind !== 'text') continue;
    if (content === '') firstMs = realClock.nowMs() - begunAtMs;
    content += part.text;
  }
  return { content, firstMs, readTokens };
}

test('of one talk each of twenty turns is answered, and reads only what is new', async () => {
  await using chat = openLocalChat();
  const talk: ChatMessage[] = [
    { role: 'system', content: 'You are Nova, a voice. Answer in one sentence.' },
  ];
  let sumMs = 0;
  for (let turn = 0; turn < 20; turn++) {
    talk.push({ role: 'user', name: 'Ana', content: questions[turn % 5] ?? '' });
    const { content, firstMs, readTokens } = await askChat(chat, talk);
    expect(content).toMatch(/\w/);
    // The last answer is read anew where its text is cut into other tokens.
    expect(readTokens).toBeLessThan(120);
    sumMs += firstMs;
    talk.push({ role: 'assistant', content });
  }
  console.log(`first word after ${Math.round(sumMs / 20)} ms, the mean of 20 turns`);
}, 600_000);

test('the first question of a process reads only what is new, once its beginning was read ahead', async () => {
  const system = { role: 'system', content: 'You are Nova. Answer briefly.' } as const;
  const tools = Array.from({ length: 12 }, (_, n) => ({
    ...weather,
    name: `weather_${n}`,
  }));
  const question = { role: 'user', name: 'Ana', content: 'Who are you?' } as const;
  const firsts: Awaited<ReturnType<typeof askChat>>[] = [];
  for (const isReadAhead of [false, true]) {
    await using chat = openLocalChat();
    if (isReadAhead)
      chat.model.prepare?.(() => ({ messages: [system], tools, signal: never }));
    if (isReadAhead)
      await expect
        .poll(() => chat.speed.residentBytes, { timeout: waitMs })
        .toBeGreaterThan(0);
    firsts.push(await askChat(chat, [system, question], tools));
  }
  const [without, withReading] = firsts;
  expect(without?.readTokens).toBeGreaterThan(200);
  expect(withReading?.readTokens).toBeLessThan(30);
  console.log(
    `first word of the first question after ${firsts.map(({ firstMs }) => Math.round(firstMs)).join(' ms, read ahead ')} ms`,
  );
}, 600_000);

/** A template by which a model thinks unless it is asked not to, as that of Qwen3. Here it refuses to. */
const thinkersTemplate = [
  "{% if enable_thinking is not defined or enable_thinking %}{{ raise_exception('thinks') }}{% endif %}",
  '{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}',
  '<|im_start|>assistant\n<think>\n\n</think>\n\n',
].join('');

/** Writes another template into a GGUF file, at most as long as its own. */
function replaceTemplate(gguf: Buffer, template: string): Buffer {
  const key = 'tokenizer.chat_template';
  // Behind the key stand the type in four bytes, and the length of the text in eight.
  const lengthAt = gguf.indexOf(key) + key.length + 4;
  const length = Number(gguf.readBigUInt64LE(lengthAt));
  const comment = `{#${' '.repeat(length - template.length - 4)}#}`;
  gguf.write(comment + template, lengthAt + 8);
  return gguf;
}

test('a model that thinks is asked not to', async () => {
  const file = join(MODELS_FOLDER, 'thinker.gguf');
  writeFileSync(file, replaceTemplate(readFileSync(SMOLLM2), thinkersTemplate));
  await using chat = openLocalChat(file);
  const question = { role: 'user', name: 'Ana', content: 'Who are you?' } as const;
  expect((await askChat(chat, [question])).content).toMatch(/\w/);
}, 600_000);

test('an answer whose process is killed in its middle fails, and another process answers the next question', async () => {
  await using chat = openLocalChat();
  const talk = [{ role: 'user', name: '', content: 'Tell a long story.' }] as const;
  let [text, former = 0] = ['', 0];
  const reading = (async () => {
    for await (const part of chat.model.reply(talk, [], never)) {
      if (part.kind !== 'text' || text !== '') continue;
      text = part.text;
      [former = 0] = listModelProcesses(process.pid);
      process.kill(former, 'SIGKILL');
    }
  })();
  await expect(reading).rejects.toMatchObject({ retryable: true });
  expect((await askChat(chat, talk)).content).toMatch(/\w/);
  expect(listModelProcesses(process.pid)).not.toContain(former);
}, 600_000);

test('a process beyond its bound of memory is gone before the next one has loaded the model', async () => {
  await using chat = openLocalChat(SMOLLM2, 1);
  const talk = [{ role: 'user', name: '', content: 'Say hello.' }] as const;
  await chat.waitUntilLoaded(never);
  const [former = 0] = listModelProcesses(process.pid);
  await askChat(chat, talk);
  const endedAtMs = realClock.nowMs();
  const isGone = () => !listModelProcesses(process.pid).includes(former);
  const going = expect
    .poll(isGone, { interval: 5, timeout: waitMs })
    .toBe(true)
    .then(() => realClock.nowMs() - endedAtMs);
  const loading = chat.waitUntilLoaded(never).then(() => realClock.nowMs() - endedAtMs);
  const [goneMs, loadedMs] = await Promise.all([going, loading]);
  expect(goneMs).toBeLessThan(loadedMs);
  console.log(
    `a process beyond its bound is gone after ${Math.round(goneMs)} ms, and the model loaded again after ${Math.round(loadedMs)} ms`,
  );
}, 600_000);

test('a model whose answer nobody wants stops computing', async () => {
  await using chat = openLocalChat();
  const leaving = new AbortController();
  const talk = [{ role: 'user', name: '', content: 'Tell a long story.' }] as const;
  const reading = (async () => {
    for await (const part of chat.model.reply(talk, [], leaving.signal))
      if (part.kind === 'text') leaving.abort(new Error('left'));
  })();
  await expect(reading).rejects.toThrow('left');
  const [pid = 0] = listModelProcesses(process.pid);
  const leftAtMs = readProcessorMs(pid);
  // On a busy machine it may come late to its last token, so its own time counts.
  let usedMs = leftAtMs;
  await expect
    .poll(
      () => {
        const formerMs = usedMs;
        usedMs = readProcessorMs(pid);
        return usedMs - formerMs;
      },
      { interval: 2_000, timeout: waitMs },
    )
    .toBeLessThan(20);
  expect(usedMs - leftAtMs).toBeLessThan(250);
  console.log(
    `computed for ${usedMs - leftAtMs} ms more once nobody wanted its answer`,
  );
}, 600_000);

/** Lists the processes of chat models that a process has started. */
function listModelProcesses(parent: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const isModel = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(
          'chat-main.ts',
        );
        return isModel && Number(readStat(pid)[1]) === parent;
      } catch {
        return false; // It has ended meanwhile.
      }
    });
}

/** Fields of a process behind its name: state, parent, and so on. */
function readStat(pid: number) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Time of the processor that a process has used, in ms. Linux counts in steps of 10 ms. */
function readProcessorMs(pid: number) {
  const fields = readStat(pid);
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** Instants of a turn, as the log names them, with words for them. */
const instants = {
  pausedMs: 'pause noticed',
  recognisedMs: 'words known',
  endedMs: 'turn over',
  firstTokenMs: 'first word of the model',
  firstClauseMs: 'first clause',
  firstSpeechMs: 'first sound made',
  firstSentMs: 'first sound sent',
};
const questions = [
  'Hello, who are you?',
  'What is two plus two?',
  'Tell me about cats.',
  'Why is the sky blue?',
  'Do you like music?',
];
const person = {
  type: 'object',
  properties: { name: { type: 'string' }, isAdult: { type: 'boolean' } },
  required: ['name', 'isAdult'],
};
const weather = {
  name: 'weather',
  description: 'Tells the weather of a city.',
  parameters: {
    type: 'object',
    properties: {
      city: { type: 'string' },
      unit: { type: 'string', enum: ['celsius', 'fahrenheit'] },
    },
    required: ['city', 'unit'],
  },
};
