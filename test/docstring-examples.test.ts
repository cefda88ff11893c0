import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { parseSync } from 'oxc-parser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sourceFiles } from '#test/source-files.ts';

/**
 * A program from a docstring. Its last statement is an expression, and a comment after it says its value.
 * One that needs a live thing from outside says so by `declare const`, and is only compiled.
 */
type Example = { readonly place: string; readonly code: string; readonly canRun: boolean };

const root = fileURLToPath(new URL('..', import.meta.url));
const pattern = '{src,commands,doctor,setup,sandbox}/**/*.ts';

let folder = '';
const examples: Example[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'docstring-examples-'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const path of (await Array.fromAsync(sourceFiles(pattern))).sort()) {
    examples.push(...listExamples(path, await readFile(path, 'utf8')));
  }
  await Promise.all(examples.map((example, n) => writeFile(toModulePath(n), toModule(example))));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function listExamples(path: string, source: string): readonly Example[] {
  if (!source.includes('@example')) return [];
  const { comments } = parseSync(path, source);
  return comments.flatMap(({ value, start }) => {
    const [, code] = value.split(/^ *\* @example$/m);
    if (code === undefined) return [];
    const line = source.slice(0, start).split('\n').length;
    const canRun = !/^ *\* declare /m.test(code);
    return [{ place: `${path}:${line}`, code: code.replace(/^ *\* ?/gm, '').trim(), canRun }];
  });
}

function toModulePath(n: number): string {
  return join(folder, `example-${n}.ts`);
}

/** The example with its value and its promised value as exports, and with imports that work from any folder. */
function toModule({ place, code, canRun }: Example): string {
  if (!canRun) return toAbsoluteImports(`${code}\nexport {};\n`);
  const { program, errors } = parseSync('example.ts', code);
  const last = program.body.at(-1);
  const promised = /\/\/ (.+)$/s.exec(code.slice(last?.end))?.[1];
  if (errors.length > 0 || last?.type !== 'ExpressionStatement' || promised === undefined) {
    throw new Error(`${place}: an example ends with an expression and a comment of its value`);
  }
  const expression = code.slice(last.expression.start, last.expression.end);
  const value = promised.replaceAll(/\n\/\/ ?/g, '\n');
  const body = `${code.slice(0, last.start)}export const actual: unknown = ${expression};`;
  return toAbsoluteImports(`${body}\nexport const promised: unknown = ${value};\n`);
}

function toAbsoluteImports(code: string): string {
  return code.replaceAll(/'#(\w+\/[^']+)'/g, (_, path: string) => `'${join(root, path)}'`);
}

test('every example in a docstring gives the value that its comment says', async () => {
  expect(examples.length).toBeGreaterThan(0);
  for (const [n, { place, canRun }] of examples.entries()) {
    if (!canRun) continue;
    const { actual, promised } = await import(pathToFileURL(toModulePath(n)).href);
    expect(actual, place).toEqual(promised);
  }
});

test('every example in a docstring compiles', async () => {
  const config = {
    extends: resolve(root, 'tsconfig.json'),
    compilerOptions: {
      noUnusedLocals: false,
      typeRoots: [resolve(root, 'node_modules/@types')],
    },
    include: [join(folder, '*.ts'), resolve(root, 'src/**/*.d.ts')],
  };
  const configPath = join(folder, 'tsconfig.json');
  await writeFile(configPath, JSON.stringify(config));
  const compiler = resolve(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = await promisify(execFile)(process.execPath, [
    compiler,
    '-p',
    configPath,
  ]).catch((error: { stdout: string }) => error);
  expect(stdout).toBe('');
});
