import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import {
  connectLocalModel,
  connectModel,
  findChoices,
  findModels,
  removeConnectedModel,
} from '#setup/connect-model.ts';
import type { Vendor } from '#setup/vendors.ts';
import { realClock } from '#src/base/clock.ts';
import { swiftServer } from '#test/doctor/run-examination.ts';
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
  expect(await removeConnectedModel(deps)).toEqual({ outcome: 'removed' });
  expect(existsSync(part)).toBe(false);
  expect(place.readEnv()).toMatchObject({ CHAT_MODEL_FILE: '' });
});
