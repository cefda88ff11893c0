import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { parseEnv, stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import { estimateMinuteCosts } from '#bench/pipelines/minute-costs.ts';
import { chooseVoices } from '#setup/choose-voices.ts';
import {
  connectLocalModel,
  connectModel,
  findChoices,
  findModels,
  removeConnectedModel,
  saveEdits,
} from '#setup/connect-model.ts';
import {
  applyChanges,
  findStrayNames,
  readEnvFile,
  replaceEnvFile,
} from '#setup/env-file.ts';
import { SettingEdits } from '#setup/setting-edits.ts';
import { SetupQuestions } from '#setup/setup-questions.ts';
import table from '#setup/vendors.json' with { type: 'json' };
import {
  estimateOpenAiMonthUsd,
  type Vendor,
  vendorSchema,
  vendors,
} from '#setup/vendors.ts';
import { realClock } from '#src/base/clock.ts';
import { isAddress } from '#src/config/settings.ts';
import { getLibraryFolder } from '#src/downloads/install-library.ts';
import type { FetchableVoice } from '#src/downloads/voice-catalogue.ts';
import { swiftServer } from '#test/doctor/run-examination.ts';
import { serveFile } from '#test/fakes/file-server.ts';
import { openMockProviders } from '#test/fakes/providers/mock-providers.ts';
import { findFreePort } from '#test/fakes/servers/listening-server.ts';

const key = 'sk-canary-of-the-page';
const common = {
  roles: ['CHAT_COMPLETION'],
  source: 'https://vendor.example/docs',
} as const;

/** A folder without `.env`, a program that runs, one that does not, and a service that wants the key. */
async function openPlace() {
  const stack = new AsyncDisposableStack();
  const local = stack.use(await openMockProviders(swiftServer));
  const service = stack.use(await openMockProviders({ ...swiftServer, key }));
  const folder = mkdtempSync(join(tmpdir(), 'parley-connect-'));
  stack.defer(() => rmSync(folder, { recursive: true }));
  const stopped = `http://127.0.0.1:${await findFreePort()}/v1`;
  const vendors: readonly Vendor[] = [
    { ...common, name: 'Local', baseUrl: local.baseUrl, needsKey: false },
    {
      ...common,
      name: 'Stopped',
      baseUrl: stopped,
      needsKey: false,
      start: 'stopped serve',
    },
    { ...common, name: 'Service', baseUrl: service.baseUrl, needsKey: true },
  ];
  const envPath = join(folder, '.env');
  return {
    folder,
    local,
    service,
    deps: { vendors, envPath, environment: {}, clock: realClock },
    readEnv: () => {
      try {
        return parseEnv(readFileSync(envPath, 'utf8'));
      } catch {
        return undefined;
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test('programs on this machine are found with their models, and no service with a key is asked', async () => {
  await using place = await openPlace();
  expect(await findModels(place.deps)).toEqual({
    servers: [{ name: 'Local', models: ['mock'] }],
    stopped: [{ name: 'Stopped', start: 'stopped serve' }],
    vendors: ['Service'],
  });
  expect(place.service.requests).toEqual([]);
  expect(place.readEnv()).toBeUndefined();
});

test('a chosen model is tried, and stands in .env where it works', async () => {
  await using place = await openPlace();
  const outcome = await connectModel({ vendor: 'Local', model: 'mock' }, place.deps);
  expect(outcome).toEqual({ outcome: 'connected', server: 'Local', roles: 'chat' });
  expect(place.readEnv()).toEqual({
    CHAT_COMPLETION_BASE_URL: place.local.baseUrl,
    CHAT_COMPLETION_MODEL: 'mock',
  });
  const endpoints = new Set(place.local.requests.map(({ endpoint }) => endpoint));
  expect([...endpoints]).toEqual(['chat']);
});

test('a refused key, a name that is not in the table, and a program that is down write nothing and repeat no key', async () => {
  await using place = await openPlace();
  for (const [order, why] of [
    [{ vendor: 'Service', key: 'sk-wrong' }, 'Service refused the key.'],
    [{ vendor: 'Service' }, 'Service needs a key.'],
    [{ vendor: 'http://127.0.0.1:1/v1' }, 'http://127.0.0.1:1/v1 is not known here'],
    [{ vendor: 'Stopped' }, 'could not be reached'],
  ] as const)
    expect(await connectModel(order, place.deps)).toEqual({
      outcome: 'refused',
      why: expect.stringContaining(why),
    });
  expect(place.readEnv()).toBeUndefined();
  const good = await connectModel({ vendor: 'Service', key }, place.deps);
  expect(good).toMatchObject({ outcome: 'connected' });
  expect(JSON.stringify(good)).not.toContain(key);
  expect(place.readEnv()).toMatchObject({ CHAT_COMPLETION_API_KEY: key });
});

test('a model that Parley runs here is offered with its facts, chosen by name, and removed with its file', async () => {
  await using place = await openPlace();
  const environment = { DATA_DIR: place.folder };
  const deps = { ...place.deps, environment };
  const { chosen, local } = await findChoices(deps);
  expect(chosen).toBeUndefined();
  expect(local.room.diskBytes).toBeGreaterThan(0);
  for (const { languages, licence, tokensPerSecond } of local.models) {
    expect(['Apache-2.0', 'MIT']).toContain(licence);
    expect(languages).toContain('en');
    expect(tokensPerSecond).toBeGreaterThan(0);
  }
  expect(await connectLocalModel('nobody-1b', deps)).toMatchObject({
    outcome: 'refused',
  });
  expect(place.readEnv()).toBeUndefined();
  const name = 'qwen2.5-0.5b';
  expect(await connectLocalModel(name, deps)).toEqual({
    outcome: 'connected',
    server: name,
    roles: 'chat',
  });
  expect(place.readEnv()).toEqual({ CHAT_MODEL_FILE: name });
  const part = join(place.folder, 'models', `${name}.gguf.part`);
  mkdirSync(dirname(part));
  writeFileSync(part, 'begun');
  expect((await findChoices(deps)).chosen).toBe(name);
  const library = getLibraryFolder(place.folder);
  mkdirSync(library, { recursive: true });
  const other = join(dirname(part), 'qwen2.5-1.5b.gguf');
  writeFileSync(other, 'of a choice before');
  expect(await removeConnectedModel(deps)).toEqual({ outcome: 'removed' });
  expect([part, library].map((path) => existsSync(path))).toEqual([false, true]);
  expect(await connectLocalModel('qwen2.5-1.5b', deps)).toMatchObject({
    outcome: 'connected',
  });
  expect(await removeConnectedModel(deps)).toEqual({ outcome: 'removed' });
  expect([other, dirname(library)].map((path) => existsSync(path))).toEqual([
    false,
    false,
  ]);
  expect(place.readEnv()).toMatchObject({ CHAT_MODEL_FILE: '' });
});

test('what the page writes into .env while setup is open at a terminal stays', async () => {
  await using place = await openPlace();
  const read = readEnvFile(place.deps.envPath);
  if (read.kind === 'refused') throw new Error(read.reason);
  const atTerminal = new SettingEdits(read.file, {});
  await connectLocalModel('qwen2.5-0.5b', place.deps);
  atTerminal.set('SPEECH_VOICE', 'calm');
  expect(await saveEdits(atTerminal)).toBeUndefined();
  expect(place.readEnv()).toEqual({
    CHAT_MODEL_FILE: 'qwen2.5-0.5b',
    SPEECH_VOICE: 'calm',
  });
});

test('each vendor has one name, an address that setup takes, its roles and a source', () => {
  expect(z.array(vendorSchema).safeParse(table).error).toBeUndefined();
  expect(new Set(vendors.map(({ name }) => name)).size).toBe(vendors.length);
  for (const { baseUrl, needsKey } of vendors) {
    expect(isAddress(baseUrl)).toBe(true);
    expect(baseUrl.startsWith(needsKey ? 'https://' : 'http://127.0.0.1:')).toBe(true);
  }
});

test('a month with OpenAI costs as much as npm run bench -- pipelines counts', () => {
  const [chained] = estimateMinuteCosts();
  expect(estimateOpenAiMonthUsd()).toBeCloseTo(3_600 * (chained?.wholeUsd ?? 0));
});

const dataDir = mkdtempSync(join(tmpdir(), 'parley-choose-'));
afterAll(() => rmSync(dataDir, { recursive: true }));

const content = Buffer.from('files of a voice');
const described = {
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
};
const thorsten: FetchableVoice = {
  name: 'de_DE-thorsten-medium',
  speaker: 'Thorsten',
  language: 'de-DE',
  folder: 'voices/de',
  model: described,
  description: described,
  licence: 'CC0-1.0',
  source: 'https://example.org/card',
  lookedUp: '2026-11-30: by this test',
};
const file = join(dataDir, 'voices', thorsten.name, `${thorsten.name}.onnx`);
const [enter, down] = ['\r', '\u001b[B'];

/** Somebody at a terminal, who answers one question after the other. */
function sitDown(host: string) {
  const input = new PassThrough();
  let [shown, seen] = ['', 0];
  const output = new Writable({
    write(chunk, _encoding, done) {
      shown += stripVTControlCharacters(`${chunk}`);
      done();
    },
  });
  const read = readEnvFile(join(dataDir, '.env'));
  if (read.kind === 'refused') throw new Error(read.reason);
  const environment = { DATA_DIR: dataDir, LOCAL_MODEL_HOST: host, PATH: '' };
  const edits = new SettingEdits(read.file, environment);
  const ask = new SetupQuestions({ input, output });
  const ended = chooseVoices({ ask, clock: realClock, edits, voices: [thorsten] });
  return {
    ended,
    shown: () => shown,
    async answer(question: string, typed: string) {
      await expect
        .poll(() => shown.indexOf(question, seen), { timeout: 15_000 })
        .toBeGreaterThanOrEqual(0);
      seen = shown.indexOf(question, seen) + question.length;
      input.write(typed);
    },
  };
}

const fetchIt = 'German: Thorsten (0 MB, CC0-1.0)';

test('a voice is fetched by one answer, told what it needs, and removed by another', async () => {
  await using server = await serveFile(content);
  const terminal = sitDown(server.address);
  await terminal.answer(fetchIt, enter);
  await terminal.answer('; it is here: remove it', down + enter);
  await terminal.ended;
  expect(readFileSync(file)).toEqual(content);
  expect(terminal.shown()).toContain('These voices need eSpeak NG');
  expect(terminal.shown()).toContain('speaks German with it from the next sentence on');
  const later = sitDown(server.address);
  await later.answer('; it is here: remove it', enter);
  await later.answer('Thorsten was removed.', down + enter);
  await later.ended;
  expect(existsSync(file)).toBe(false);
}, 30_000);

test('what cannot be fetched is one sentence, and changes nothing', async () => {
  await using server = await serveFile(content, 'wrong content');
  const terminal = sitDown(server.address);
  await terminal.answer(fetchIt, enter);
  await terminal.answer('It was removed. Nothing was changed.', down + enter);
  await terminal.ended;
  expect(existsSync(file)).toBe(false);
}, 30_000);

function makeFolder() {
  const path = mkdtempSync(join(tmpdir(), 'parley-setup-'));
  return {
    path,
    env: join(path, '.env'),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

test('a new file holds what was answered, below one comment', () => {
  using tempFile = makeFolder();
  const read = readEnvFile(tempFile.env);
  const text = read.kind === 'read' ? read.file.text : '';
  const changes = new Map([
    ['DISCORD_TOKEN', 'a.b-c_d'],
    ['SPEECH_VOICE', 'af heart'],
    ['SPEECH_MODEL', ''],
  ]);
  expect(applyChanges(text, changes)).toBe(
    "# Written by npm run setup. .env.example lists all settings.\nDISCORD_TOKEN=a.b-c_d\nSPEECH_VOICE='af heart'\n",
  );
});

test('of an existing file only the changed lines change, and a new one comes last', () => {
  const changed = applyChanges(
    '# mine\nexport DISCORD_TOKEN = old\nOTHER="kept # as it is"\nDISCORD_TOKEN=older',
    new Map([
      ['DISCORD_TOKEN', 'new'],
      ['SERVERS_BARRED', '5'],
    ]),
  );
  expect(changed).toBe(
    `# mine\nDISCORD_TOKEN=new\nOTHER="kept # as it is"\nDISCORD_TOKEN=new\nSERVERS_BARRED=5\n`,
  );
});

test('values with spaces, quotes and dollars are read back as they were', () => {
  const values = new Map([
    ['BOT_NAME', 'No "va" #1'],
    ['BOT_INSTRUCTIONS', "It's $& `fine`"],
    ['SPEECH_MODEL', 'a\\b'],
  ]);
  const text = applyChanges('', values);
  expect(parseEnv(text)).toMatchObject(Object.fromEntries(values));
  expect(findStrayNames(text, {}, values)).toEqual([]);
});

test('what cannot be written so that it reads back is found out before anything is written', () => {
  const text = 'BOT_INSTRUCTIONS="two\nDISCORD_TOKEN=inside\nlines"\n';
  const values = { BOT_INSTRUCTIONS: 'two\nDISCORD_TOKEN=inside\nlines' };
  const changes = new Map([['DISCORD_TOKEN', 'new']]);
  expect(findStrayNames(applyChanges(text, changes), values, changes)).toContain(
    'BOT_INSTRUCTIONS',
  );
});

// Proves: Only the bot's user can read `.env` by real
test('the file is replaced whole, for its owner only, and nothing is left beside it', async () => {
  using tempFile = makeFolder();
  writeFileSync(tempFile.env, 'OLD=1\n', { mode: 0o644 });
  expect(await replaceEnvFile(tempFile.env, 'NEW=1\n')).toBeUndefined();
  expect(readFileSync(tempFile.env, 'utf8')).toBe('NEW=1\n');
  expect(statSync(tempFile.env).mode & 0o777).toBe(0o600);
  expect(readdirSync(tempFile.path)).toEqual(['.env']);
});

test('a .env that cannot be written stays as it was, and a sentence says so', async () => {
  using tempFile = makeFolder();
  const failure = await replaceEnvFile(
    join(tempFile.path, 'nowhere', '.env'),
    'NEW=1\n',
  );
  expect(failure).toMatch(/could not be written \(ENOENT\), and has not changed\.$/);
  expect(existsSync(tempFile.env)).toBe(false);
});

test('a file that is read-only is refused before anything is asked', () => {
  using tempFile = makeFolder();
  writeFileSync(tempFile.env, 'DISCORD_TOKEN=x\n');
  chmodSync(tempFile.env, 0o400);
  expect(readEnvFile(tempFile.env)).toEqual({
    kind: 'refused',
    reason: `${tempFile.env} is read-only: run chmod u+w to make it writable. Nothing was changed.`,
  });
});
