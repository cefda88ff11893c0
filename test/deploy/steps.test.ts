import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempDisposableSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import packageJson from '#package.json' with { type: 'json' };
import { readGoodSettings } from '#test/config/read-settings.ts';

const heapOptions = packageJson.scripts.start.match(/--\S+/g) ?? [];
const dockerfile = await readFile('deploy/Dockerfile', 'utf8');
const script = await readFile('deploy/image-steps.sh', 'utf8');
const unit = await readFile('deploy/parley.service', 'utf8');

/** Rest of each line that begins with `word`. */
function readInstructions(word: string, text = dockerfile) {
  return text
    .split('\n')
    .filter((line) => line.startsWith(word))
    .map((line) => line.slice(word.length).trim());
}

/** The words of a line in exec form. */
function parseExecForm(line = '') {
  return JSON.parse(line.slice(line.indexOf('[')));
}

test('without a container engine the script runs the same commands as the image', () => {
  const [, own = ''] = /^build\(\) \{\n(.*?)^\}/ms.exec(script) ?? [];
  const scripted = own
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(needs_node|mkdir|cd|DATA=|VOICE=)/.test(line));
  const steps = dockerfile
    .split(/^FROM .*\n/m)
    .at(1)
    ?.split('\n')
    .filter((line) => /^(COPY|RUN) /.test(line))
    .map((line) => line.replace(/^RUN /, '').replace(/^COPY (.*) \S+$/, 'copy $1'));
  expect(scripted).toEqual(steps);
});

test('the image holds no secret, belongs to root, runs as somebody else, and asks the bot how it is', () => {
  expect(dockerfile).not.toMatch(/^(ENV|ARG).*(TOKEN|KEY|SECRET)/m);
  expect(readInstructions('COPY --from=build')).toEqual(['/app /app']);
  expect(readInstructions('USER')).toEqual(['node']);
  expect(readInstructions('VOLUME')).toEqual(['/data']);
  expect(parseExecForm(readInstructions('CMD').at(-1))).toEqual([
    'node',
    ...heapOptions,
    'dist/parley.mjs',
  ]);
  expect(readInstructions('HEALTHCHECK').join()).toContain('/healthz');
});

test('npm start names the options of the heap, and a start without them becomes one with them', () => {
  const { dev, start } = packageJson.scripts;
  expect(start).toMatch(/^node --min-semi-space-size=2 --max-semi-space-size=2 src/);
  expect(dev).toBe(start.replace(' src', ' --watch src'));
  // Each start of Node writes its options and its process.
  const note =
    'data:text/javascript,console.log(JSON.stringify([process.pid, process.execArgv]))';
  const listStarts = (...options: string[]) => {
    const words = [...options, '--import', note, 'src/app/main.mjs', '--help'];
    const { stdout } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    const lines = stdout.split('\n').filter((line) => line.startsWith('['));
    return lines.map((line): readonly [number, readonly string[]] => JSON.parse(line));
  };
  const starts = listStarts();
  expect(starts.map(([, options]) => options.slice(0, -2))).toEqual([[], heapOptions]);
  expect(new Set(starts.map(([pid]) => pid)).size).toBe(1);
  expect(listStarts(...heapOptions)).toHaveLength(1);
});

test('a start that talks with the program that started it keeps that channel', async () => {
  const note = 'data:text/javascript,process.send(process.pid)';
  const child = fork('src/app/main.mjs', ['--help'], {
    execArgv: ['--import', note],
    silent: true,
  });
  const pids: unknown[] = [];
  child.on('message', (pid) => pids.push(pid));
  const [code] = await once(child, 'close');
  expect([code, pids]).toEqual([0, [child.pid]]);
});

// Proves: systemd units by reading (what they start)
test('systemd starts what the image starts, and not again after a configuration that cannot work', () => {
  expect(readInstructions('ExecStart=', unit)).toEqual([
    `/usr/bin/node ${heapOptions.join(' ')} dist/parley.mjs`,
  ]);
  expect(readInstructions('RestartPreventExitStatus=', unit)).toEqual(['78']);
  expect(readInstructions('EnvironmentFile=', unit)).toEqual(['/etc/parley.env']);
  expect(unit).not.toMatch(/TOKEN|KEY/);
  expect(readInstructions('LimitCORE=', unit)).toEqual(['0']);
});

const template = await readFile('deploy/parley@.service', 'utf8');

test('a program beside the bot gets its own arguments, and the data folder of the process that STATE names', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-'));
  // Prints what systemd would be asked for.
  await writeFile(join(folder, 'systemd-run'), '#!/bin/sh\nprintf "%s\\n" "$@"\n', {
    mode: 0o755,
  });
  const askedFor = (STATE: Readonly<Record<string, string>>) => {
    const { stdout } = spawnSync('sh', ['deploy/parley-run', 'node', 'a file'], {
      env: { PATH: `${folder}:/usr/bin:/bin`, ...STATE },
    });
    return `${stdout}`.trim().split('\n');
  };
  const item = askedFor({});
  expect(item).toContain('--property=StateDirectory=parley');
  expect(item.slice(-4)).toEqual([
    '/usr/bin/env',
    'DATA_DIR=/var/lib/parley',
    'node',
    'a file',
  ]);
  const several = askedFor({ STATE: 'parley-8787' });
  expect(several).toContain('--property=StateDirectory=parley-8787');
  expect(several).toContain('DATA_DIR=/var/lib/parley-8787');
  await rm(folder, { recursive: true });
});

test.each([
  ['', 1],
  ['0-3', 0],
])(
  'with SHARD_RANGE=%s the condition of that unit ends with %i',
  (SHARD_RANGE, code) => {
    const [line = ''] = readInstructions('ExecCondition=', template);
    const [, script = ''] = /^\/bin\/sh -c '(.*)'$/.exec(line) ?? [];
    const { status, stdout } = spawnSync('sh', ['-c', script.replaceAll('$$', '$')], {
      env: { PATH: '/usr/bin:/bin', SHARD_RANGE },
      encoding: 'utf8',
    });
    expect(status).toBe(code);
    expect(stdout.includes('SHARD_RANGE is missing')).toBe(code !== 0);
  },
);

// Proves: Kubernetes by reading
test('the StatefulSet runs what the image runs, asks it where it answers, and waits for an orderly end', async () => {
  const yaml = await readFile('deploy/statefulset.yaml', 'utf8');
  expect(yaml).toMatch(/^# Not run in a cluster/m);
  expect(yaml).not.toMatch(/^ *(command|args):|hostPath|TOKEN, value/m);
  const paths = [
    ...yaml.matchAll(/(\w+)Probe:\n +httpGet: \{ path: (\S+), port: status \}/g),
  ];
  expect(paths.map(([, probe, path]) => `${probe} ${path}`)).toEqual([
    'startup /healthz',
    'liveness /healthz',
    'readiness /readyz',
  ]);
  const [, graceS] = /terminationGracePeriodSeconds: (\d+)/.exec(yaml) ?? [];
  expect(Number(graceS)).toBeGreaterThanOrEqual(15);
  const environment = Object.fromEntries(
    [...yaml.matchAll(/- \{ name: ([A-Z_]+), value: '?([^'}]+?)'? \}/g)].map(
      ([, ...pair]) => pair,
    ),
  );
  const known = await readFile('.env.example', 'utf8');
  for (const name of Object.keys(environment))
    expect(known).toMatch(new RegExp(`^${name}=`, 'm'));
  const [first, second] = [0, 1].map(
    (n) => readGoodSettings({ ...environment, HOSTNAME: `parley-${n}` }).gateway,
  );
  expect([first?.shardRange, second?.shardRange]).toEqual([
    { first: 0, last: 3 },
    { first: 4, last: 7 },
  ]);
});

test('an older Node reads which one is needed, and starts nothing', () => {
  const older =
    "Object.defineProperty(process, 'versions', { value: { node: '20.1.0' } })";
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${older}`, 'src/app/main.mjs', '--once'],
    {
      env: {},
      encoding: 'utf8',
      timeout: 20_000,
    },
  );
  expect([status, stdout, stderr]).toEqual([
    78,
    '',
    'Parley needs Node 24 or later, and this is Node 20.1.0: install it from nodejs.org.\n',
  ]);
});

/** The start of a bot by root on a machine without setpriv, where programs that need root only pretend. */
function startAsRoot(environment: Readonly<Record<string, string>> = {}) {
  using made = mkdtempDisposableSync(join(tmpdir(), 'parley-root-'));
  const folder = made.path;
  const [programs, app] = [join(folder, 'bin'), join(folder, 'app')];
  for (const path of [programs, app]) mkdirSync(path);
  symlinkSync(join(folder, 'data'), join(app, 'data'));
  const writeProgram = (name: string, lines: string) => {
    writeFileSync(join(programs, name), `#!/bin/sh\n${lines}\n`);
    chmodSync(join(programs, name), 0o755);
  };
  writeProgram('id', 'echo 0');
  writeProgram('install', 'exit 0');
  writeProgram('setpriv', 'exit 127');
  writeProgram('node', '[ "$3" != dist/parley.mjs ] || echo started');
  const { status, stdout, stderr } = spawnSync(
    'sh',
    ['deploy/image-steps.sh', 'start', app],
    {
      env: { PATH: [programs, '/usr/bin', '/bin'].join(delimiter), ...environment },
      encoding: 'utf8',
      timeout: 20_000,
    },
  );
  return { status, stdout, stderr };
}

test('if root cannot drop its rights, the bot does not start, and the operator reads what to do', () => {
  const { status, stdout, stderr } = startAsRoot();
  expect([status, stdout]).toEqual([78, '']);
  expect(stderr).toContain('set PARLEY_AS_ROOT=1');
});

test('whoever wants it runs the bot as root', () =>
  expect(startAsRoot({ PARLEY_AS_ROOT: '1' })).toMatchObject({
    status: 0,
    stdout: 'started\n',
  }));
