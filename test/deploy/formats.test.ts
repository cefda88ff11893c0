import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { parseAllDocuments, parseDocument } from 'yaml';
import { readConfig } from '#src/config/config.ts';
import { good } from '#test/config/read-settings.ts';

const dockerfile = readFileSync('deploy/Dockerfile', 'utf8');
const [, imageData = ''] = /^VOLUME (\S+)$/m.exec(dockerfile) ?? [];

/** Documents of a YAML file. Errors: what YAML 1.2 refuses, two equal keys of a map among it. */
function documentsOf(name: string): readonly unknown[] {
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

function composeOf(name: string): Compose {
  const [file] = documentsOf(name);
  return file as Compose;
}

/** Properties of a service that another one waits for. */
const awaited = {
  service_healthy: { healthcheck: expect.anything() },
  service_completed_successfully: { restart: 'on-failure:3' },
};
const overlays = ['local', 'proxy', 'page', 'metrics'].map((name) => `compose.${name}.yaml`);

test.each(['compose.yaml', ...overlays])(
  '%s is YAML without errors, and what it refers to is there',
  (name) => {
    const [base, own] = [composeOf('compose.yaml'), composeOf(name)];
    const services = { ...base.services, ...own.services };
    const named = { ...base.volumes, ...own.volumes };
    for (const [key, service] of Object.entries(own.services)) {
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {}))
        expect(services[other], `${key} waits for ${other}`).toMatchObject(awaited[condition]);
      const volumes = service.volumes?.map((one) => one.split(':')[0] ?? '') ?? [];
      const mounted = volumes.filter((one) => !one.startsWith('.'));
      expect(Object.keys(named), key).toEqual(expect.arrayContaining(mounted));
      const secrets = Object.keys({ ...base.secrets });
      expect(secrets, key).toEqual(expect.arrayContaining([...(service.secrets ?? [])]));
      if (key !== 'parley') expect(service, key).toHaveProperty('image');
    }
  },
);

type Labels = Readonly<Record<string, string>>;
type Named = { readonly name: string };
type Probe = { readonly httpGet: { readonly port: string } };
type Container = {
  readonly env: readonly (Named & { readonly value: string })[];
  readonly ports: readonly (Named & { readonly containerPort: number })[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly securityContext: object;
  readonly volumeMounts: readonly (Named & { readonly mountPath: string })[];
};
type Service = {
  readonly metadata: Named;
  readonly spec: {
    readonly selector: Labels;
    readonly ports: readonly { readonly port: number }[];
  };
};
type StatefulSet = {
  readonly spec: {
    readonly serviceName: string;
    readonly replicas: number;
    readonly podManagementPolicy: string;
    readonly selector: { readonly matchLabels: Labels };
    readonly template: {
      readonly metadata: { readonly labels: Labels };
      readonly spec: {
        readonly automountServiceAccountToken: boolean;
        readonly containers: readonly [Container];
        readonly securityContext: Readonly<Record<string, unknown>>;
        readonly topologySpreadConstraints: readonly {
          readonly labelSelector: { readonly matchLabels: Labels };
        }[];
        readonly volumes: readonly Named[];
      };
    };
  };
};

test('names, ports, labels and volumes of statefulset.yaml fit each other and the image', () => {
  const [first, second] = documentsOf('statefulset.yaml');
  const { metadata: named, spec: shown } = first as Service;
  const { spec } = second as StatefulSet;
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
  expect(spec.template.spec.automountServiceAccountToken).toBe(false);
  expect(bot.securityContext).toMatchObject({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  // User `node` of the base image.
  const user = { runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 };
  expect(securityContext).toMatchObject({ ...user, seccompProfile: { type: 'RuntimeDefault' } });
  expect(dockerfile).toMatch(/^USER node$/m);
});

test('the data of the bot is the volume of the image in every file, and belongs to its user alone', () => {
  const { dataDir } = good({});
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
  expect(readme).toContain('DATA=/var/lib/parley deploy/image-steps.sh build /opt/parley');
});

const analyzer = 'systemd-analyze';

/** Output of systemd-analyze about the units; undefined where it is not installed. */
function analyzed(...args: readonly string[]) {
  using made = mkdtempDisposableSync(join(tmpdir(), 'parley-units-'));
  const folder = made.path;
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
}

// Where systemd is not installed, there are no such tests.
if (analyzed('--version'))
  test.each(['parley.service', 'parley@.service'])(
    'systemd finds no mistake in %s, and little that it may harm',
    (name) => {
      const verify = ['verify', '--man=no', '--recursive-errors=no', name];
      expect(analyzed(...verify)).toMatchObject({ status: 0, said: '' });
      // "OK" of systemd-analyze ends at 5.0.
      const security = ['security', '--offline=yes', '--no-pager', '--threshold=20', name];
      expect(analyzed(...security)).toMatchObject({ status: 0 });
    },
  );
