import { execFile } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { parseEnv, promisify, stripVTControlCharacters } from 'node:util';
import { runSetup, type SetupOptions } from '#setup/setup.ts';
import { SetupQuestions } from '#setup/setup-questions.ts';
import type { Vendor } from '#setup/vendors.ts';
import { realClock } from '#src/base/clock.ts';
import { getCompileCacheEnvironment } from '#src/base/compile-cache.ts';
import { swiftServer } from '#test/doctor/run-examination.ts';
import { openMockProviders } from '#test/fakes/providers/mock-providers.ts';
import { findFreePort } from '#test/fakes/servers/listening-server.ts';
import { openSilentSandbox } from '#test/sandbox/voice/silent-voice.ts';
import { openTestPage } from '#test/web/http/open-page.ts';

const keys = {
  enter: '\r',
  escape: '\u001b',
  up: '\u001b[A',
  down: '\u001b[B',
  cancel: '\u0003',
};

/** A machine without room for a model. */
const noLocalModels = { room: { memoryBytes: 0, diskBytes: 0 }, models: [] };

/** A Discord without sound, and a folder in which the bot is set up. */
async function openOffice() {
  const sandbox = await openSilentSandbox();
  const folder = mkdtempSync(join(tmpdir(), 'parley-setup-'));
  const env = join(folder, '.env');
  const environment = { DISCORD_API_URL: sandbox.apiUrl, DATA_DIR: folder };
  return {
    sandbox,
    folder,
    environment,
    /** Text of `.env`; undefined if there is none. */
    readText: () => (existsSync(env) ? readFileSync(env, 'utf8') : undefined),
    readValues: () => parseEnv(readFileSync(env, 'utf8')),
    keepText: (text: string) => writeFileSync(env, text, { mode: 0o600 }),
    /** Runs it at a terminal. */
    openTalk(more: Pick<SetupOptions, 'local' | 'vendors'> = {}) {
      const terminal = openTerminal();
      const ask = new SetupQuestions(terminal);
      const base = { ask, envPath: env, clock: realClock, environment };
      const setup = { ...base, local: noLocalModels, ...more };
      return { ...terminal, ended: runSetup(setup) };
    },
    async [Symbol.asyncDispose]() {
      await sandbox[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Keys and a screen of somebody at a terminal. */
function openTerminal() {
  const input = new PassThrough();
  let shownText = '';
  let seen = 0;
  const output = new Writable({
    write(chunk, _encoding, done) {
      shownText += stripVTControlCharacters(`${chunk}`);
      done();
    },
  });
  return {
    input,
    output,
    readShown: () => shownText,
    /** Once each question stands there anew, types its answer. */
    async answer(...all: Way) {
      for (const [question, typed = ''] of all) {
        await expect
          .poll(() => shownText.slice(seen), { timeout: 15_000 })
          .toContain(question);
        seen = shownText.indexOf(question, seen) + question.length;
        input.write(typed);
      }
    },
  };
}

/** What is shown, and what is typed then. */
type Way = readonly (readonly [question: string, answer?: string])[];

/** A vendor without a key, that can do everything. */
function makeVendor(
  name: string,
  baseUrl: string,
  overrides: Partial<Vendor> = {},
): Vendor {
  const roles = ['TRANSCRIPTION', 'CHAT_COMPLETION', 'SPEECH'] as const;
  const source = 'https://vendor.example/docs';
  return { name, baseUrl, roles, needsKey: false, source, ...overrides };
}

/** Types a line. */
const typeLine = (text: string) => `${text}${keys.enter}`;

type Office = Awaited<ReturnType<typeof openOffice>>;

/** Questions as they are request. */
const request = {
  token: 'The token of your bot',
  noToken: 'Enter: none yet',
  servers: 'Which server for speech to text, chat, and text to speech?',
  address: 'The address of the server, up to /v1',
  change: 'What do you want to change?',
} as const;

test('from a token to .env and registered commands, at a terminal', async () => {
  await using office = await openOffice();
  const { sandbox } = office;
  await using server = await openMockProviders(swiftServer);
  sandbox.guild().removeBot();
  const terminal = office.openTalk();
  await terminal.answer(
    [request.token, typeLine('wrong.token')],
    ['Discord refused the token'],
    [request.token, typeLine(sandbox.token)],
    ['It is the token of nova.'],
    [request.servers, typeLine(keys.up.repeat(3))],
    [request.address, typeLine(server.baseUrl)],
    ['the bot is in no server'],
    ['permissions=281784251173888'],
  );
  expect(await terminal.ended).toBe(0);
  expect(office.readValues()).toMatchObject({
    DISCORD_TOKEN: sandbox.token,
    SPEECH_BASE_URL: server.baseUrl,
    TRANSCRIPTION_BASE_URL: server.baseUrl,
  });
  const commands = sandbox.commands();
  expect(commands.length).toBeGreaterThan(10);
  expect(commands.filter(({ guildId }) => guildId !== undefined)).toEqual([]);
  expect(terminal.readShown()).not.toContain(sandbox.token);
  expect(sandbox.bot().online).toBe(false);
}, 60_000);

test('a vendor is chosen by its name; a role that it cannot fill goes to the next question', async () => {
  await using office = await openOffice();
  const key = 'key-of-thinking';
  await using thinking = await openMockProviders({ ...swiftServer, key });
  await using speaking = await openMockProviders(swiftServer);
  const vendors = [
    makeVendor('Thinker', thinking.baseUrl, {
      roles: ['CHAT_COMPLETION'],
      needsKey: true,
    }),
    makeVendor('Talker', speaking.baseUrl, { roles: ['TRANSCRIPTION', 'SPEECH'] }),
  ];
  const terminal = office.openTalk({ vendors });
  await terminal.answer(
    [request.token, typeLine(office.sandbox.token)],
    [request.servers, keys.enter],
    ['The key of Thinker (not shown', typeLine('key-of-another')],
    ['Thinker refused the key.'],
    ['The key of Thinker (not shown', typeLine(key)],
    ['Thinker works for chat.'],
    ['Which server for speech to text and text to speech?', keys.enter],
  );
  expect(await terminal.ended).toBe(0);
  expect(office.readValues()).toMatchObject({
    CHAT_COMPLETION_BASE_URL: thinking.baseUrl,
    CHAT_COMPLETION_API_KEY: key,
    TRANSCRIPTION_BASE_URL: speaking.baseUrl,
    SPEECH_BASE_URL: speaking.baseUrl,
  });
  const [beforeKey = '', afterKey = ''] = terminal
    .readShown()
    .split('Which server for speech to text and');
  expect(beforeKey.match(/refused|\b401\b/g)).toHaveLength(1);
  expect(afterKey).not.toContain('Thinker');
  expect(terminal.readShown()).not.toContain('key-of-');
}, 60_000);

test('the list is short, Esc goes back with what was chosen marked, and a mistake asks two lines', async () => {
  await using office = await openOffice();
  await using server = await openMockProviders(swiftServer);
  await using page = await openTestPage();
  const stopped = `http://127.0.0.1:${await findFreePort()}/v1`;
  const vendors = [
    makeVendor('First', stopped, { start: 'first serve' }),
    // One without a key that runs here would come first.
    makeVendor('Second', server.baseUrl, { isMore: true, needsKey: true }),
  ];
  const terminal = office.openTalk({ vendors });
  await terminal.answer(
    [request.noToken, keys.enter],
    ['More (1)', keys.enter],
    ['First does not answer at', ''],
    ['Start it in another terminal: first serve', ''],
    ['What now?', typeLine(keys.down)],
    [request.servers, typeLine(keys.down)],
    ['Which one? (Esc: back)', keys.escape],
    ['\u25cf More (1)', typeLine(keys.down)],
    [request.address, typeLine(`${page.url.origin}/v1`)],
    ['is Parley itself', ''],
    ['What now?', typeLine(keys.down)],
    [request.servers, typeLine(keys.down)],
    ['Which one? (Esc: back)', keys.enter],
    ['The key of Second (not shown', typeLine('any-key')],
  );
  expect(await terminal.ended).toBe(0);
  expect(office.readValues().CHAT_COMPLETION_BASE_URL).toBe(server.baseUrl);
}, 60_000);

const small = {
  name: 'qwen2.5-0.5b',
  billions: 0.5,
  bytes: 491_400_032,
  licence: 'Apache-2.0',
  memoryBytes: 900_000_000,
  languages: ['en', 'zh'],
  tokensPerSecond: 20,
} as const;
const local = {
  room: { memoryBytes: 8e9, diskBytes: 50e9 },
  models: [small, { ...small, name: 'qwen2.5-1.5b' }],
};

test('a chat model that Parley runs here is one yes, with its size, memory, licence and speed told before', async () => {
  await using office = await openOffice();
  await using server = await openMockProviders(swiftServer);
  const vendors = [
    makeVendor('Away', `http://127.0.0.1:${await findFreePort()}/v1`),
    makeVendor('Runs', server.baseUrl, { isMore: true, roles: ['CHAT_COMPLETION'] }),
  ];
  const unused = join(office.folder, 'models', 'qwen3-4b.gguf');
  mkdirSync(dirname(unused));
  writeFileSync(unused, 'of a choice before');
  const terminal = office.openTalk({ vendors, local });
  await terminal.answer(
    [request.noToken, keys.enter],
    [request.servers, ''],
    ['Runs: thinks', typeLine(keys.down)],
    ['This machine has 8.0 GB of memory, and 50.0 GB are free', ''],
    ['Which model?', keys.enter],
    ['npm start fetches qwen2.5-0.5b', ''],
    ['Which server for speech to text and text to speech?', typeLine(keys.up)],
  );
  expect(await terminal.ended).toBe(0);
  expect(office.readValues().CHAT_MODEL_FILE).toBe('qwen2.5-0.5b');
  const shown = terminal.readShown().replace(/[│\s]+/g, ' ');
  expect(shown).toContain(
    'qwen2.5-0.5b: 0.5 GB to fetch, 0.9 GB of memory, about 20 tokens a second here, Apache-2.0; English, Chinese',
  );
  expect(shown.replace(/ /g, '')).toContain(`qwen3-4bisnotused:${unused}takes2.5GB`);
  expect(shown.indexOf('Runs: thinks')).toBeLessThan(shown.indexOf('runs here'));
  expect(shown.indexOf('runs here')).toBeLessThan(shown.indexOf('Away: '));
}, 60_000);

test('a Realtime server answers in place of a chat model, until another is chosen', async () => {
  await using office = await openOffice();
  await using server = await openMockProviders(swiftServer);
  const { baseUrl } = server;
  const roles = ['CHAT_COMPLETION', 'SPEECH'] as const;
  const vendors = [makeVendor('Whole', baseUrl, { roles, isRealtime: true })];
  const terminal = office.openTalk({ vendors });
  await terminal.answer(
    [request.noToken, keys.enter],
    [request.servers, keys.enter],
    ['No more', typeLine(keys.up)],
  );
  expect(await terminal.ended).toBe(0);
  expect(office.readValues()).toMatchObject({
    PIPELINE: 'realtime',
    REALTIME_BASE_URL: baseUrl,
  });
  const again = office.openTalk({ vendors: [] });
  await again.answer(
    [request.noToken, keys.enter],
    [request.servers, keys.enter],
    [request.address, typeLine(baseUrl)],
  );
  expect(await again.ended).toBe(0);
  expect(office.readValues()).toMatchObject({ PIPELINE: '', REALTIME_BASE_URL: '' });
}, 60_000);

/** Every question there is, each reached once. */
function everyWay(token: string, address: string) {
  const first: Way = [
    [request.token, typeLine(token)],
    [request.servers, typeLine(keys.up.repeat(3))],
    [request.address, typeLine(address)],
  ];
  const again: Way = [[request.change, typeLine(keys.down)], [request.token]];
  const kept = `# mine\nDISCORD_TOKEN=${token}\n`;
  return [
    ...first.map((_, at) => ({ kept: '', way: first.slice(0, at + 1) })),
    ...again.map((_, at) => ({ kept, way: again.slice(0, at + 1) })),
  ];
}

/** Answers all but the last question, which Ctrl+C or the end of the input ends; gives the exit code and the screen. */
async function endedAt(office: Office, way: Way, isKey: boolean) {
  const terminal = office.openTalk();
  const [question = ''] = way.at(-1) ?? [];
  await terminal.answer(...way.slice(0, -1), [question, isKey ? keys.cancel : '']);
  if (!isKey) terminal.input.destroy();
  return { question, code: await terminal.ended, shown: terminal.readShown() };
}

test('npm run setup leaves .env as it was when it is ended at any question, by Ctrl+C or the end of its input', async () => {
  await using office = await openOffice();
  await using server = await openMockProviders(swiftServer);
  for (const { kept, way } of everyWay(office.sandbox.token, server.baseUrl)) {
    if (kept !== '') office.keepText(kept);
    for (const isKey of [true, false]) {
      const { question, code, shown } = await endedAt(office, way, isKey);
      expect([question, code]).toEqual([question, 1]);
      expect(shown).toContain('The setup has ended. Nothing was written');
      expect(office.readText() ?? '', question).toBe(kept);
    }
  }
}, 60_000);

test('while something is waited for, the end of the terminal ends it as well', async () => {
  await using office = await openOffice();
  await using silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  office.environment.DISCORD_API_URL = `http://127.0.0.1:${port}/api`;
  const terminal = office.openTalk();
  await terminal.answer(
    [request.token, typeLine('a.token')],
    ['Asking Discord whose token it is'],
  );
  terminal.input.destroy();
  expect(await terminal.ended).toBe(1);
  expect(office.readText()).toBeUndefined();
});

test('a Discord that is not there ends with 1, and settings that cannot work with 78', async () => {
  await using office = await openOffice();
  const endSetup = async (settings: NodeJS.ProcessEnv) => {
    Object.assign(office.environment, { DISCORD_TOKEN: 'a.token', ...settings });
    const terminal = office.openTalk();
    return [await terminal.ended, terminal.readShown().replace(/[│\s]+/g, ' ')];
  };
  for (const [DISCORD_API_URL, code, words] of [
    ['http://127.0.0.1:2/api', 1, 'could not be reached (ECONNREFUSED)'],
    ['nowhere', 78, 'DISCORD_API_URL'],
  ] as const)
    expect(await endSetup({ DISCORD_API_URL })).toEqual([
      code,
      expect.stringContaining(words),
    ]);
  expect(office.readText()).toBeUndefined();
});

test('a file that is read-only ends with 78, and so does a process without a terminal', async () => {
  await using office = await openOffice();
  office.keepText('A=b\n');
  chmodSync(join(office.folder, '.env'), 0o400);
  const terminal = office.openTalk();
  expect(await terminal.ended).toBe(78);
  expect(terminal.readShown()).toContain('is read-only: run chmod u+w');
  const env = { ...getCompileCacheEnvironment(), PATH: '' };
  const main = resolve('setup/main.ts');
  const program = promisify(execFile)(process.execPath, [main], { env });
  const stderr = expect.stringContaining('Setup asks at a terminal, and there is none');
  await expect(program).rejects.toMatchObject({ code: 78, stderr });
});

test('a model is tried without a token, and stays when the token comes later', async () => {
  await using office = await openOffice();
  await using server = await openMockProviders(swiftServer);
  const vendors = [makeVendor('Own', server.baseUrl)];
  const first = office.openTalk({ vendors });
  await first.answer([request.noToken, keys.enter], [request.servers, keys.enter]);
  expect(await first.ended).toBe(0);
  expect(first.readShown()).toContain('run npm start, open its link');
  const textBefore = office.readText() ?? '';
  const second = office.openTalk({ vendors });
  await second.answer([request.token, typeLine(office.sandbox.token)]);
  expect(await second.ended).toBe(0);
  expect(second.readShown()).not.toContain(request.servers);
  expect(office.readText()).toBe(
    `${textBefore}DISCORD_TOKEN=${office.sandbox.token}\n`,
  );
}, 60_000);
