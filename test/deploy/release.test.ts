import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import packageJson from '#package.json' with { type: 'json' };
import { listSteps } from '#test/nightly/nightly-steps.ts';

const files = ['ci', 'nightly', 'release'].map(
  (name) => `.github/workflows/${name}.yml`,
);

/** Where bash, grep and sed lie. */
const systemPrograms = ['/usr/local/bin', '/usr/bin', '/bin'];

/** Runs `.ci/release` over a folder: its refusal, and the lines that it names. */
function checkRelease(folder: string, options: readonly string[] = [], path = '/bin') {
  const { status, stderr, stdout } = spawnSync(
    'bash',
    ['.ci/release', ...options, folder],
    {
      encoding: 'utf8',
      env: { PATH: [path, ...systemPrograms].join(':') },
    },
  );
  const lines = stderr.split('\n').filter((line) => /^[\w./-]+:\d+:/.test(line));
  return { status, stderr, stdout, lines };
}

/** Copies workflows and deploy into a folder of its own, as they are without any digest. */
async function copyUnpinned() {
  const folder = await mkdtemp(join(tmpdir(), 'parley-release-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const part of ['.github', 'deploy'])
    await cp(part, join(folder, part), { recursive: true });
  const changeText = async (path: string, from: RegExp, to: string) => {
    const text = await readFile(join(folder, path), 'utf8');
    await writeFile(join(folder, path), text.replaceAll(from, to));
  };
  const deployed = (await readdir('deploy')).filter((name) =>
    /\.yaml$|^Dockerfile$/.test(name),
  );
  for (const path of [...files, ...deployed.map((name) => `deploy/${name}`)])
    await changeText(path, /@sha256:[0-9a-f]{64}/g, '');
  return { folder, changeText };
}

test('a release is refused while an action has no commit or an image no digest, line by line', async () => {
  const { changeText, folder } = await copyUnpinned();
  const { lines, status, stderr } = checkRelease(folder);
  expect(status).toBe(1);
  expect(lines.join('\n')).not.toMatch(/uses:|registry\.example/);
  expect(lines.join('\n')).toMatch(/image: node:24-bookworm/);
  expect(lines.join('\n')).toMatch(/FROM node:24-bookworm-slim/);
  expect(stderr).toContain('Run .ci/release --pin');
  for (const path of new Set(lines.map((line) => `${line.split(':')[0]}`)))
    await changeText(
      path,
      /((?:image|container): |FROM )(\S+)/g,
      `$1$2@sha256:${'b'.repeat(64)}`,
    );
  expect(checkRelease(folder)).toMatchObject({ status: 0, lines: [] });
  await changeText(files[0] ?? '', /@[0-9a-f]{40}/g, '@v5');
  expect(checkRelease(folder)).toMatchObject({
    status: 1,
    lines: [expect.stringContaining('ci.yml')],
  });
});

test('one command writes the digest that each image has in its registry, and the release goes on', async () => {
  const { folder } = await copyUnpinned();
  const programs = await mkdtemp(join(tmpdir(), 'parley-docker-'));
  onTestFinished(() => rm(programs, { recursive: true }));
  // Docker, as a registry would answer it: a digest that tells the image.
  const program = `#!/bin/sh\nfor image; do :; done\necho "sha256:$(printf %s "$image" | sha256sum | cut -c1-64)"\n`;
  await writeFile(join(programs, 'docker'), program, { mode: 0o755 });
  expect(checkRelease(folder, ['--pin'], programs)).toMatchObject({ status: 0 });
  const dockerfile = await readFile(join(folder, 'deploy/Dockerfile'), 'utf8');
  const toDigest = (image: string) => createHash('sha256').update(image).digest('hex');
  for (const image of ['node:24-bookworm', 'node:24-bookworm-slim'])
    expect(dockerfile).toMatch(
      new RegExp(`^FROM ${image}@sha256:${toDigest(image)}( AS build)?$`, 'm'),
    );
  expect(await readFile(join(folder, 'deploy/compose.yaml'), 'utf8')).toContain(
    `image: postgres:17@sha256:${toDigest('postgres:17')}\n`,
  );
  await writeFile(join(programs, 'docker'), '#!/bin/sh\nexit 1\n');
  const { folder: other } = await copyUnpinned();
  expect(checkRelease(other, ['--pin'], programs).status).not.toBe(0);
});

test('the notes of a release are the section of its version, which a tag demands with a date', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-release-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const path of ['scripts/make-release.mjs', 'package.json', 'CHANGELOG.md'])
    await cp(path, join(folder, path), { recursive: true });
  const refuseTag = (tag: string) =>
    spawnSync(process.execPath, ['scripts/make-release.mjs', 'out', '--tag', tag], {
      cwd: folder,
      encoding: 'utf8',
    }).stderr;
  const changelog = await readFile('CHANGELOG.md', 'utf8');
  expect(refuseTag('v9.9.9')).toContain(
    `The tag v9.9.9 is not v${packageJson.version}`,
  );
  const dated = changelog.replace(/^(## \[[\d.]+\] - ).*$/m, '$12026-11-30');
  await writeFile(
    join(folder, 'CHANGELOG.md'),
    dated.replace('- 2026-11-30', '- unreleased'),
  );
  expect(refuseTag(`v${packageJson.version}`)).toContain('no date');
  await writeFile(join(folder, 'CHANGELOG.md'), dated);
  // No source lies there, so the archive fails after the notes.
  refuseTag(`v${packageJson.version}`);
  const notes = await readFile(join(folder, 'out/notes.md'), 'utf8');
  const [, section = ''] = changelog.split(/^## .*$/m);
  expect(notes.trim()).toBe(section.trim());
  expect([...notes.matchAll(/^### (.*)$/gm)].map(([, name]) => name)).toEqual([
    'Added',
    'Changed',
    'Fixed',
    'Removed',
  ]);
});

type ReleaseJob = {
  readonly env: Readonly<Record<string, string>>;
  readonly steps: readonly {
    readonly if?: string;
    readonly run?: string;
    readonly uses?: string;
    readonly with?: object;
  }[];
};
type IssueForm = {
  readonly name: string;
  readonly description: string;
  readonly body: readonly {
    readonly id?: string;
    readonly type: string;
    readonly attributes: { readonly label?: string; readonly value?: string };
  }[];
};

// The package imports JSON as bundlers want it, which Node refuses.
const hooks = registerHooks({
  load: (url, context, next) => {
    const importAttributes = url.endsWith('.json')
      ? { type: 'json' }
      : context.importAttributes;
    return next(url, { ...context, importAttributes });
  },
});
const { NoOperationTraceWriter, parseWorkflow } = await import(
  '@actions/workflow-parser'
);
hooks.deregister();

/** Mistakes of a workflow by GitHub's own schema. */
function mistakesOf(name: string, content: string) {
  const { context } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  return context.errors.getErrors().map(({ message }) => message);
}

test.each([
  ['ci', /^ +- run: \.ci\/run$/m],
  ['nightly', /^ +- run: npm run nightly$/m],
  ['release', /^ +file: deploy\/Dockerfile\n +platforms: linux\/amd64,linux\/arm64$/m],
])(
  "the workflow %s fits GitHub's schema, may only read by default, and does its work",
  async (name, work) => {
    const content = await readFile(`.github/workflows/${name}.yml`, 'utf8');
    expect(mistakesOf(name, content)).toEqual([]);
    expect(content).toMatch(/^permissions:\n {2}contents: read$/m);
    expect(content).toMatch(work);
    expect(mistakesOf(name, content.replace('runs-on', 'runs-at'))).not.toEqual([]);
  },
);

test('a night tries everything, and a short one says which part of the programs of others it leaves', () => {
  const listCommands = (minutes: number) =>
    listSteps(minutes, 7).map(({ command }) => command.replace(/\d{2,}/g, 'N'));
  expect(listCommands(300)).toEqual([
    'node test/simulate/main.ts --seconds N --from 7',
    'node test/simulate/main.ts --canary',
    'node test/planted/main.ts --minutes N --seed 7',
    'node test/simulate/main.ts --each-call-fails --calls N --seed 7',
    'npx vitest run --project long test/scenarios/scenes.long.test.ts --sequence.shuffle.tests --sequence.seed 7',
    'node test/fuzz/main.ts --seconds N --seed 7',
    'node test/nightly/soak.ts --minutes N',
    '.ci/others',
    '.ci/litellm-proxy --slow',
    'node test/documents/main.ts',
    '.ci/image',
  ]);
  expect(listCommands(20)).toContain('.ci/others mcp deploy');
});

test('a release is pushed only for a tag, with the one secret and the one variable, and with what proves its origin', async () => {
  const content = await readFile('.github/workflows/release.yml', 'utf8');
  expect(new Set(content.match(/secrets\.\w+/g))).toEqual(
    new Set(['secrets.REGISTRY_TOKEN']),
  );
  expect(new Set(content.match(/vars\.\w+/g))).toEqual(new Set(['vars.IMAGE']));
  const { env, steps }: ReleaseJob = parse(content).jobs.release;
  expect(env.PUSHES).toBe(
    "${{ github.ref_type == 'tag' && vars.IMAGE != '' && secrets.REGISTRY_TOKEN != '' }}",
  );
  const findStep = (part: string) =>
    steps.find(({ uses, run }) => (uses ?? run ?? '').includes(part));
  expect(findStep('build-push-action')?.with).toMatchObject({
    push: '${{ env.PUSHES }}',
    sbom: true,
    provenance: 'mode=max',
    labels: expect.stringContaining('org.opencontainers.image.licenses=MIT'),
  });
  for (const part of ['login-action', 'attest-build-provenance'])
    expect(findStep(part)?.if).toBe("env.PUSHES == 'true'");
  expect(findStep('gh release create')).toMatchObject({
    if: "github.ref_type == 'tag'",
    run: expect.stringContaining('--notes-file release/notes.md'),
  });
});

test('each form of an issue has its fields, and a private way for vulnerabilities stands beside them', async () => {
  for (const name of ['fault', 'wish']) {
    const form: IssueForm = parse(
      await readFile(`.github/ISSUE_TEMPLATE/${name}.yml`, 'utf8'),
    );
    expect([typeof form.name, typeof form.description]).toEqual(['string', 'string']);
    const ids = form.body.flatMap(({ id }) => id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { type, attributes } of form.body) {
      expect(type).toMatch(/^(?:checkboxes|dropdown|input|markdown|textarea)$/);
      expect(attributes.label ?? attributes.value).toBeTruthy();
    }
  }
  expect(await readFile('.github/ISSUE_TEMPLATE/config.yml', 'utf8')).toContain(
    'SECURITY.md',
  );
  expect(await readFile('SECURITY.md', 'utf8')).toMatch(/private/i);
});
