import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { parseAllDocuments, parseDocument } from 'yaml';
import * as z from 'zod';
import { readConfig } from '#src/config/config.ts';

const dockerfile = readFileSync('deploy/Dockerfile', 'utf8');
const [, imageData = ''] = /^VOLUME (\S+)$/m.exec(dockerfile) ?? [];

/** Documents of a YAML file. Errors: what YAML 1.2 refuses, two equal keys of a map among it. */
function documentsOf(name: string): readonly unknown[] {
  return parseAllDocuments(readFileSync(`deploy/${name}`, 'utf8')).map((document) => {
    expect([...document.errors, ...document.warnings], name).toEqual([]);
    return document.toJS();
  });
}

const words = z.string().min(1);
const list = z.array(words);
const pairs = z.record(z.string().regex(/^[A-Z_][A-Z0-9_]*$/), z.string());
const bytes = z.string().regex(/^\d+[kmg]$/);
const seconds = z.string().regex(/^\d+s$/);
/**
 * Schema of the Compose specification, as far as these files use it:
 * https://github.com/compose-spec/compose-spec/blob/main/spec.md
 */
const composeService = z.strictObject({
  build: z.strictObject({ context: words, dockerfile: words }).optional(),
  cap_add: list.optional(),
  cap_drop: list.optional(),
  command: list.optional(),
  depends_on: z
    .record(
      words,
      z.strictObject({ condition: z.enum(['service_healthy', 'service_completed_successfully']) }),
    )
    .optional(),
  entrypoint: list.optional(),
  env_file: words.optional(),
  environment: pairs.optional(),
  healthcheck: z
    .strictObject({
      test: z.tuple([z.literal('CMD')], words),
      interval: seconds,
      timeout: seconds,
      retries: z.int(),
    })
    .optional(),
  image: words.optional(),
  logging: z.strictObject({ driver: words, options: z.record(words, words) }).optional(),
  mem_limit: bytes.optional(),
  pids_limit: z.int().optional(),
  ports: z.array(z.string().regex(/^127\.0\.0\.1:\d+:\d+$/)).optional(),
  profiles: list.optional(),
  read_only: z.boolean().optional(),
  restart: z.enum(['unless-stopped', 'on-failure:3']).optional(),
  secrets: list.optional(),
  security_opt: list.optional(),
  shm_size: bytes.optional(),
  stop_grace_period: seconds.optional(),
  tmpfs: list.optional(),
  ulimits: z.record(words, z.int()).optional(),
  volumes: z.array(z.string().regex(/^[\w./-]+:\/[\w./-]+(:ro)?$/)).optional(),
});
const compose = z.strictObject({
  services: z.record(words, composeService),
  secrets: z.record(words, z.strictObject({ file: words })).optional(),
  volumes: z.record(words, z.null()).optional(),
});

/** Properties of a service that another one waits for. */
const awaited = {
  service_healthy: { healthcheck: expect.anything() },
  service_completed_successfully: { restart: 'on-failure:3' },
};
const overlays = ['local', 'proxy', 'page', 'metrics'].map((name) => `compose.${name}.yaml`);

test.each(['compose.yaml', ...overlays])(
  '%s has only keys of the Compose specification, and what it refers to is there',
  (name) => {
    const [base] = documentsOf('compose.yaml').map((one) => compose.parse(one));
    const [own] = documentsOf(name).map((one) => compose.parse(one));
    const services = { ...base?.services, ...own?.services };
    const named = { ...base?.volumes, ...own?.volumes };
    for (const [key, service] of Object.entries(own?.services ?? {})) {
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {}))
        expect(services[other], `${key} waits for ${other}`).toMatchObject(awaited[condition]);
      const volumes = service.volumes?.map((one) => one.split(':')[0] ?? '') ?? [];
      const mounted = volumes.filter((one) => !one.startsWith('.'));
      expect(Object.keys(named), key).toEqual(expect.arrayContaining(mounted));
      const secrets = Object.keys({ ...base?.secrets });
      expect(secrets, key).toEqual(expect.arrayContaining(service.secrets ?? []));
      if (key !== 'parley') expect(service, key).toHaveProperty('image');
    }
  },
);

const labels = z.record(words, words);
const probe = z.strictObject({
  httpGet: z.strictObject({ path: words, port: words }),
  periodSeconds: z.int(),
  timeoutSeconds: z.int().optional(),
  failureThreshold: z.int().optional(),
});
const selector = z.strictObject({ matchLabels: labels });
const metadata = z.strictObject({ name: words, labels });
/** Schema of the API of Kubernetes, as far as the file uses it: https://kubernetes.io/docs/reference/kubernetes-api/ */
const service = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Service'),
  metadata,
  spec: z.strictObject({
    clusterIP: z.literal('None'),
    selector: labels,
    ports: z.array(z.strictObject({ name: words, port: z.int() })),
  }),
});
const container = z.strictObject({
  name: words,
  image: words,
  envFrom: z.array(z.strictObject({ secretRef: z.strictObject({ name: words }) })),
  env: z.array(z.strictObject({ name: words, value: z.string() })),
  ports: z.array(z.strictObject({ name: words, containerPort: z.int() })),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  resources: z.strictObject({
    requests: z.strictObject({ cpu: words, memory: words }),
    limits: z.strictObject({ memory: words }),
  }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  volumeMounts: z.array(z.strictObject({ name: words, mountPath: words })),
});
const pod = z.strictObject({
  terminationGracePeriodSeconds: z.int(),
  automountServiceAccountToken: z.literal(false),
  securityContext: z.strictObject({
    runAsNonRoot: z.literal(true),
    runAsUser: z.int(),
    runAsGroup: z.int(),
    fsGroup: z.int(),
    seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
  }),
  topologySpreadConstraints: z.array(
    z.strictObject({
      maxSkew: z.int(),
      topologyKey: words,
      whenUnsatisfiable: z.literal('ScheduleAnyway'),
      labelSelector: selector,
    }),
  ),
  containers: z.tuple([container]),
  volumes: z.array(z.strictObject({ name: words, emptyDir: z.strictObject({ sizeLimit: words }) })),
});
const statefulSet = z.strictObject({
  apiVersion: z.literal('apps/v1'),
  kind: z.literal('StatefulSet'),
  metadata,
  spec: z.strictObject({
    serviceName: words,
    replicas: z.int(),
    podManagementPolicy: z.enum(['Parallel', 'OrderedReady']),
    updateStrategy: z.strictObject({ type: z.literal('RollingUpdate') }),
    selector,
    template: z.strictObject({ metadata: z.strictObject({ labels }), spec: pod }),
  }),
});

test('statefulset.yaml has only keys of Kubernetes, and its names, ports, labels and volumes fit each other and the image', () => {
  const [first, second] = documentsOf('statefulset.yaml');
  const { metadata: named, spec: shown } = service.parse(first);
  const { spec } = statefulSet.parse(second);
  const { labels: own } = spec.template.metadata;
  expect([spec.serviceName, shown.selector, spec.selector.matchLabels]).toEqual([
    named.name,
    own,
    own,
  ]);
  const {
    containers: [bot],
    securityContext,
    topologySpreadConstraints,
    volumes,
  } = spec.template.spec;
  for (const { labelSelector } of topologySpreadConstraints)
    expect(labelSelector.matchLabels).toEqual(own);
  const ports = new Map(bot.ports.map(({ containerPort, name }) => [name, containerPort]));
  for (const { httpGet } of [bot.startupProbe, bot.livenessProbe, bot.readinessProbe])
    expect([...ports.keys()]).toContain(httpGet.port);
  expect(shown.ports.map(({ port }) => port)).toEqual([...ports.values()]);
  const environment = Object.fromEntries(bot.env.map(({ name, value }) => [name, value]));
  expect(environment.STATUS_PORT).toBe(`${ports.get('status')}`);
  const pods = Array.from({ length: spec.replicas }, (_, n) => `${named.name}-${n}`);
  const read = pods.map((HOSTNAME) => readConfig({ ...environment, HOSTNAME }));
  expect(read).toMatchObject([
    { config: { status: { host: '0.0.0.0', port: 8787 }, shardRange: { first: 0, last: 3 } } },
    { config: { shards: 8, shardRange: { first: 4, last: 7 } } },
  ]);
  expect(spec.podManagementPolicy).toBe('OrderedReady');
  expect(bot.volumeMounts.map(({ name }) => name)).toEqual(volumes.map(({ name }) => name));
  expect(bot.volumeMounts.map(({ mountPath }) => mountPath)).toEqual([imageData]);
  const { runAsGroup, runAsUser, fsGroup } = securityContext;
  expect([runAsUser, runAsGroup, fsGroup]).toEqual([1000, 1000, 1000]); // user `node` of the base image
  expect(dockerfile).toMatch(/^USER node$/m);
});

test('the data of the bot is the volume of the image in every file, and belongs to its user alone', () => {
  const read = readConfig({});
  const dataDir = read.kind === 'ok' ? read.config.dataDir : '';
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
  expect(readme).toContain(`-v parley:${imageData} `);
  const unit = readFileSync('deploy/parley.service', 'utf8');
  expect(unit).toMatch(/^StateDirectory=parley\nStateDirectoryMode=0700$/m);
  expect(readme).toContain('DATA=/var/lib/parley deploy/image-steps.sh build /opt/parley');
});

const analyzer = 'systemd-analyze';

/** Output of systemd-analyze about the units; undefined where it is not installed. */
function analyzed(...args: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-units-'));
  try {
    for (const name of ['parley.service', 'parley@.service']) {
      const path = join(folder, name);
      cpSync(`deploy/${name}`, path);
      // The programs of the units need not be on this machine.
      const unit = readFileSync(path, 'utf8').replaceAll('/usr/bin/node', '/bin/sh');
      writeFileSync(path, unit);
    }
    const { error, status, stderr, stdout } = spawnSync(analyzer, args, {
      cwd: folder,
      encoding: 'utf8',
    });
    return error ? undefined : { status, said: stderr.trim() || stdout.trim().split('\n').at(-1) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const hasSystemd = analyzed('--version') !== undefined;
if (!hasSystemd)
  console.error('NO systemd-analyze: THE UNITS ARE NOT VERIFIED. To verify them: install systemd.');

test.runIf(hasSystemd).each(['parley.service', 'parley@.service'])(
  'systemd finds no mistake in %s, and little that it may harm',
  (name) => {
    const verify = ['verify', '--man=no', '--recursive-errors=no', name];
    expect(analyzed(...verify)).toMatchObject({ status: 0, said: '' });
    // "OK" of systemd-analyze ends at 5.0.
    const security = ['security', '--offline=yes', '--no-pager', '--threshold=20', name];
    expect(analyzed(...security)).toMatchObject({ status: 0 });
  },
);
