import { execFile } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { parseEnv, promisify, stripVTControlCharacters } from 'node:util';
import { openSandbox } from '#sandbox/sandbox.ts';
import { runSetup, type SetupOptions } from '#setup/setup.ts';
import { SetupQuestions } from '#setup/setup-questions.ts';
import type { Vendor } from '#setup/vendors.ts';
import { realClock } from '#src/base/clock.ts';
import { getCompileCacheEnvironment } from '#src/base/compile-cache.ts';
import { swiftServer } from '#test/doctor/run-examination.ts';
import { openMockProviders } from '#test/fakes/providers/mock-providers.ts';
import { openSilentVoice } from '#test/sandbox/voice/silent-voice.ts';

const keys = { enter: '\r', up: '\u001b[A', down: '\u001b[B', cancel: '\u0003' };

/** A Discord without sound, and a folder in which the bot is set up. */
async function openOffice() {
  const sandbox = await openSandbox({ voice: openSilentVoice().half });
  const folder = mkdtempSync(join(tmpdir(), 'parley-setup-'));
  const env = join(folder, '.env');
  const environment = {
    DISCORD_API_URL: sandbox.apiUrl,
    DATA_DIR: folder,
  };
  return {
    sandbox,
    folder,
    environment,
    /** Text of `.env`; undefined if there is none. */
    text: () => (existsSync(env) ? readFileSync(env, 'utf8') : undefined),
    values: () => parseEnv(readFileSync(env, 'utf8')),
    keep: (text: string) => writeFileSync(env, text, { mode: 0o600 }),
    /** Runs it at a terminal. */
    talk(more: Pick<SetupOptions, 'vendors'> = {}) {
      const terminal = openTerminal();
      const ask = new SetupQuestions(terminal);
      const ended = runSetup({
        ask,
        envPath: env,
        clock: realClock,
        environment,
        ...more,
      });
      return { ...terminal, ended };
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
  let shown = '';
  let seen = 0;
  const output = new Writable({
    write(chunk, _encoding, done) {
      shown += stripVTControlCharacters(`${chunk}`);
      done();
    },
  });
  return {
    input,
    output,
    shown: () => shown,
    /** Once `question` stands there anew, types. */
    async answer(question: string, typed: string) {
      await expect
        .poll(() => shown.indexOf(question, seen), { timeout: 15_000 })
        .toBeGreaterThanOrEqual(0);
      seen = shown.indexOf(question, seen) + question.length;
      input.write(typed);
    },
  };
}

const groups = ['TRANSCRIPTION', 'CHAT_COMPLETION', 'SPEECH'] as const;

type Office = Awaited<ReturnType<typeof openOffice>>;

/** Questions as they are asked. */
const asked = {
  token: 'The token of your bot',
  servers: 'Which server for speech to text, chat, and text to speech?',
  address: 'The address of the server, up to /v1.',
  change: 'What do you want to change?',
} as const;

test('from a token to .env and registered commands, at a terminal', async () => {
  await using office = await openOffice();
  const { sandbox } = office;
  await using server = await openMockProviders(swiftServer);
  sandbox.guild().removeBot();
  const terminal = office.talk();
  await terminal.answer(asked.token, `wrong.token${keys.enter}`);
  await terminal.answer('Discord refused the token', '');
  await terminal.answer(asked.token, `${sandbox.token}${keys.enter}`);
  await terminal.answer('It is the token of nova.', '');
  await terminal.answer(asked.servers, `${keys.up.repeat(2)}${keys.enter}`);
  await terminal.answer(asked.address, `${server.baseUrl}${keys.enter}`);
  await terminal.answer('the bot is in no server', '');
  await terminal.answer('permissions=281784251173888', '');
  expect(await terminal.ended).toBe(0);
  expect(office.values()).toMatchObject({
    DISCORD_TOKEN: sandbox.token,
    SPEECH_BASE_URL: server.baseUrl,
    TRANSCRIPTION_BASE_URL: server.baseUrl,
  });
  expect(sandbox.commands().length).toBeGreaterThan(10);
  expect(sandbox.commands().every(({ guildId }) => guildId === undefined)).toBe(true);
  expect(terminal.shown()).not.toContain(sandbox.token);
  expect(sandbox.bot().online).toBe(false);
}, 60_000);

test('a vendor is chosen by its name; a role that it cannot fill goes to the next question', async () => {
  await using office = await openOffice();
  await using thinking = await openMockProviders({
    ...swiftServer,
    key: 'key-of-thinking',
  });
  await using speaking = await openMockProviders(swiftServer);
  const source = 'https://vendor.example/docs';
  const vendors: readonly Vendor[] = [
    {
      name: 'Thinker',
      baseUrl: thinking.baseUrl,
      roles: ['CHAT_COMPLETION'],
      needsKey: true,
      source,
    },
    {
      name: 'Talker',
      baseUrl: speaking.baseUrl,
      roles: ['TRANSCRIPTION', 'SPEECH'],
      needsKey: false,
      source,
    },
  ];
  const terminal = office.talk({ vendors });
  await terminal.answer(asked.token, `${office.sandbox.token}${keys.enter}`);
  await terminal.answer(asked.servers, keys.enter);
  await terminal.answer('The key of Thinker (not shown', `key-of-another${keys.enter}`);
  await terminal.answer('Thinker refused the key.', '');
  await terminal.answer(
    'The key of Thinker (not shown',
    `key-of-thinking${keys.enter}`,
  );
  await terminal.answer('Thinker works for chat.', '');
  await terminal.answer(
    'Which server for speech to text and text to speech?',
    keys.enter,
  );
  expect(await terminal.ended).toBe(0);
  expect(office.values()).toMatchObject({
    CHAT_COMPLETION_BASE_URL: thinking.baseUrl,
    CHAT_COMPLETION_API_KEY: 'key-of-thinking',
    TRANSCRIPTION_BASE_URL: speaking.baseUrl,
    SPEECH_BASE_URL: speaking.baseUrl,
  });
  const [beforeKey = '', afterKey = ''] = terminal
    .shown()
    .split('Which server for speech to text and');
  expect(beforeKey.match(/refused|401/g)).toHaveLength(1);
  expect(afterKey).not.toContain('Thinker');
  expect(terminal.shown()).not.toContain('key-of-');
}, 60_000);

test('a Realtime server answers in place of a chat model, until another is chosen', async () => {
  await using office = await openOffice();
  await using server = await openMockProviders(swiftServer);
  const { baseUrl } = server;
  const usual = { needsKey: false, source: 'https://vendor.example/docs' };
  const roles = ['CHAT_COMPLETION', 'SPEECH'] as const;
  const terminal = office.talk({
    vendors: [{ ...usual, name: 'Whole', baseUrl, roles, isRealtime: true }],
  });
  await terminal.answer('Enter: none yet', keys.enter);
  await terminal.answer(asked.servers, keys.enter);
  await terminal.answer('No more', `${keys.up}${keys.enter}`);
  expect(await terminal.ended).toBe(0);
  expect(office.values()).toMatchObject({
    PIPELINE: 'realtime',
    REALTIME_BASE_URL: baseUrl,
  });
  const again = office.talk({ vendors: [] });
  await again.answer('Enter: none yet', keys.enter);
  await again.answer(asked.servers, keys.enter);
  await again.answer(asked.address, `${baseUrl}${keys.enter}`);
  expect(await again.ended).toBe(0);
  expect(office.values()).toMatchObject({ PIPELINE: '', REALTIME_BASE_URL: '' });
}, 60_000);

/** Answers at a terminal, the last question left open. */
type Way = readonly (readonly [question: string, answer: string])[];

/** Every question there is, each reached once. */
function everyWay(token: string, address: string) {
  const first: Way = [
    [asked.token, `${token}${keys.enter}`],
    [asked.servers, `${keys.up.repeat(2)}${keys.enter}`],
    [asked.address, `${address}${keys.enter}`],
  ];
  const again: Way = [
    [asked.change, `${keys.down}${keys.enter}`],
    [asked.token, ''],
  ];
  const kept = `# mine\nDISCORD_TOKEN=${token}\n`;
  return [
    ...first.map((_, at) => ({ kept: '', way: first.slice(0, at + 1) })),
    ...again.map((_, at) => ({ kept, way: again.slice(0, at + 1) })),
  ];
}

/** Answers all but the last question, which Ctrl+C or the end of the input ends; gives the exit code and the screen. */
async function endedAt(office: Office, way: Way, isKey: boolean) {
  const terminal = office.talk();
  for (const [question, answer] of way.slice(0, -1))
    await terminal.answer(question, answer);
  const [question = ''] = way.at(-1) ?? [];
  await terminal.answer(question, isKey ? keys.cancel : '');
  if (!isKey) terminal.input.destroy();
  return { question, code: await terminal.ended, shown: terminal.shown() };
}

test('ended at any question, by Ctrl+C or the end of its input, it leaves .env as it was', async () => {
  await using office = await openOffice();
  await using server = await openMockProviders(swiftServer);
  for (const { kept, way } of everyWay(office.sandbox.token, server.baseUrl)) {
    if (kept !== '') office.keep(kept);
    for (const isKey of [true, false]) {
      const { question, code, shown } = await endedAt(office, way, isKey);
      expect([question, code]).toEqual([question, 1]);
      expect(shown).toContain('The setup has ended. Nothing was written');
      expect(office.text() ?? '', question).toBe(kept);
    }
  }
}, 60_000);

test('while something is waited for, the end of the terminal ends it as well', async () => {
  await using office = await openOffice();
  await using silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  office.environment.DISCORD_API_URL = `http://127.0.0.1:${port}/api`;
  const terminal = office.talk();
  await terminal.answer(asked.token, `a.token${keys.enter}`);
  await terminal.answer('Asking Discord whose token it is', '');
  terminal.input.destroy();
  expect(await terminal.ended).toBe(1);
  expect(office.text()).toBeUndefined();
});

test('a Discord that is not there ends with 1, and settings that cannot work with 78', async () => {
  await using office = await openOffice();
  const ended = async (settings: NodeJS.ProcessEnv) => {
    Object.assign(office.environment, { DISCORD_TOKEN: 'a.token', ...settings });
    const terminal = office.talk();
    return [await terminal.ended, terminal.shown().replace(/[│\s]+/g, ' ')];
  };
  const away = await ended({ DISCORD_API_URL: 'http://127.0.0.1:2/api' });
  expect(away).toEqual([
    1,
    expect.stringContaining('could not be reached (ECONNREFUSED)'),
  ]);
  const wrong = await ended({ DISCORD_API_URL: 'nowhere' });
  expect(wrong).toEqual([78, expect.stringContaining('DISCORD_API_URL')]);
  expect(office.text()).toBeUndefined();
});

test('a file that is read-only ends with 78, and so does a process without a terminal', async () => {
  await using office = await openOffice();
  office.keep('A=b\n');
  chmodSync(join(office.folder, '.env'), 0o400);
  const terminal = office.talk();
  expect(await terminal.ended).toBe(78);
  expect(terminal.shown()).toContain('is read-only: run chmod u+w');
  const env = { ...getCompileCacheEnvironment(), PATH: '' };
  const program = promisify(execFile)(process.execPath, [resolve('setup/main.ts')], {
    env,
  });
  const stderr = expect.stringContaining('Setup asks at a terminal, and there is none');
  await expect(program).rejects.toMatchObject({ code: 78, stderr });
});

test('a model is tried without a token, and stays when the token comes later', async () => {
  await using office = await openOffice();
  await using server = await openMockProviders(swiftServer);
  const vendors: readonly Vendor[] = [
    {
      name: 'Own',
      baseUrl: server.baseUrl,
      roles: groups,
      needsKey: false,
      source: 'https://vendor.example/docs',
    },
  ];
  const first = office.talk({ vendors });
  await first.answer('Enter: none yet', keys.enter);
  await first.answer(asked.servers, keys.enter);
  expect(await first.ended).toBe(0);
  expect(first.shown()).toContain('run npm start, open its link');
  const before = office.text() ?? '';
  const second = office.talk({ vendors });
  await second.answer(asked.token, `${office.sandbox.token}${keys.enter}`);
  expect(await second.ended).toBe(0);
  expect(second.shown()).not.toContain(asked.servers);
  expect(office.text()).toBe(`${before}DISCORD_TOKEN=${office.sandbox.token}\n`);
}, 60_000);
