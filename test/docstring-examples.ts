import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';
import { sourceFiles } from '#test/source-files.ts';

/**
 * A program from a docstring. Its last statement is an expression, and a comment after it says its value.
 * One that needs a live thing from outside says so by `declare const`, and is only compiled.
 */
export type Example = {
  readonly place: string;
  readonly code: string;
  readonly canRun: boolean;
};

const rootUrl = fileURLToPath(new URL('..', import.meta.url));
const examplePattern = '{src,commands,doctor,setup,sandbox}/**/*.ts';

export async function readExamples() {
  const found = (await Array.fromAsync(sourceFiles(examplePattern)))
    .sort()
    .map(async (path) => listExamples(path, await readFile(path, 'utf8')));
  return (await Promise.all(found)).flat();
}

function listExamples(path: string, source: string) {
  if (!source.includes('@example')) return [];
  return parseSync(path, source).comments.flatMap(({ value, start }) => {
    const [, code] = value.split(/^ *\* @example$/m);
    if (code === undefined) return [];
    const line = source.slice(0, start).split('\n').length;
    const canRun = !/^ *\* declare /m.test(code);
    return [
      { place: `${path}:${line}`, code: code.replace(/^ *\* ?/gm, '').trim(), canRun },
    ];
  });
}

/** The example with its value and its promised value as exports, and with imports that work from any folder. */
export function toModule({ place, code, canRun }: Example) {
  if (!canRun) return toAbsoluteImports(`${code}\nexport {};\n`);
  const { program, errors } = parseSync('example.ts', code);
  const last = program.body.at(-1);
  const promised = /\/\/ (.+)$/s.exec(code.slice(last?.end))?.[1];
  const isAlone = !/^import .* from '#/m.test(code);
  if (
    isAlone ||
    errors.length > 0 ||
    last?.type !== 'ExpressionStatement' ||
    promised === undefined
  ) {
    throw new Error(
      `${place}: an example imports by #, and ends with an expression and a comment of its value, or holds a declare const`,
    );
  }
  const expression = code.slice(last.expression.start, last.expression.end);
  const value = promised.replaceAll(/\n\/\/ ?/g, '\n');
  const body = `${code.slice(0, last.start)}export const actual: unknown = ${expression};`;
  return toAbsoluteImports(`${body}\nexport const promised: unknown = ${value};\n`);
}

function toAbsoluteImports(code: string) {
  return code.replaceAll(
    /'#(\w+\/[^']+)'/g,
    (_, path: string) => `'${join(rootUrl, path)}'`,
  );
}
