import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const hook = import.meta.resolve('#src/base/zod-languages.ts');

test('of the languages of zod the bot loads English alone, and mistakes are told in it', () => {
  const program = `
    import { registerHooks } from 'node:module';
    const loaded = new Set();
    registerHooks({ load: (url, context, next) => (loaded.add(url), next(url, context)) });
    await import('${hook}');
    const { z } = await import('zod');
    console.log(z.string().safeParse(1).error.issues[0].message);
    console.log([...loaded].filter((url) => url.includes('/locales/')).map((url) => url.split('/').at(-1)));
  `;
  const run = ['--input-type=module', '-e', program];
  const { stdout, stderr } = spawnSync(process.execPath, run, { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toBe("Invalid input: expected string, received number\n[ 'en.js' ]\n");
});
