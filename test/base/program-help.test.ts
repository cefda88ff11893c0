import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import packageJson from '#package.json' with { type: 'json' };
import { getCompileCacheEnvironment } from '#src/base/compile-cache.ts';
import { formatHelp, programs } from '#src/base/help/program-help.mjs';

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
