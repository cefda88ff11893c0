import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pickModels } from '#doctor/pick-models.ts';
import { openRecipe } from '#test/fakes/dialects/provider-recipes.ts';
import { openFakeMcp } from '#test/fakes/mcp/http-server.ts';
import {
  openGeminiServer,
  openLiveServer,
} from '#test/fakes/providers/live-sockets.ts';
import { openMockProviders } from '#test/fakes/providers/mock-providers.ts';
import {
  answerJson,
  answerModels,
  answerSpeech,
  answerStream,
  canary,
  examineChat,
  openExaminedServer,
  runExamination,
  swiftServer,
} from './run-examination.ts';

const said =
  'one two three four five six seven eight nine ten this is how the voice of a server sounds';

test('without any server there is nothing to ask, and that is fine', async () => {
  const { code, lines } = await runExamination([]);
  expect(code).toBe(0);
  expect(lines.filter((line) => line.includes('local'))).toHaveLength(3);
});

test('every role that is configured is examined, with its key as a yes or no', async () => {
  const keyed = { ...swiftServer, hears: said, key: canary };
  await using server = await openMockProviders(keyed);
  const { code, text, about } = await runExamination([], {
    OPENAI_BASE_URL: server.baseUrl,
    OPENAI_API_KEY: canary,
    CHAT_COMPLETION_MODEL: 'mock',
  });
  expect(code).toBe(0);
  for (const role of ['CHAT_COMPLETION', 'SPEECH', 'TRANSCRIPTION'])
    expect(text).toContain(`${role}: ${server.baseUrl}, key set`);
  expect(about('think')).toMatch(/^ok think mock: first word after \d+ ms$/);
  expect(about('speak')).toMatch(
    /^ok speak kokoro: 1\.8 s of sound, first sound after \d+ ms, last byte after \d+ ms: too little to tell/,
  );
  expect(about('recognise')).toMatch(/: 100 % of the spoken words after \d+ ms$/);
});

test('servers to fall back to are examined too', async () => {
  await using usual = await openMockProviders(swiftServer);
  await using spare = await openMockProviders({
    ...swiftServer,
    trouble: { chat: 'error-500' },
  });
  const { code, text } = await runExamination([], {
    CHAT_COMPLETION_BASE_URL: usual.baseUrl,
    CHAT_COMPLETION_FALLBACK_BASE_URL: spare.baseUrl,
    SPEECH_BASE_URL: usual.baseUrl,
    SPEECH_FALLBACK_BASE_URL: 'local',
  });
  expect(text).toContain(`CHAT_COMPLETION_FALLBACK: ${spare.baseUrl}, no key set`);
  expect(text).toContain('SPEECH_FALLBACK: the local engine');
  expect(code).toBe(1);
});

test('a pipeline over one connection is examined by an answer', async () => {
  await using server = await openMockProviders(swiftServer);
  const fields = {
    PIPELINE: 'realtime',
    REALTIME_BASE_URL: server.baseUrl.replace('http', 'ws'),
  };
  const { code, about } = await runExamination([], fields);
  expect([code, about('realtime')]).toEqual([0, expect.stringMatching(/^ok/)]);
  using other = await openExaminedServer({
    'GET /v1/models': answerModels('gpt-realtime-2.1'),
  });
  const lacking = { ...fields, REALTIME_BASE_URL: `${other.origin}/v1` };
  const without = await runExamination([], lacking);
  expect(without.code).toBe(1);
  expect(without.about('realtime')).toMatch(/^missing/);
});

test('a live model is examined by the start of a session, which is closed', async () => {
  await using server = await openLiveServer({ answer: () => ({}) });
  const fields = { PIPELINE: 'live', LIVE_BASE_URL: server.baseUrl };
  const { code, text, about } = await runExamination([], fields);
  expect([code, about('live')]).toEqual([
    0,
    expect.stringMatching(/^ok live gpt-live-1: a session started after \d+ ms/),
  ]);
  expect(text).toContain(`LIVE: ${server.baseUrl}, no key set`);
  expect(server.sessions.map(({ isClosed }) => isClosed)).toEqual([true]);
});

test.each([
  ['bad key', 'put a key of that server into LIVE_API_KEY'],
  ['no credit', 'top up that account'],
  ['no such model', 'correct LIVE_MODEL or LIVE_BASE_URL, or choose another server'],
] as const)('a live model with %s is told as that: %s', async (trouble, mend) => {
  await using server = await openLiveServer({ answer: () => ({}), trouble });
  const fields = { PIPELINE: 'live', LIVE_BASE_URL: server.baseUrl };
  const { code, text, about } = await runExamination([], fields);
  expect([code, about('live')]).toEqual([1, expect.stringMatching(/^missing/)]);
  expect(text).toContain(mend);
});

test('a Gemini model is examined by the start of a session, with its key in the address alone', async () => {
  await using server = await openGeminiServer({ answer: () => ({}) });
  const fields = {
    PIPELINE: 'live',
    LIVE_BASE_URL: server.baseUrl,
    LIVE_MODEL: 'gemini-3.8-live',
    LIVE_API_KEY: 'key-of-google',
  };
  const { code, text, about } = await runExamination([], fields);
  expect([code, about('live')]).toEqual([
    0,
    expect.stringMatching(/^ok live gemini-3\.8-live: a session started/),
  ]);
  expect(text).not.toContain('key-of-google');
  expect(server.sessions.map(({ isClosed }) => isClosed)).toEqual([true]);
  const { LIVE_API_KEY: _, ...keyless } = fields;
  const refused = await runExamination([], keyless);
  expect([refused.code, refused.about('live')]).toEqual([
    1,
    expect.stringMatching(/^missing/),
  ]);
  expect(refused.text).toContain('put a key of that server into LIVE_API_KEY');
});

test('a live model whose server does not run is told as that', async () => {
  const fields = { PIPELINE: 'live', LIVE_BASE_URL: 'ws://127.0.0.1:9/v1' };
  const { code, text } = await runExamination([], fields);
  expect(code).toBe(1);
  expect(text).toContain('start that server, or correct LIVE_BASE_URL');
});

test('a key that is refused is told as that', async () => {
  await using server = await openMockProviders({ ...swiftServer, key: 'another' });
  const { code, text } = await runExamination([], {
    OPENAI_BASE_URL: server.baseUrl,
    OPENAI_API_KEY: canary,
  });
  expect(code).toBe(1);
  expect(text).toContain('refused the key (401)');
});

test('recognition, speech and a model that speaks are tried over their connections as the bot does it', async () => {
  await using server = await openMockProviders({ ...swiftServer, hears: said });
  const socketUrl = server.baseUrl.replace('http', 'ws');
  const { code, about } = await runExamination([], {
    OPENAI_BASE_URL: server.baseUrl,
    PIPELINE: 'audio-model',
    TRANSCRIPTION_BACKEND: 'realtime',
    TRANSCRIPTION_BASE_URL: socketUrl,
    SPEECH_BASE_URL: socketUrl,
    SPEECH_MODEL: 'mock',
  });
  expect(about('think')).toMatch(/^ok think gpt-audio-1\.5: /);
  const [asked] = server.requests.filter(({ body }) =>
    JSON.stringify(body).includes('"messages"'),
  );
  expect(asked).toMatchObject({ body: { modalities: ['text', 'audio'] } });
  expect(about('speak')).toMatch(/^ok speak mock: .* s of sound/);
  expect(about('recognise')).toMatch(/^ok/);
  expect(code).toBe(0);
  await expect.poll(() => server.realtime.open + server.talk.open).toBe(0);
});

test('a voice over a connection that breaks off is missing, with the words of its server', async () => {
  const talk = { speakAloud: () => ({ ends: 'fail' }) as const };
  await using server = await openMockProviders({ ...swiftServer, talk });
  const { code, about } = await runExamination([], {
    SPEECH_BASE_URL: server.baseUrl.replace('http', 'ws'),
    SPEECH_MODEL: 'mock',
  });
  expect(code).toBe(1);
  expect(about('speak')).toMatch(/^missing .*It broke/);
});

test('offline nothing is asked', async () => {
  using server = await openExaminedServer({});
  const { code, text } = await runExamination(['--offline'], {
    OPENAI_API_KEY: canary,
    SPEECH_BASE_URL: `${server.origin}/v1`,
  });
  expect(text).toContain(`SPEECH: ${server.origin}/v1, no key set`);
  expect([code, server.asked]).toEqual([0, []]);
  const other = await runExamination(['--provider', server.origin, '--offline']);
  expect([other.code, server.asked]).toEqual([0, []]);
});

test('a model that ends is told with its day and its successor: by its server, offline by the dates that are known', async () => {
  using server = await openExaminedServer({
    'GET /v1/models': answerModels({ id: 'mock', shutdown_date: '2020-05-01' }),
  });
  expect((await examineChat(server)).about('model')).toBe(
    'differs model the model mock (CHAT_COMPLETION) ended on 2020-05-01',
  );
  const { code, about, mendOf } = await runExamination(['--offline'], {
    OPENAI_API_KEY: canary,
    CHAT_COMPLETION_MODEL: 'gpt-4-turbo',
  });
  expect([code, about('model')]).toEqual([
    0,
    'differs model the model gpt-4-turbo (CHAT_COMPLETION) ended on 2026-10-23',
  ]);
  expect(mendOf('model')).toBe('set gpt-5.6-terra in its place');
});

const makeProgram = (kind: string) => ({
  command: process.execPath,
  args: [resolve('test/fakes/mcp/stdio-server.ts'), kind],
});

/** A folder with a file of these servers. */
async function writeServers(mcpServers: Readonly<Record<string, object>>) {
  const folder = await mkdtemp(join(tmpdir(), 'parley-doctor-tools-'));
  const path = join(folder, 'mcp.json');
  await writeFile(path, JSON.stringify({ mcpServers }));
  return { folder, path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

test('servers of tools are started or asked, and the allowed tools are shown', async () => {
  await using server = await openFakeMcp({ era: 'modern' });
  const notes = {
    type: 'http',
    url: server.url.href,
    allow: ['measure', 'echo'],
    tools: { measure: { effect: 'read' } },
  };
  await using file = await writeServers({ notes });
  const { code, about } = await runExamination([], { MCP_SERVERS: file.path });
  expect([code, about('notes')]).toEqual([
    0,
    'ok notes modern, 2 of 13 tools are on: notes: echo, notes: measure reads',
  ]);
});

test('a server that is not there is missing, and the others are examined', async () => {
  await using file = await writeServers({
    gone: makeProgram('gone'),
    sky: makeProgram('legacy'),
  });
  const { code, about } = await runExamination([], { MCP_SERVERS: file.path });
  expect(code).toBe(1);
  expect(about('gone')).toMatch(/^missing gone /);
  expect(about('sky')).toMatch(/^ok sky legacy, 14 of 14 tools are on: sky: echo/);
});

test('a program that does not answer is ended before the doctor is, and its remedy is about the program', async () => {
  const { args, command } = makeProgram('silent');
  await using file = await writeServers({});
  const told = join(file.folder, 'pid');
  await writeFile(
    file.path,
    JSON.stringify({ mcpServers: { deaf: { command, args: [...args, told] } } }),
  );
  const { about, mendOf } = await runExamination([], { MCP_SERVERS: file.path }, 3_000);
  expect(about('deaf')).toBe('missing deaf It took longer than the limit of 3 s.');
  expect(mendOf('deaf')).toBe('correct its entry in the file, or the server itself');
  const pid = Number(await readFile(told, 'utf8'));
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('a key of a server is shown nowhere', async () => {
  await using file = await writeServers({
    notes: {
      url: 'http://127.0.0.1:9/mcp',
      headers: { Authorization: `Bearer \${NOTES_TOKEN}` },
    },
  });
  const { code, text, about } = await runExamination([], {
    MCP_SERVERS: file.path,
    NOTES_TOKEN: canary,
  });
  expect([code, about('notes')]).toEqual([1, expect.stringMatching(/^missing/)]);
  expect(text).not.toContain(canary);
});

test('a file that cannot be read is a mistake, and offline nothing is started', async () => {
  const bad = await runExamination([], { MCP_SERVERS: '/nowhere/mcp.json' });
  expect([bad.code, bad.text]).toEqual([78, expect.stringContaining('MCP_SERVERS')]);
  await using file = await writeServers({ gone: makeProgram('gone') });
  const { code, about } = await runExamination(['--offline'], {
    MCP_SERVERS: file.path,
  });
  expect([code, about('gone')]).toEqual([0, 'ok gone not asked']);
});

const answerContent = (content: string) =>
  answerStream({ choices: [{ index: 0, delta: { content }, finish_reason: 'stop' }] });
const refuses = answerJson(
  { error: { message: 'Unknown, says http://10.0.0.5:4000/v1' } },
  400,
);

test('a report on a server says what it does differently, and can be published', async () => {
  let transcript = 'one two three four five six seven eight nine ten';
  using server = await openExaminedServer({
    'GET /v1/models': answerModels('mind', 'whisper'),
    'POST /v1/chat/completions': (response, request) =>
      (request.body.parley_doctor ? refuses : answerContent('ok'))(response, request),
    'POST /v1/audio/transcriptions': (response, request) => {
      answerJson({ text: transcript })(response, request);
      transcript = 'Thank you.';
    },
    'POST /v1/audio/speech': answerSpeech(24_000),
  });
  const { about, text } = await runExamination(['--provider', server.origin]);
  for (const item of ['streaming', 'unknown field', 'long prompt', 'silence', 'noise'])
    expect(about(item)).toMatch(/^differs/);
  expect(about('sound format')).toBe(
    'ok sound format mind: rates in Hz: wav 24000, wav 24000',
  );
  const long = server.asked.find(({ raw }) => raw.includes('secret sign'));
  expect(long?.raw.length).toBeGreaterThan(20_000);
  expect(text).not.toContain('10.0.0.5');
});

test('a voice that the server does not have is named with two of those that it has', async () => {
  using server = await openExaminedServer({
    'GET /v1/audio/voices': answerJson({ voices: ['af_heart', 'af_sky'] }),
    'POST /v1/audio/speech': answerJson(
      { detail: "Voice 'alloy' is not available" },
      400,
    ),
  });
  const { mendOf } = await runExamination([], {
    SPEECH_BASE_URL: `${server.origin}/v1`,
    SPEECH_VOICE: 'alloy',
  });
  expect(mendOf('speak')).toBe(
    'alloy is none of its voices: set SPEECH_VOICE to af_heart or af_sky',
  );
});

const testSentence =
  'One two three four five six seven eight nine ten. This is how the voice of a server sounds.';

test.each([
  'OpenAI',
  'LiteLLM proxy',
  'speaches',
  'Kokoro-FastAPI',
  'Ollama',
  'vLLM',
  'Azure OpenAI',
  'Groq',
  'Gemini',
  'Together',
])('the recipe of %s works as it stands', async (title) => {
  await using kitchen = await openRecipe(title, {
    hears: () => testSentence,
    replies: [],
  });
  const { code, lines } = await runExamination([], kitchen.environment);
  expect([code, lines.filter((line) => line.includes('missing'))]).toEqual([0, []]);
});

const listModels = (...ids: string[]) => ({
  kind: 'listed' as const,
  models: ids.map((id) => ({ id })),
});

test('models are taken for what their names say', () => {
  const openAi = listModels(
    'whisper-1',
    'gpt-transcribe',
    'tts-1',
    'gpt-4o',
    'gpt-6-luna',
    'gpt-audio-1.5',
    'gpt-realtime-2.1',
    'text-embedding-3-large',
  );
  expect(pickModels(openAi)).toEqual({
    CHAT_COMPLETION: { model: 'gpt-6-luna', isGuess: false },
    SPEECH: { model: 'tts-1', isGuess: false },
    TRANSCRIPTION: { model: 'gpt-transcribe', isGuess: false },
    REALTIME: { model: 'gpt-realtime-2.1', isGuess: false },
    LIVE: { model: 'whisper-1', isGuess: true },
    realtimeSpeech: { model: 'gpt-realtime-2.1', isGuess: false },
  });
  const speaches = listModels(
    'Systran/faster-whisper-small',
    'speaches-ai/Kokoro-82M-v1.0-ONNX',
  );
  expect(pickModels(speaches)).toMatchObject({
    SPEECH: { model: 'speaches-ai/Kokoro-82M-v1.0-ONNX', isGuess: false },
    TRANSCRIPTION: { model: 'Systran/faster-whisper-small', isGuess: false },
    CHAT_COMPLETION: { isGuess: true },
  });
});

test('models of the Live API and of the Realtime API are told apart', () => {
  const picks = pickModels(
    listModels('gpt-live-1', 'gpt-live-transcribe', 'gpt-realtime-2.1-mini'),
  );
  expect(picks).toMatchObject({
    REALTIME: { model: 'gpt-realtime-2.1-mini' },
    LIVE: { model: 'gpt-live-1', isGuess: false },
    TRANSCRIPTION: { model: 'gpt-live-transcribe' },
  });
  expect(pickModels(listModels('gpt-live-1')).REALTIME.isGuess).toBe(true);
});
