import { writeWav } from '#src/audio/formats/wav.ts';
import { BotError } from '#src/base/errors.ts';
import { joinTexts, makeTurn } from '#test/contracts/pipeline-contract.ts';
import { openDialect, replyJson } from '#test/fakes/dialects/dialect.ts';
import {
  attachRealtimeServer,
  type RealtimeManners,
  realtimeServers,
} from '#test/fakes/dialects/realtime-servers.ts';
import {
  replyWords,
  type ServerRefusal,
  type StrictManners,
} from '#test/fakes/dialects/strict-server.ts';
import {
  badCallServers,
  crumbServers,
  diceTool,
  malformedServers,
  oneToolServers,
  shortContextServers,
  signedServers,
  strictIdServers,
} from '#test/fakes/dialects/tool-servers.ts';
import {
  makeCaller,
  makeNumbering,
  makeThinking,
  makeWriter,
  markedThoughts,
  numberedTexts,
  replyModalities,
  stageNotes,
  unknownCalls,
  writtenCalls,
} from '#test/fakes/dialects/word-servers.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { listRows } from '#test/properties.ts';
import { openBotDoors } from './bot-doors.ts';
import {
  expectSounded,
  expectTone,
  joinWholeSound,
  openDialectBot,
} from './dialect-case.ts';

const text = 'Two of them.';
const rateHz = 24_000;
const speaking = { PIPELINE: 'audio-model', AUDIO_MODEL_NAME: 'omni' };
const refusingField = (field: string, body: unknown, status = 400): ServerRefusal => ({
  role: 'chat',
  field,
  status,
  body,
});
/** https://ai.google.dev/gemini-api/docs/openai: errors are a list with one. */
const toGeminiError = (field: string) => [
  {
    error: {
      code: 400,
      message: `Invalid JSON payload received. Unknown name "${field}": Cannot find field.`,
      status: 'INVALID_ARGUMENT',
    },
  },
];

const wordedModels: Readonly<Record<string, StrictManners>> = {
  'Gemini by its OpenAI door': {
    refuses: ['modalities', 'audio'].map((field) =>
      refusingField(field, toGeminiError(field)),
    ),
  },
  'a model that names modalities alone': {
    refuses: ['modalities', 'audio'].map((field) =>
      refusingField(field, {
        error: {
          message: 'Output modality audio is not supported',
          param: 'modalities',
        },
      }),
    ),
  },
  'a server of FastAPI': {
    refuses: ['modalities', 'audio'].map((field) =>
      refusingField(
        field,
        { detail: [{ loc: ['body', field], msg: 'Extra inputs are not permitted' }] },
        422,
      ),
    ),
  },
};

test.each(listRows(Object.entries(wordedModels)))(
  '%s: a model that hears and writes is read aloud, and this is remembered',
  async (_, manners) => {
    const replyChat: StrictManners['chat'] = ({ body }) => replyWords(body, text);
    await using bot = await openDialectBot({ ...manners, chat: replyChat }, speaking);
    const { parts, error } = await bot.answer('hello');
    expect([error, joinTexts(parts)]).toEqual([undefined, text]);
    expectSounded(parts);
    const tried = bot.server.listRequests('chat').length;
    expect(tried).toBeLessThanOrEqual(4);
    await bot.answer('hello');
    expect(bot.server.listRequests('chat')).toHaveLength(tried + 1);
    expect(JSON.stringify(bot.server.listRequests('chat').at(-1)?.body)).toContain(
      'input_audio',
    );
  },
);

test('vLLM-Omni: content that its modality calls audio is sound, and nothing of it is a word', async () => {
  const samples = makeTone(text, rateHz);
  const wav = writeWav({ samples, rateHz, channels: 1 });
  const replyChat: StrictManners['chat'] = () => replyModalities(text, wav);
  await using bot = await openDialectBot({ chat: replyChat }, speaking);
  const { parts, error } = await bot.answer('hello');
  expect([error, joinTexts(parts)]).toEqual([undefined, text]);
  expectTone(joinWholeSound(parts), text);
  expect(bot.server.listRequests('speech')).toEqual([]);
});

test('base64 in the place of words is not spoken, whatever it is called', async () => {
  const wav = writeWav({ samples: makeTone(text, rateHz), rateHz, channels: 1 });
  const base64 = Buffer.from(wav).toString('base64');
  const replyChat: StrictManners['chat'] = ({ body }) =>
    replyWords(body, `${text} ${base64}`);
  for (const settings of [{}, speaking]) {
    await using bot = await openDialectBot({ chat: replyChat }, settings);
    const { parts } = await bot.answer('hello');
    const spoken = bot.server.listRequests('speech').map(({ body }) => `${body.input}`);
    expect(Math.max(...spoken.map(({ length }) => length))).toBeLessThan(100);
    expect(joinTexts(parts).length).toBeLessThan(100);
  }
});

/** The bot in a conversation with such a server; it has to do without the chat model. */
function openTalk(manners: RealtimeManners) {
  const attachServer: StrictManners['attach'] = (server) =>
    attachRealtimeServer(server, manners, text);
  return openDialectBot(
    { attach: attachServer },
    { PIPELINE: 'realtime', REALTIME_MODEL: 'r' },
  );
}

test.each(listRows(Object.entries(realtimeServers)))(
  '%s: a Realtime answer is heard word by word and as it sounds',
  async (_, manners) => {
    await using bot = await openTalk(manners);
    const startedMs = performance.now();
    const { parts, error } = await bot.answer('hello');
    expect([error, joinTexts(parts)]).toEqual([undefined, text]);
    expectTone(joinWholeSound(parts), text);
    expect(bot.server.listRequests('chat')).toEqual([]);
    expect(bot.server.listRequests('speech')).toEqual([]);
    expect(performance.now() - startedMs).toBeLessThan(1_500);
  },
);

const azureBody = {
  error: { code: '401', message: 'Access denied due to invalid subscription key.' },
};

test.each([
  ['the key in api-key', 'api-key', ''],
  ['the key in api-key beside a version', 'api-key', '?api-version=2024-10-21'],
])(
  'Azure by deployment takes %s, once tried and remembered',
  async (_, header, query) => {
    const questions: string[] = [];
    const path = '/openai/deployments/gpt/chat/completions';
    await using server = await openDialect({
      refuses: ({ headers, query: given }) => {
        questions.push(given);
        if (given !== query) return replyJson({ error: { code: '404' } }, 404);
        return headers[header] === 'azure-key' ? undefined : replyJson(azureBody, 401);
      },
      routes: { [`POST ${path}`]: ({ body }) => replyWords(body, text) },
    });
    await using bot = await openBotDoors({
      CHAT_COMPLETION_BASE_URL: `${server.origin}/openai/deployments/gpt${query}`,
      CHAT_COMPLETION_API_KEY: 'azure-key',
      SPEECH_BASE_URL: 'http://127.0.0.1:9/v1',
      TRANSCRIPTION_BASE_URL: 'http://127.0.0.1:9/v1',
    });
    expect(joinTexts((await bot.answer('hello')).parts)).toBe(text);
    const tried = questions.length;
    expect(tried).toBeLessThanOrEqual(3);
    expect(joinTexts((await bot.answer('hello')).parts)).toBe(text);
    expect(questions).toHaveLength(tried + 1);
  },
);

const lampIsOn = 'The lamp is on.';

test.each(listRows(Object.entries(signedServers)))(
  '%s: what came with a call goes back with it, and the tool runs once',
  async (_, make) => {
    await using bot = await openDialectBot(make());
    await bot.exchange({ hears: lampIsOn, ran: 1, requests: 2 });
    await bot.exchange({ hears: lampIsOn, ran: 2, requests: 2 });
  },
);

test.each(listRows(Object.entries(strictIdServers)))(
  'a server with strict ids and %s: ids that we make have nine letters and digits',
  async (_, make) => {
    await using bot = await openDialectBot(make());
    await bot.exchange({ hears: lampIsOn, ran: 1, requests: 2 });
    await bot.exchange({ hears: lampIsOn, ran: 2, requests: 2 });
  },
);

test.each(listRows(Object.entries(badCallServers)))(
  '%s: a bad call of the model is asked again with all tools, now and later',
  async (_, make) => {
    await using bot = await openDialectBot(make());
    await bot.exchange({ hears: lampIsOn, ran: 1 });
    expect(bot.server.listRequests('chat').length).toBeLessThanOrEqual(3);
    await bot.exchange({ hears: lampIsOn, ran: 2, requests: 2 });
  },
);

test.each(listRows(Object.entries(malformedServers)))(
  '%s: a malformed call is asked again, and a second one is told',
  async (_, make) => {
    await using well = await openDialectBot(make(1));
    await well.exchange({ hears: lampIsOn, ran: 1, requests: 3 });
    await using bad = await openDialectBot(make(Infinity));
    const { error } = await bad.exchange({
      hears: '',
      ran: 0,
      requests: 2,
      code: /^provider\.(?!truncated)/,
    });
    expect(error?.message).not.toContain('ended its answer early');
  },
);

test.each(listRows(Object.entries(oneToolServers)))(
  '%s: a tool that is refused is left out and named, the others stay',
  async (_, make) => {
    const { tools } = makeTurn();
    await using bot = await openDialectBot(make());
    const turn = { tools: [...tools, diceTool] };
    await bot.exchange({ turn, hears: lampIsOn, ran: 1, requests: 3 });
    await bot.exchange({ turn, hears: lampIsOn, ran: 2, requests: 2 });
    expect(bot.listHabits().join()).toContain('dice');
    expect(bot.listHabits().join()).not.toContain('lamp');
  },
);

test.each(listRows(Object.entries(crumbServers)))(
  'of a call in crumbs the tool runs with its arguments: %s',
  async (_, make) => {
    await using bot = await openDialectBot(make());
    await bot.exchange({ hears: lampIsOn, ran: 1, requests: 2 });
  },
);

const longTalk = Array.from({ length: 10 }, (_, n) => [
  { role: 'user', name: 'Ana', content: `Question ${n}?` } as const,
  { role: 'assistant', content: `Answer ${n}.` } as const,
]).flat();

test.each(listRows(Object.entries(shortContextServers)))(
  '%s: a context that is too long shortens the talk, and the tools stay',
  async (_, make) => {
    await using bot = await openDialectBot(make());
    await bot.exchange({ turn: { history: longTalk }, hears: lampIsOn, ran: 1 });
    await bot.exchange({ hears: lampIsOn, ran: 2, requests: 2 });
  },
);

test.each(Object.entries(numberedTexts))(
  'numbers and booleans as content are words: %s',
  async (hears, contents) => {
    await using bot = await openDialectBot(makeNumbering(contents));
    await bot.exchange({ hears, requests: 1 });
  },
);

test.each(listRows(Object.entries(markedThoughts)))(
  '%s: of marked thoughts only the last words count',
  async (_, text) => {
    for (const pieceChars of [1, 7, 999]) {
      await using bot = await openDialectBot(makeWriter(text, pieceChars));
      await bot.exchange({ hears: 'Earl Grey.', requests: 1 });
    }
  },
);

test.each(listRows(Object.entries(writtenCalls)))(
  '%s: a call that the server left in the text runs once, and nothing of it is spoken',
  async (_, text) => {
    for (const pieceChars of [1, 7, 999]) {
      await using bot = await openDialectBot(makeCaller(text, pieceChars));
      await bot.exchange({ hears: 'The lamp is on.', ran: 1, requests: 2 });
      expect(bot.listHabits().join()).toContain('tool');
    }
  },
);

test.each(listRows(Object.entries(unknownCalls)))(
  'a call in marks that nobody has met runs once or is told, and nothing of it is spoken: %s',
  async (_, text) => {
    for (const pieceChars of [1, 7, 999]) {
      await using bot = await openDialectBot(makeCaller(text, pieceChars));
      const { parts, error } = await bot.answer('hello');
      const [words, ran] = [joinTexts(parts).trim(), bot.host.ran.length];
      const failed = error instanceof BotError ? '' : error;
      const told = error instanceof BotError;
      expect([[words, ran, failed]]).toEqual([
        told ? ['', 0, ''] : ['The lamp is on.', 1, undefined],
      ]);
    }
  },
);

test.each(Object.entries(stageNotes))(
  'a note for the voice is not read as words: %s',
  async (text, utterance) => {
    await using bot = await openDialectBot(makeWriter(text));
    await bot.answer('hello');
    const spoken = bot.server.listRequests('speech').map(({ body }) => body.input);
    expect(spoken.join(' ')).toBe(utterance);
  },
);

test.each([
  ['reasoning_effort', 400],
  ['reasoning_effort', 422],
  ['chat_template_kwargs', 400],
  ['none', 400],
  ['none', 500],
] as const)(
  'thoughts are asked off by %s, and what is refused with %d is given up and remembered',
  async (field, status) => {
    await using bot = await openDialectBot(makeThinking(field, status));
    await bot.exchange({ hears: 'Earl Grey.' });
    expect(bot.server.listRequests('chat').length).toBeLessThanOrEqual(3);
    await bot.exchange({ hears: 'Earl Grey.', requests: 1 });
  },
);
