import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '#src/config/config.ts';
import { deadlines } from '#src/provider/deadlines.ts';
import { standardModels } from '#src/provider/models/models.ts';
import { knownPrices, rateOf, readPrices } from '#src/spending/prices/prices.ts';
import { readRecipes } from '#test/fakes/dialects/recipes.ts';
import { openTestPage } from '#test/web/http/open-page.ts';
import { botEnvironment, composeFile } from './compose-files.ts';

const overlays = ['compose.local.yaml', 'compose.proxy.yaml'];

test('the bot in a container writes to its data alone, holds no right and dumps no memory', async () => {
  const { parley } = (await composeFile('compose.yaml')).services;
  expect(parley).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    ulimits: { core: 0 },
    volumes: ['data:/data'],
  });
  expect(parley).not.toHaveProperty('privileged');
  expect(parley).not.toHaveProperty('ports');
});

test('the database beside the bot has the rights of its start alone, and limits of memory and tasks', async () => {
  const { postgres } = (await composeFile('compose.yaml')).services;
  expect(postgres).toMatchObject({
    cap_drop: ['ALL'],
    cap_add: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'],
    security_opt: ['no-new-privileges:true'],
    pids_limit: expect.any(Number),
    mem_limit: expect.stringMatching(/^\d+[gm]$/),
  });
});

test('a bot that is run without compose is confined in the same way', async () => {
  const text = await readFile('deploy/README.md', 'utf8');
  const [command = ''] = /docker run -d [^`]+/.exec(text) ?? [];
  for (const option of ['--read-only', '--cap-drop ALL', '--security-opt no-new-privileges'])
    expect(command).toContain(option);
  const { parley } = (await composeFile('compose.yaml')).services;
  expect(command).toContain(`--memory ${parley?.mem_limit} `);
  expect(command).toContain(`--pids-limit ${parley?.pids_limit} `);
});

test.each(overlays)('%s gives the bot settings and a file of prices at most', async (name) => {
  const { parley = {} } = (await composeFile(name)).services;
  const others = Object.keys(parley).filter((key) => key !== 'volumes');
  expect(others.sort()).toEqual(['depends_on', 'environment']);
  expect(parley.environment?.PRICES !== undefined).toBe('volumes' in parley);
  const known = await readFile('.env.example', 'utf8');
  for (const setting of Object.keys(parley.environment ?? {}))
    expect(known).toMatch(new RegExp(`^${setting}=`, 'm'));
});

test.each([
  ['page', 'PAGE_PORT'],
  ['metrics', 'STATUS_PORT'],
])(
  'the %s of a container is published to its machine alone, at the port that the bot listens on',
  async (name, setting) => {
    const { parley = {} } = (await composeFile(`compose.${name}.yaml`)).services;
    expect(Object.keys(parley).sort()).toEqual(['environment', 'ports']);
    const port = parley.environment?.[setting] ?? '';
    expect(port).toMatch(/^\d+$/);
    expect(parley.ports).toEqual([`127.0.0.1:${port}:${port}`]);
  },
);

test('the figures are served outside the container, at the target that the documents give to Prometheus', async () => {
  const environment = await botEnvironment('compose.metrics.yaml');
  const read = readConfig(environment);
  const status = read.kind === 'ok' ? read.config.status : undefined;
  expect(status).toEqual({ host: '0.0.0.0', port: 8787 });
  const text = await readFile('deploy/README.md', 'utf8');
  expect(text).toContain(`targets: ['127.0.0.1:${status?.port}']`);
  expect(text).toContain('-f deploy/compose.metrics.yaml');
});

test('the bot takes the settings of that file, and listens there', async () => {
  const environment = await botEnvironment('compose.page.yaml');
  const read = readConfig(environment);
  const host = read.kind === 'ok' ? read.config.page?.host : undefined;
  expect(host).toBe(environment.PAGE_HOST);
  await using page = await openTestPage({ host: host ?? '127.0.0.1' });
  expect(page.url.hostname).toBe('127.0.0.1');
  expect((await fetch(page.url)).status).toBe(200);
});

test('the proxy gives every model as long as the bot does, and leaves trying again to the bot', async () => {
  const { litellm_settings, model_list, router_settings = {} } = await proxyProfile();
  const longestMs = Math.max(...Object.values(deadlines).map(({ totalMs }) => totalMs));
  expect(longestMs).toBe(480_000);
  expect((litellm_settings.request_timeout ?? 0) * 1_000).toBeGreaterThanOrEqual(longestMs);
  expect(litellm_settings.num_retries).toBe(0);
  for (const settings of [router_settings, ...model_list.map((model) => model.litellm_params)]) {
    for (const name of ['timeout', 'request_timeout', 'stream_timeout'] as const)
      expect((settings[name] ?? 480) * 1_000).toBeGreaterThanOrEqual(longestMs);
    expect(settings.num_retries ?? 0).toBe(0);
  }
});

test.each(overlays)('each server of %s is confined, and only the bot reaches it', async (name) => {
  const { parley: _, ...servers } = (await composeFile(name)).services;
  expect(Object.keys(servers)).not.toEqual([]);
  for (const server of Object.values(servers)) {
    expect(server).toMatchObject({
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      pids_limit: expect.any(Number),
      mem_limit: expect.stringMatching(/^\d+[gm]$/),
    });
    for (const way of ['ports', 'privileged', 'network_mode', 'devices'])
      expect(server).not.toHaveProperty(way);
  }
});

test('every model that the bot is told to ask for is downloaded before it starts', async () => {
  const { services } = await composeFile('compose.local.yaml');
  const downloads = JSON.stringify([services['speech-models'], services['chat-model']]);
  const models = Object.entries(services.parley?.environment ?? {}).filter(([setting]) =>
    setting.endsWith('_MODEL'),
  );
  expect(models).toHaveLength(3);
  for (const [, model] of models) expect(downloads).toContain(model);
  expect(Object.keys(services.parley?.depends_on ?? {})).toEqual(['speech-models', 'chat-model']);
});

test('the proxy knows every name the bot asks for, its keys by name only, and nothing of the bot', async () => {
  const { model_list, general_settings } = await proxyProfile();
  const { parley, litellm } = (await composeFile('compose.proxy.yaml')).services;
  const { CHAT_COMPLETION_MODEL, SPEECH_MODEL, TRANSCRIPTION_MODEL, AUDIO_MODEL_NAME } =
    parley?.environment ?? {};
  const names = model_list.map(({ model_name }) => model_name);
  expect(names).toEqual([
    TRANSCRIPTION_MODEL,
    CHAT_COMPLETION_MODEL,
    AUDIO_MODEL_NAME,
    SPEECH_MODEL,
  ]);
  const keys = model_list.map(({ litellm_params }) => litellm_params.api_key);
  for (const key of [...keys, general_settings.master_key])
    expect(key).toMatch(/^os\.environ\/[A-Z_]+$/);
  expect(litellm?.env_file).toBe('./proxy.env');
  expect(await readFile('.gitignore', 'utf8')).toMatch(/^deploy\/proxy\.env$/m);
});

test('the proxy’s models are those that the bot asks OpenAI for, one that hears and speaks among them', async () => {
  const { model_list } = await proxyProfile();
  const { transcription, chat, audioChat } = standardModels;
  const models = model_list.map(({ litellm_params }) => litellm_params.model);
  expect(models.slice(0, 3)).toEqual(
    [transcription, chat, audioChat].map((name) => `openai/${name}`),
  );
});

test('the block of docs/providers.md asks the proxy for the names that the compose file does', async () => {
  const {
    OPENAI_BASE_URL: _,
    PRICES: __,
    ...settings
  } = await botEnvironment('compose.proxy.yaml');
  expect((await readRecipes()).get('LiteLLM proxy')).toMatchObject(settings);
});

test('the proxy has a price for each of its names, that of the model behind it', async () => {
  const { model_list: models } = await proxyProfile();
  const read = readPrices(await readFile('deploy/litellm/prices.json', 'utf8'));
  if (read.kind === 'bad') throw new Error(read.why);
  const priced = read.prices.map(({ model, usd }) => [model, usd]);
  const behind = models.map(({ litellm_params: { model }, model_name: name }) => [
    name,
    rateOf(knownPrices, model.replace('openai/', ''), ''),
  ]);
  expect(priced).toEqual(behind);
});

type ProxySettings = Readonly<
  Partial<Record<'timeout' | 'request_timeout' | 'stream_timeout' | 'num_retries', number>>
>;
type ProxyProfile = {
  readonly model_list: readonly {
    readonly model_name: string;
    readonly litellm_params: ProxySettings & { readonly model: string; readonly api_key?: string };
  }[];
  readonly litellm_settings: ProxySettings;
  readonly router_settings?: ProxySettings;
  readonly general_settings: { readonly master_key: string };
};

/** The profile of LiteLLM. */
async function proxyProfile(): Promise<ProxyProfile> {
  return parse(await readFile('deploy/litellm/config.yaml', 'utf8'));
}
