import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseSync } from 'oxc-parser';
import packageJson from '#package.json' with { type: 'json' };
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
/** What examples import, and what that imports. */
const importedPattern =
  '{src,commands,doctor,setup,sandbox,page}/**/*.{ts,mjs,js,json}';

export async function readExamples() {
  const matches = (await Array.fromAsync(sourceFiles(examplePattern)))
    .sort()
    .map(async (path) => listExamples(path, await readFile(path, 'utf8')));
  return (await Promise.all(matches)).flat();
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

/** The example with its value and its promised value as exports. */
export function toModule({ place, code, canRun }: Example) {
  if (!canRun) return `${code}\nexport {};\n`;
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
  return `${body}\nexport const promised: unknown = ${value};\n`;
}

/** The module with imports that work from any folder. */
export function toAbsoluteImports(module: string) {
  return module.replaceAll(
    /'#(\w+\/[^']+)'/g,
    (_, path: string) => `'${join(rootUrl, path)}'`,
  );
}

/**
 * Makes `folder` a package in which imports by # find the declarations of our modules. The compiler would check the bodies
 * of all that examples import, which `npm run types` does.
 */
export async function writeDeclarations(folder: string) {
  const imports = Object.keys(packageJson.imports)
    .filter((name) => name.endsWith('/*'))
    .flatMap((name) => {
      const path = name.replace('#', './');
      return [
        [`${name}.ts`, `${path}.d.ts`],
        [name, path],
      ];
    });
  const content = { type: 'module', imports: Object.fromEntries(imports) };
  await writeFile(join(folder, 'package.json'), JSON.stringify(content));
  const paths = await Array.fromAsync(sourceFiles(importedPattern));
  const [modules, others] = [
    paths.filter((path) => isModule(path)),
    paths.filter((path) => !isModule(path)),
  ];
  await compileDeclarations(modules, folder);
  for (const path of others) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await copyFile(path, join(folder, path));
  }
}

function isModule(path: string) {
  return path.endsWith('.ts') && !path.endsWith('.d.ts');
}

async function compileDeclarations(paths: readonly string[], folder: string) {
  const configPath = join(folder, 'declarations.json');
  const config = {
    extends: join(rootUrl, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      noCheck: true,
      rootDir: rootUrl,
      outDir: folder,
      typeRoots: [join(rootUrl, 'node_modules/@types')],
    },
    include: [],
    files: paths.map((path) => join(rootUrl, path)),
  };
  await writeFile(configPath, JSON.stringify(config));
  await runCompiler(configPath);
}

/** Runs the compiler. Returns its complaints. */
export async function runCompiler(configPath: string): Promise<string> {
  const compiler = join(rootUrl, 'node_modules/typescript/bin/tsc');
  const { stdout } = await promisify(execFile)(process.execPath, [
    compiler,
    '-p',
    configPath,
  ]).catch((error: { stdout: string }) => error);
  return stdout;
}
