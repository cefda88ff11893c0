import { readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { sourceFiles } from '#test/source-files.ts';

const folders = '{src,commands,tools,sandbox,doctor,setup,bench,scripts,test}';
/** The module named by every `from '…'`, `import '…'` and `import('…')`, those of types too. */
const imported = /(?:from|import)\s*\(?\s*'([#.][^']+)'/g;
const exportedType = /^export (?:declare )?(?:abstract )?(?:type|interface|class) (\w+)/gm;

async function sources(): Promise<ReadonlyMap<string, string>> {
  const all = new Map<string, string>();
  for await (const path of sourceFiles(`${folders}/**/*.ts`)) {
    if (!path.includes('node_modules')) all.set(path, await readFile(path, 'utf8'));
  }
  return all;
}

function targetOf(importer: string, specifier: string): string {
  if (specifier.startsWith('#')) return specifier.slice(1);
  return normalize(join(dirname(importer), specifier));
}

/** Modules that a file loads before anything of it runs: not those of types, nor what it imports later. */
const loaded = /^import (?!type)(?:([^';]*?) from )?'([^']+)';/gms;

function loads(source: string): readonly string[] {
  return [...source.matchAll(loaded)]
    .filter(([, names = '']) => !/^\{(?:\s*type [^,}]+,?)+\s*\}$/.test(names))
    .map(([, , specifier = '']) => specifier);
}

/** These files, and those that they load, directly or through others. */
function loadedWith(
  starts: readonly string[],
  all: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  const reached = new Set(starts);
  for (const path of reached) {
    const own = loads(all.get(path) ?? '').filter((specifier) => /^[#.]/.test(specifier));
    for (const specifier of own) reached.add(targetOf(path, specifier));
  }
  return reached;
}

/** Folder that a rule of imports names: `src/turn`, `commands`. */
function folderOf(path: string): string {
  const [top = '', next = ''] = path.split('/');
  return top === 'src' ? `${top}/${next}` : top;
}

/** Index of a file whose group is complete: nothing that is open is reached through it. */
const closed = Number.POSITIVE_INFINITY;

/** Groups of files that import each other, directly or through others (Tarjan's algorithm). */
function cycles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const [indices, lowest] = [new Map<string, number>(), new Map<string, number>()];
  const stack: string[] = [];
  const found: string[][] = [];
  /** The lowest index that is reached from this file and still open. */
  const visit = (file: string): number => {
    const index = indices.size;
    indices.set(file, index);
    stack.push(file);
    const reached = (imports.get(file) ?? []).map(
      (next) => lowest.get(next) ?? (indices.has(next) ? indices.get(next) : visit(next)) ?? index,
    );
    const least = Math.min(index, ...reached);
    if (least < index) return least;
    const group = stack.splice(stack.indexOf(file));
    for (const member of group) lowest.set(member, closed);
    if (group.length > 1) found.push(group.toSorted());
    return closed;
  };
  for (const file of imports.keys()) if (!indices.has(file)) visit(file);
  return found;
}

test('no files load each other in a circle, and none of two folders import types of each other in one', async () => {
  const all = await sources();
  const imports = new Map(
    [...all].map(([path, source]) => {
      const loaded = loads(source).map((one) => targetOf(path, one));
      const outside = [...source.matchAll(imported)]
        .map(([, specifier = '']) => targetOf(path, specifier))
        .filter((target) => folderOf(target) !== folderOf(path));
      return [path, [...new Set([...loaded, ...outside])].filter((one) => all.has(one))];
    }),
  );
  expect(cycles(imports)).toEqual([]);
});

test('a circle of two files or more is found, and files on the way to it are no part of it', () => {
  const imports = {
    start: ['a', 'end'],
    a: ['b'],
    b: ['c', 'end'],
    c: ['b', 'd'],
    d: ['a'],
    end: [],
  };
  const other = { x: ['start', 'y'], y: ['x'] };
  expect(cycles(new Map(Object.entries({ ...imports, ...other })))).toEqual([
    ['a', 'b', 'c', 'd'],
    ['x', 'y'],
  ]);
});

test('ports of a session load no file of the folders beside them', async () => {
  const strays: string[] = [];
  for await (const path of sourceFiles('src/session/ports/*.ts')) {
    for (const specifier of loads(await readFile(path, 'utf8'))) {
      const target = targetOf(path, specifier);
      if (target.startsWith('src/session/') && !target.startsWith('src/session/ports/'))
        strays.push(`${path} -> ${target}`);
    }
  }
  expect(strays).toEqual([]);
});

test('the context of a session is known to session alone', async () => {
  const strays: string[] = [];
  for await (const path of sourceFiles('{src,commands,tools}/**/*.ts')) {
    if (path.startsWith('src/session/')) continue;
    if ((await readFile(path, 'utf8')).includes("'#src/session/context.ts'")) strays.push(path);
  }
  expect(strays).toEqual([]);
});

test('every exported type name is declared once', async () => {
  const files = new Map<string, string[]>();
  for (const [path, source] of await sources()) {
    for (const [, name = ''] of source.matchAll(exportedType)) {
      files.set(name, [...(files.get(name) ?? []), path]);
    }
  }
  expect([...files].filter(([, paths]) => paths.length > 1)).toEqual([]);
});

test.each([
  ['PostgreSQL', 'DATABASE_URL', ['pg']],
  ['the page', 'PAGE_PORT', ['hono', '@hono/node-server', 'rate-limiter-flexible']],
])('the bot loads nothing of %s before %s asks for it', async (_what, _setting, packages) => {
  const all = await sources();
  const starts = ['program', 'on-discord', 'sandbox/in-sandbox'].map(
    (name) => `src/app/${name}.ts`,
  );
  const reached = loadedWith([...starts, 'doctor/main.ts', 'setup/main.ts'], all);
  const needsIt = (path: string) =>
    packages.some((one) => loads(all.get(path) ?? '').includes(one));
  expect([...reached].filter(needsIt)).toEqual([]);
  expect(reached.size).toBeGreaterThan(500);
  expect([...all.keys()].some(needsIt)).toBe(true);
});

/** Folders of files that a worker of either store loads. */
const storeFolders = ['src/base', 'src/storage', 'src/storage/sql', 'src/storage/thread'];

test.each([
  [
    'src/storage/thread/store-worker.ts',
    ['src/api/tokens', 'src/people', 'src/spending', 'src/storage/stores'],
  ],
  ['src/storage/transcripts/transcripts-worker.ts', ['src/storage/transcripts']],
])('%s loads its store alone, and no package but that of SQL', async (worker, further) => {
  const all = await sources();
  const reached = [...loadedWith([worker], all)];
  const folders = new Set(reached.map(dirname));
  expect([...folders.difference(new Set([...storeFolders, ...further]))]).toEqual([]);
  const packages = new Set(reached.flatMap((path) => loads(all.get(path) ?? '')));
  const foreign = [...packages].filter((one) => !/^(?:[#.]|node:)/.test(one));
  expect(foreign).toEqual(['sql-template-tag']);
  expect(reached.filter((path) => !all.has(path))).toEqual([]);
});

/** Files that make SQL of names of tables and columns as they are declared. */
const withNames = /^(?:test\/|src\/storage\/(?:sql|postgres)\/)/;

test('text becomes SQL as it is only where names of tables and columns do', async () => {
  const strays = [...(await sources())]
    .filter(([path]) => !withNames.test(path))
    .filter(([, source]) =>
      /^import (?!type)[^;]*\b(?:raw|(?<!type )Sql)\b[^;]* from 'sql-template-tag'/m.test(source),
    )
    .map(([path]) => path);
  expect(strays).toEqual([]);
});
