import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type Example,
  readExamples,
  runCompiler,
  toAbsoluteImports,
  toModule,
  writeDeclarations,
} from '#test/docstring-examples.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

let folder = '';
let examples: readonly Example[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'docstring-examples-'));
  await writeDeclarations(folder);
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const kind of ['compiled', 'run']) await mkdir(join(folder, kind));
  examples = await readExamples();
  await Promise.all(
    examples.flatMap((example, n) => {
      const module = toModule(example);
      return [
        writeFile(toModulePath('compiled', n), module),
        writeFile(toModulePath('run', n), toAbsoluteImports(module)),
      ];
    }),
  );
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function toModulePath(kind: 'compiled' | 'run', n: number) {
  return join(folder, kind, `example-${n}.ts`);
}

test('every example in a docstring gives the value that its comment says', async () => {
  expect(examples.length).toBeGreaterThan(0);
  for (const [n, { place, canRun }] of examples.entries()) {
    if (!canRun) continue;
    const { actual, promised } = await import(
      pathToFileURL(toModulePath('run', n)).href
    );
    expect(actual, place).toEqual(promised);
  }
});

test('every example in a docstring compiles', async () => {
  const config = {
    extends: resolve(root, 'tsconfig.json'),
    compilerOptions: {
      noUnusedLocals: false,
      types: ['node'],
      typeRoots: [resolve(root, 'node_modules/@types')],
    },
    include: [join(folder, 'compiled/*.ts'), resolve(root, 'src/**/*.d.ts')],
  };
  const configPath = join(folder, 'tsconfig.json');
  await writeFile(configPath, JSON.stringify(config));
  expect(await runCompiler(configPath)).toBe('');
});
