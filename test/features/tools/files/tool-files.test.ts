import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test, vi } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import type { ExternalTool } from '#src/features/tools/external-tool.ts';
import { openToolFiles } from '#src/features/tools/files/tool-files.ts';

const never = new AbortController().signal;
const head = "export const description = 'Does it.';\n";

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-tools-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

async function open(files: Readonly<Record<string, string>>, folder?: string) {
  const reported: string[] = [];
  const tools = await openToolFiles(
    {
      folder: folder ?? (await folderOf(files)),
      taken: new Set(['time', 'leave']),
      clock: realClock,
      report: (message) => reported.push(message),
    },
    never,
  );
  return { tools, reported };
}

async function only(text: string): Promise<ExternalTool> {
  const { tools, reported } = await open({ 'it.mjs': `${head}${text}` });
  const [tool] = tools;
  if (!tool) throw new Error(reported.join());
  return tool;
}

test('a function in a file is a tool by the name of its file, with the rules it names', async () => {
  const { tools, reported } = await open({
    'dice.mjs': `
      import { add } from './add.mjs';
      export const description = 'Rolls dice.';
      export const parameters = { type: 'object', properties: { sides: { type: 'integer' } } };
      export const who = 'anyone';
      export const confirm = 'never';
      export const deadlineSeconds = 3;
      export default async ({ sides }) => ({ rolled: add(sides, 1) });
    `,
    'add.mjs': 'export const add = (one, other) => one + other;',
    'greet.ts': `${head}export default (_: object): string => 'Hello.';`,
    'readme.txt': 'no tool',
  });
  expect(tools.map(({ name }) => name)).toEqual(['dice', 'greet']);
  const [dice, greet] = tools;
  expect(dice).toMatchObject({
    description: 'Rolls dice.',
    parameters: { properties: { sides: { type: 'integer' } } },
    rules: { who: 'anyone', confirm: 'never', deadlineMs: 3_000 },
  });
  expect(greet?.rules).toMatchObject({ who: 'manage', confirm: 'always' });
  expect(await dice?.run({ sides: 6 }, never)).toMatchObject({ structured: '{"rolled":7}' });
  expect(await greet?.run({}, never)).toMatchObject({ text: 'Hello.' });
  expect(reported).toEqual([
    'add.mjs is left out: A function of the operator failed: it has no function as its default export.',
  ]);
});

test('a file that throws, hangs, or is no tool costs one sentence, and the others are there', async () => {
  const { tools, reported } = await open({
    'a-good.mjs': `${head}export default () => 1;`,
    'b-throws.mjs': "throw new Error('no key');",
    'c-broken.mjs': 'export default (',
    'd-silent.mjs': 'export default () => 1;',
    'e-wrong.mjs': `${head}export const who = 'god';\nexport default () => 1;`,
    'time.mjs': `${head}export default () => 1;`,
    '7.mjs': `${head}export default () => 1;`,
  });
  expect(tools.map(({ name }) => name)).toEqual(['a-good']);
  expect(reported).toHaveLength(6);
  for (const why of [
    'no key',
    'export description',
    'export who',
    'the bot has its own tool time',
    'its name must be a word',
  ])
    expect(reported.join('\n')).toContain(why);
});

test('a function that throws in a call is told as such, and can be called again', async () => {
  const tool = await only(
    "export default ({ n }) => { if (n > 1) throw new Error('too many'); return n; };",
  );
  await expect(tool.run({ n: 2 }, never)).rejects.toMatchObject({
    code: 'tool.threw',
    message: 'A function of the operator failed: it threw.', // its own words may be those of people
  });
  expect(await tool.run({ n: 1 }, never)).toMatchObject({ structured: '1' });
});

test('a function that never ends is ended at its deadline, and one that is given up at once', async () => {
  const tool = await only('export const deadlineSeconds = 1;\nexport default () => { for (;;); };');
  await expect(tool.run({}, never)).rejects.toMatchObject({ code: 'tool.late' });
  const giveUp = new AbortController();
  const reason = new Error('never mind');
  const running = tool.run({}, giveUp.signal);
  giveUp.abort(reason);
  await expect(running).rejects.toBe(reason);
});

test('a function that takes all memory, or ends its process, ends its own thread only', async () => {
  const hungry = await only(
    'export default () => { const all = []; for (;;) all.push(new Array(1e5).fill(0.5)); };',
  );
  await expect(hungry.run({}, never)).rejects.toMatchObject({ code: 'tool.threw' });
  const leaving = await only('export default () => process.exit(7);');
  await expect(leaving.run({}, never)).rejects.toMatchObject({ code: 'tool.crashed' });
});

test('a function has no environment, and so no keys', async () => {
  vi.stubEnv('OPENAI_API_KEY', 'sk-secret');
  const tool = await only(
    'export default () => ({ env: process.env, argv: process.argv.slice(2) });',
  );
  const { structured } = await tool.run({}, never);
  vi.unstubAllEnvs();
  expect(JSON.parse(structured ?? '')).toEqual({ env: {}, argv: [] });
});

test.each([
  ['a file of ours', resolve('src/base/secret.ts')],
  ['a name of ours', '#src/base/secret.ts'],
  ['a package of ours', 'zod'],
])('a function imports nothing of ours: %s', async (_, specifier) => {
  const text = `${head}import ${JSON.stringify(specifier)};\nexport default () => 1;`;
  // In the house itself, as ./data is: names of ours lead somewhere there.
  const folder = await mkdtemp(join(resolve('test'), '.tools-'));
  await writeFile(join(folder, 'it.mjs'), text);
  const { tools, reported } = await open({}, folder);
  await rm(folder, { recursive: true });
  expect(tools).toEqual([]);
  expect(reported.join()).toContain('outside its folder');
});

test('what a function prints goes nowhere, however much that is', async () => {
  const tool = await only(
    "export default () => { for (let n = 0; n < 1e5; n++) console.log('x'); return 'done'; };",
  );
  expect(await tool.run({}, never)).toMatchObject({ text: 'done' });
});

test('a folder that is not there is told once', async () => {
  const { tools, reported } = await open({}, join(tmpdir(), 'no-such-folder-of-tools'));
  expect(tools).toEqual([]);
  expect(reported).toEqual([expect.stringContaining('there is no folder')]);
});
