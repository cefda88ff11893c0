import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import packageJson from '#package.json' with { type: 'json' };
import { listCodePaths } from '#src/base/child/child-port.ts';
import { getCompileCacheEnvironment } from '#src/base/compile-cache.ts';
import { formatHelp, programs } from '#src/base/help/program-help.mjs';
import { WaitAnnouncer } from '#src/base/loops/announced-wait.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

/** Names of npm scripts that run a program of ours for a person, and its file. */
const scripts = Object.entries(packageJson.scripts).flatMap(([name, command]) => {
  const file = /^node (?:--\S+ (?:\.\/\S+ )?)*((?!-)\S+\.(?:ts|mjs))$/.exec(
    command,
  )?.[1];
  return file === undefined || command.includes('--watch') || name === 'postinstall'
    ? []
    : [[name, file] as const];
});

test('each program of npm run stands in the table, and answers --help before it loads anything', async () => {
  expect(scripts.length).toBeGreaterThan(15);
  const listed = Object.entries(programs).map(([name, { file }]) => [name, file]);
  expect(listed.toSorted()).toEqual(scripts.toSorted());
  for (const [name, file] of scripts) {
    const source = await readFile(file, 'utf8');
    const [first = ''] = /^import [^;]*;/m.exec(source) ?? [];
    const isGuarded = first.includes('program-help') || file === 'src/app/main.mjs';
    expect([name, isGuarded]).toEqual([name, true]);
  }
});

test('help names each option that the command of the program names', () => {
  for (const [name, program] of Object.entries(programs)) {
    const help = formatHelp(program);
    const options = Object.keys(program.options);
    for (const option of options) expect(program.use, name).toContain(option);
    expect(help).toContain(program.use);
  }
});

test('npm start and a program over the settings print their help and do nothing', async () => {
  const env = { ...getCompileCacheEnvironment(), DISCORD_TOKEN: 'not a token' };
  for (const name of ['start', 'backup']) {
    const program = programs[name];
    const args = [program?.file ?? '', '--help'];
    const { stderr, stdout } = await promisify(execFile)(process.execPath, args, {
      env,
    });
    expect([stdout, stderr]).toEqual([program && `${formatHelp(program)}\n`, '']);
  }
});

test('a start says for what it waits once nothing was printed for two seconds, and keeps short waits to itself', async () => {
  const clock = new VirtualClock();
  const lines: (readonly [number, string])[] = [];
  const startMs = clock.nowMs();
  const waits = new WaitAnnouncer({
    clock,
    print: (line) => lines.push([clock.nowMs() - startMs, line]),
    printedMs: startMs,
  });
  const waitFor = async (subject: string, ms: number) => {
    const work = waits.announce(subject, clock.sleep(ms, new AbortController().signal));
    await clock.advance(ms);
    await work;
  };
  await waitFor('one', 1_900);
  await waitFor('two', 150);
  await waitFor('three', 300);
  await waitFor('four', 1_000);
  await waitFor('five', 5_000);
  expect(lines).toEqual([
    [2_250, 'Waiting for three ...'],
    [4_250, 'Waiting for five ...'],
  ]);
});

test('a child process reads the code of the bot alone, and its libraries also where npx has put them beside it', () => {
  const own = ['src', 'dist', 'node_modules', 'package.json'];
  expect(listCodePaths('/opt/parley')).toEqual(
    own.map((name) => `/opt/parley/${name}`),
  );
  expect(listCodePaths('/npx/node_modules/parley/')).toEqual([
    ...own.map((name) => `/npx/node_modules/parley/${name}`),
    '/npx/node_modules',
  ]);
});
