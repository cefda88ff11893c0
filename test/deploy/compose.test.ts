import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { parse, parseAllDocuments, parseDocument } from 'yaml';
import { AlertBoard } from '#src/ops/alert-board.ts';
import { openLog } from '#src/ops/log.ts';
import { openMetrics } from '#src/ops/metrics/metrics.ts';
import { findRate, knownPrices, readPrices } from '#src/spending/prices/prices.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import { readBotEnvironment, readComposeFile } from './compose-files.ts';

const overlays = ['compose.local.yaml', 'compose.proxy.yaml'];

test('the bot in a container writes to its data alone, holds no right and dumps no memory', async () => {
  const { parley } = (await readComposeFile('compose.yaml')).services;
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

test.each(overlays)(
  '%s gives the bot settings and a file of prices at most',
  async (name) => {
    const { parley = {} } = (await readComposeFile(name)).services;
    const others = Object.keys(parley).filter((key) => key !== 'volumes');
    expect(others.sort()).toEqual(['depends_on', 'environment']);
    expect(parley.environment?.PRICES !== undefined).toBe('volumes' in parley);
    const known = await readFile('.env.example', 'utf8');
    for (const setting of Object.keys(parley.environment ?? {}))
      expect(known).toMatch(new RegExp(`^${setting}=`, 'm'));
  },
);

test.each(overlays)(
  'tests that start the bot of %s find each file that it names',
  async (name) => {
    const settings = Object.values(await readBotEnvironment(name));
    for (const path of settings.filter((value) => value.startsWith('/')))
      expect(await readFile(path, 'utf8')).not.toBe('');
  },
);

test.each([
  ['page', 'PAGE_PORT'],
  ['metrics', 'STATUS_PORT'],
])(
  'the %s of a container is published to its machine alone, at the port that the bot listens on',
  async (name, setting) => {
    const { parley = {} } = (await readComposeFile(`compose.${name}.yaml`)).services;
    expect(Object.keys(parley).sort()).toEqual(['environment', 'ports']);
    const port = parley.environment?.[setting] ?? '';
    expect(port).toMatch(/^\d+$/);
    expect(parley.ports).toEqual([`127.0.0.1:${port}:${port}`]);
  },
);

test('a release is pulled by the name that the operator gives, and nothing is built', async () => {
  const text = await readFile('deploy/compose.pull.yaml', 'utf8');
  expect(text).toMatch(/^ {4}build: !reset null$/m);
  const { parley } = (await readComposeFile('compose.pull.yaml')).services;
  expect(parley).toMatchObject({
    image: expect.stringMatching(/^\$\{PARLEY_IMAGE:\?/),
    pull_policy: 'always',
  });
});

test('the proxy gives every model as long as the bot does, and leaves trying again to the bot', async () => {
  const { litellm_settings, model_list, router_settings = {} } = await proxyProfile();
  const longestMs = Math.max(
    ...Object.values(readGoodSettings({}).engines.deadlines).map(
      ({ totalMs }) => totalMs,
    ),
  );
  expect(longestMs).toBe(480_000);
  expect((litellm_settings.request_timeout ?? 0) * 1_000).toBeGreaterThanOrEqual(
    longestMs,
  );
  expect(litellm_settings.num_retries).toBe(0);
  for (const settings of [
    router_settings,
    ...model_list.map((model) => model.litellm_params),
  ]) {
    for (const name of ['timeout', 'request_timeout', 'stream_timeout'] as const)
      expect((settings[name] ?? 480) * 1_000).toBeGreaterThanOrEqual(longestMs);
    expect(settings.num_retries ?? 0).toBe(0);
  }
});

test.each(overlays)(
  'each server of %s is confined, and only the bot reaches it',
  async (name) => {
    const { parley: _, ...servers } = (await readComposeFile(name)).services;
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
  },
);

test('the proxy knows every name the bot asks for, its keys by name only, and nothing of the bot', async () => {
  const { model_list, general_settings } = await proxyProfile();
  const { parley, litellm } = (await readComposeFile('compose.proxy.yaml')).services;
  const { CHAT_COMPLETION_MODEL, SPEECH_MODEL, TRANSCRIPTION_MODEL, AUDIO_MODEL_NAME } =
    parley?.environment ?? {};
  expect(model_list.map(({ model_name }) => model_name)).toEqual([
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

test('the proxy has a price for each of its names, that of the model behind it', async () => {
  const { model_list: models } = await proxyProfile();
  const read = readPrices(await readFile('deploy/litellm/prices.json', 'utf8'));
  if (read.kind === 'bad') throw new Error(read.why);
  const priced = read.prices.map(({ model, usd }) => [model, usd]);
  const behind = models.map(({ litellm_params: { model }, model_name: name }) => [
    name,
    findRate(knownPrices, model.replace('openai/', ''), ''),
  ]);
  expect(priced).toEqual(behind);
});

type ProxySettings = Readonly<
  Partial<
    Record<'timeout' | 'request_timeout' | 'stream_timeout' | 'num_retries', number>
  >
>;
type ProxyProfile = {
  readonly model_list: readonly {
    readonly model_name: string;
    readonly litellm_params: ProxySettings & {
      readonly model: string;
      readonly api_key?: string;
    };
  }[];
  readonly litellm_settings: ProxySettings;
  readonly router_settings?: ProxySettings;
  readonly general_settings: { readonly master_key: string };
};

/** The profile of LiteLLM. */
async function proxyProfile(): Promise<ProxyProfile> {
  return parse(await readFile('deploy/litellm/config.yaml', 'utf8'));
}

const dockerfile = readFileSync('deploy/Dockerfile', 'utf8');
const [, imageData = ''] = /^VOLUME (\S+)$/m.exec(dockerfile) ?? [];

/** Documents of a YAML file. Errors: what YAML 1.2 refuses, two equal keys of a map among it. */
function documentsOf(name: string) {
  return parseAllDocuments(readFileSync(`deploy/${name}`, 'utf8')).map((document) => {
    expect([...document.errors, ...document.warnings], name).toEqual([]);
    return document.toJS();
  });
}

type Compose = {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly depends_on?: Readonly<
          Record<string, { readonly condition: keyof typeof awaited }>
        >;
        readonly secrets?: readonly string[];
        readonly volumes?: readonly string[];
      }
    >
  >;
  readonly secrets?: object;
  readonly volumes?: object;
};

function composeOf(name: string) {
  const [file] = documentsOf(name);
  return file as Compose;
}

/** Properties of a service that another one waits for. */
const awaited = {
  service_healthy: { healthcheck: expect.anything() },
  service_completed_successfully: { restart: 'on-failure:3' },
};
const overlayNames = ['local', 'proxy', 'page', 'metrics'].map(
  (name) => `compose.${name}.yaml`,
);

test.each(['compose.yaml', ...overlayNames])(
  '%s is YAML without errors, and what it refers to is there',
  (name) => {
    const [base, own] = [composeOf('compose.yaml'), composeOf(name)];
    const services = { ...base.services, ...own.services };
    const named = { ...base.volumes, ...own.volumes };
    for (const [key, service] of Object.entries(own.services)) {
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {}))
        expect(services[other], `${key} waits for ${other}`).toMatchObject(
          awaited[condition],
        );
      const volumes =
        service.volumes?.map((volume) => volume.split(':')[0] ?? '') ?? [];
      const mounted = volumes.filter((volume) => !volume.startsWith('.'));
      expect(Object.keys(named), key).toEqual(expect.arrayContaining(mounted));
      expect(Object.keys({ ...base.secrets }), key).toEqual(
        expect.arrayContaining([...(service.secrets ?? [])]),
      );
      if (key !== 'parley') expect(service, key).toHaveProperty('image');
    }
  },
);

// Proves: Compose files with their servers by reading
test('the data of the bot is the volume of the image in every file, and belongs to its user alone', () => {
  const { dataDir } = readGoodSettings({}).storage;
  const [, folder = ''] = /^WORKDIR (\S+)$/m.exec(dockerfile) ?? [];
  const [, link] = /^RUN ln -s "\$DATA" (\S+)$/m.exec(dockerfile) ?? [];
  expect(posix.resolve(folder, dataDir)).toBe(posix.join(folder, `${link}`));
  expect(dockerfile).toMatch(new RegExp(`^ARG DATA=${imageData}$`, 'm'));
  expect(dockerfile).toMatch(
    new RegExp(`^RUN install -d -o node -g node -m 700 ${imageData}$`, 'm'),
  );
  const bot = parseDocument(readFileSync('deploy/compose.yaml', 'utf8')).getIn([
    'services',
    'parley',
    'volumes',
    0,
  ]);
  expect(bot).toBe(`data:${imageData}`);
  const readme = readFileSync('deploy/README.md', 'utf8');
  const unit = readFileSync('deploy/parley.service', 'utf8');
  expect(unit).toMatch(/^StateDirectory=parley\nStateDirectoryMode=0700$/m);
  expect(readme).toContain(
    'DATA=/var/lib/parley deploy/image-steps.sh build /opt/parley',
  );
});

type Dashboard = {
  readonly panels: readonly {
    readonly targets: readonly { readonly expr: string }[];
  }[];
};

/** Labels that Prometheus adds. */
const ofPrometheus = ['__name__', 'instance', 'job', 'le'];

// Proves: Dashboard of Grafana by reading
test('each query of the dashboard names a metric of the bot and its labels', async () => {
  using metrics = openMetrics(() => true);
  new AlertBoard(openLog('silent'), metrics.meters);
  const known = new Map(
    metrics.meters.registry
      .getMetricsAsArray()
      .map(({ name, labelNames }: { name: string; labelNames?: readonly string[] }) => [
        name,
        labelNames ?? [],
      ]),
  );
  const dashboard: Dashboard = JSON.parse(
    await readFile('deploy/grafana/parley.json', 'utf8'),
  );
  const queries = dashboard.panels.flatMap(({ targets }) =>
    targets.map(({ expr }) => expr),
  );
  expect(queries.length).toBeGreaterThan(15);
  for (const query of queries) {
    const [named = ''] =
      /(?:parley|process)_\w+(\.\+)?/.exec(query.replace('_bucket', '')) ?? [];
    const name = [...known.keys()].find((text) => new RegExp(`^${named}$`).test(text));
    const labels = [
      ...(known.get(name ?? '') ?? [`no metric ${named}`]),
      ...ofPrometheus,
    ];
    const grouped = [...query.matchAll(/ by \(([^)]+)\)/g)].flatMap(([, by = '']) =>
      by.split(', '),
    );
    const selected = [...query.matchAll(/(\w+)=~?"/g)].map(([, label]) => label);
    expect(labels, query).toEqual(expect.arrayContaining([...grouped, ...selected]));
    expect(known.has(name ?? ''), query).toBe(true);
  }
});

test('the dashboard and its sources are mounted where Grafana and Prometheus look for them', async () => {
  const { grafana, prometheus } = (await readComposeFile('compose.metrics.yaml'))
    .services;
  const mounts = [grafana, prometheus].flatMap((service) => service?.volumes ?? []);
  const files = mounts.filter((mount) => mount.startsWith('./'));
  expect(files).toHaveLength(4);
  for (const mount of files) await readFile(`deploy/${mount.split(':')[0]}`, 'utf8');
});
