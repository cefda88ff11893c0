import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const hook = import.meta.resolve('#src/base/zod-languages.ts');
const program = fileURLToPath(import.meta.resolve('#src/app/main.mjs'));
/** Prints at the end which languages of zod were loaded. */
const listing = `
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
  const isLanguage = (url) => url.includes('/locales/');
  process.once('exit', () => console.log(loaded.filter(isLanguage).map((url) => url.split('/').at(-1))));
`;

test('of the languages of zod the bot loads English alone', () => {
  const preload = `data:text/javascript,${encodeURIComponent(listing)}`;
  const { stdout } = spawnSync(process.execPath, ['--import', preload, program, '--unknown'], {
    encoding: 'utf8',
  });
  expect(stdout).toBe("[ 'en.js' ]\n");
});

test('mistakes are told in English', () => {
  const script = `
    await import('${hook}');
    const { z } = await import('zod');
    console.log(z.string().safeParse(1).error.issues[0].message);
  `;
  const run = ['--input-type=module', '-e', script];
  const { stdout, stderr } = spawnSync(process.execPath, run, { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toBe('Invalid input: expected string, received number\n');
});
