import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { commands } from '#commands/commands.ts';
import { openSandbox } from '#sandbox/sandbox.ts';
import { compileCacheEnvironment } from '#src/base/compile-cache.ts';
import { text } from '#src/texts/texts.ts';

const program = fileURLToPath(import.meta.resolve('#src/app/programs/register-commands.ts'));
const names = commands.map((one) => ('label' in one ? text(one.label) : one.name));
const timeout = 180_000;

type ProgramEnd = { readonly code: number; readonly out: string; readonly complaints: string };

/** Runs `npm run commands` without npm, in `folder` and with no other settings, to its end. */
function registering(
  folder: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<ProgramEnd> {
  const options = { cwd: folder, env: { ...compileCacheEnvironment(), ...env }, timeout };
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], options, (error, out, complaints) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, complaints }),
    );
  });
}

test('npm run commands registers what people can type, and goes not online', {
  timeout,
}, async () => {
  await using stack = new AsyncDisposableStack();
  const sandbox = stack.use(await openSandbox());
  const folder = await mkdtemp(join(tmpdir(), 'parley-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const certificatePath = join(folder, 'ca.pem');
  await writeFile(certificatePath, sandbox.certificate);
  const { token, apiUrl } = sandbox;
  const settings = {
    DISCORD_TOKEN: token,
    DISCORD_API_URL: apiUrl,
    NODE_EXTRA_CA_CERTS: certificatePath,
  };
  expect(await registering(folder, settings)).toEqual({
    code: 0,
    out: `registered ${names.length} commands everywhere\n`,
    complaints: '',
  });
  expect(sandbox.commands().map(({ body }) => body.name)).toEqual(names);
  expect(sandbox.bot().online).toBe(false);
  expect(await registering(folder, settings, ['--remove'])).toEqual({
    code: 0,
    out: 'removed all commands everywhere\n',
    complaints: '',
  });
  expect(sandbox.commands()).toEqual([]);
  expect(await registering(folder, settings, ['--everywhere'])).toMatchObject({
    code: 78,
    complaints: expect.stringMatching(
      /^Unknown option '--\w+'\.\nnpm run commands \[-- --remove\]\n$/,
    ),
  });
  const wrong = await registering(folder, { ...settings, DISCORD_TOKEN: `${token}x` });
  expect(wrong).toMatchObject({
    code: 78,
    out: '',
    complaints: expect.stringMatching(/^[^\n]*into DISCORD_TOKEN\.\n$/),
  });
});

test('npm run commands without a token, or with a wrong setting, names the setting', {
  timeout,
}, async () => {
  const [without, wrong] = await Promise.all([
    registering(tmpdir(), {}),
    registering(tmpdir(), { DISCORD_TOKEN: 'a.b.c', SERVERS_BARRED: 'my server' }),
  ]);
  expect(without).toMatchObject({
    code: 78,
    complaints: expect.stringMatching(/^DISCORD_TOKEN: /),
  });
  expect(wrong).toMatchObject({
    code: 78,
    complaints: expect.stringMatching(/^SERVERS_BARRED: /),
  });
});
