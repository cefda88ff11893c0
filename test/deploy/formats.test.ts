import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { parseAllDocuments, parseDocument } from 'yaml';
import { readGoodSettings } from '#test/config/read-settings.ts';

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
const overlays = ['local', 'proxy', 'page', 'metrics'].map(
  (name) => `compose.${name}.yaml`,
);

test.each(['compose.yaml', ...overlays])(
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
