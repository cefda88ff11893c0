import { readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { sourceFiles } from '#test/source-files.ts';

const folders = '{src,commands,sandbox,doctor,setup,bench,scripts,test}';
/** The module named by every `from '…'`, `import '…'` and `import('…')`, those of types too. */
const imported = /(?:from|import)\s*\(?\s*'([#.][^']+)'/g;

async function readSources() {
  const all = new Map<string, string>();
  for await (const path of sourceFiles(`${folders}/**/*.ts`)) {
    if (!path.includes('node_modules')) all.set(path, await readFile(path, 'utf8'));
  }
  return all;
}

const all = await readSources();

function targetOf(importer: string, specifier: string) {
  if (specifier.startsWith('#')) return specifier.slice(1);
  return normalize(join(dirname(importer), specifier));
}

/** Modules that a file loads before anything of it runs: not those of types, nor what it imports later. */
const loaded = /^import (?!type)(?:([^';]*?) from )?'([^']+)';/gms;

function listLoads(source: string) {
  return [...source.matchAll(loaded)]
    .filter(([, names = '']) => !/^\{(?:\s*type [^,}]+,?)+\s*\}$/.test(names))
    .map(([, , specifier = '']) => specifier);
}

/** These files, and those that they load, directly or through others. */
function loadedWith(starts: readonly string[]) {
  const reached = new Set(starts);
  for (const path of reached) {
    const own = listLoads(all.get(path) ?? '').filter((specifier) =>
      /^[#.]/.test(specifier),
    );
    for (const specifier of own) reached.add(targetOf(path, specifier));
  }
  return reached;
}

/** Folder that a rule of imports names: `src/turn`, `commands`. */
function folderOf(path: string) {
  const [top = '', next = ''] = path.split('/');
  return top === 'src' ? `${top}/${next}` : top;
}

/** Index of a file whose group is complete: nothing that is open is reached through it. */
const closed = Number.POSITIVE_INFINITY;

/** Groups of files that import each other, directly or through others (Tarjan's algorithm). */
function findCycles(imports: ReadonlyMap<string, readonly string[]>) {
  const [indices, lowest] = [new Map<string, number>(), new Map<string, number>()];
  const stack: string[] = [];
  const matches: string[][] = [];
  /** The lowest index that is reached from this file and still open. */
  const visitFile = (file: string) => {
    const index = indices.size;
    indices.set(file, index);
    stack.push(file);
    const reached = (imports.get(file) ?? []).map(
      (next) =>
        lowest.get(next) ??
        (indices.has(next) ? indices.get(next) : visitFile(next)) ??
        index,
    );
    const least = Math.min(index, ...reached);
    if (least < index) return least;
    const group = stack.splice(stack.indexOf(file));
    for (const member of group) lowest.set(member, closed);
    if (group.length > 1) matches.push(group.toSorted());
    return closed;
  };
  for (const file of imports.keys()) if (!indices.has(file)) visitFile(file);
  return matches;
}

test('no files load each other in a circle, and none of two folders import types of each other in one', async () => {
  const imports = new Map(
    [...all].map(([path, source]) => {
      const loaded = listLoads(source).map((text) => targetOf(path, text));
      const outside = [...source.matchAll(imported)]
        .map(([, specifier = '']) => targetOf(path, specifier))
        .filter((target) => folderOf(target) !== folderOf(path));
      return [
        path,
        [...new Set([...loaded, ...outside])].filter((text) => all.has(text)),
      ];
    }),
  );
  expect(findCycles(imports)).toEqual([]);
});

test('a circle of imports in the conversation has at most fifteen files, those of types counted', () => {
  const imports = [...all]
    .filter(([path]) => path.startsWith('src/conversation/'))
    .map(([path, source]): [string, readonly string[]] => {
      const targets = [...source.matchAll(imported)].map(([, one = '']) =>
        targetOf(path, one),
      );
      return [path, targets];
    });
  const sizes = findCycles(new Map(imports)).map(({ length }) => length);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(15);
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
  expect(findCycles(new Map(Object.entries({ ...imports, ...other })))).toEqual([
    ['a', 'b', 'c', 'd'],
    ['x', 'y'],
  ]);
});

/** Folder inside the conversation; `root` for files in none, undefined outside of it. */
function innerFolderOf(path: string) {
  const [, inside] = path.split('src/conversation/');
  return inside?.includes('/') ? dirname(inside).split('/')[0] : inside && 'root';
}

/** Files in folders of the conversation, without those of its root. */
const inFolders = [...all].flatMap(([path, source]) => {
  const folder = innerFolderOf(path);
  return folder === undefined || folder === 'root' ? [] : [{ path, source, folder }];
});

test('no two folders of the conversation import each other, directly or through others, not even types', () => {
  const imports = new Map(inFolders.map(({ folder }) => [folder, new Set<string>()]));
  for (const { path, source, folder } of inFolders) {
    for (const [, specifier = ''] of source.matchAll(imported)) {
      const target = innerFolderOf(targetOf(path, specifier)) ?? 'root';
      if (target !== 'root' && target !== folder) imports.get(folder)?.add(target);
    }
  }
  expect(
    findCycles(new Map([...imports].map(([folder, to]) => [folder, [...to]]))),
  ).toEqual([]);
  expect(imports.get('ear')).toContain('machine');
});

test.each([
  ['PostgreSQL', 'DATABASE_URL', ['pg']],
  ['the page', 'PAGE_PORT', ['hono', '@hono/node-server', 'rate-limiter-flexible']],
])(
  'the bot loads nothing of %s before %s asks for it',
  async (_what, _setting, packages) => {
    const starts = ['program', 'run-on-discord', 'sandbox/run-in-sandbox'].map(
      (name) => `src/app/${name}.ts`,
    );
    const reached = loadedWith([...starts, 'doctor/main.ts', 'setup/main.ts']);
    const needsIt = (path: string) =>
      packages.some((one) => listLoads(all.get(path) ?? '').includes(one));
    expect([...reached].filter(needsIt)).toEqual([]);
    expect(reached.size).toBeGreaterThan(500);
    expect([...all.keys()].some(needsIt)).toBe(true);
  },
);

/** Folders of files that the worker of the stores loads. */
const storeFolders = ['src/base', 'src/storage', 'src/sql', 'src/storage/sqlite'];

test('the worker of the stores loads nothing of their tables, and no package', () => {
  const worker = 'src/storage/sqlite/sqlite-thread.ts';
  const reached = [...loadedWith([worker])];
  const folders = new Set(reached.map(dirname));
  expect([...folders.difference(new Set(storeFolders))]).toEqual([]);
  const packages = new Set(reached.flatMap((path) => listLoads(all.get(path) ?? '')));
  expect([...packages].filter((text) => !/^(?:[#.]|node:)/.test(text))).toEqual([]);
  expect(reached.filter((path) => !all.has(path))).toEqual([]);
});

/** Files that make SQL of names of tables and columns as they are declared. */
const withNames = /^(?:test\/|src\/(?:sql|storage\/postgres)\/)/;

test('text becomes SQL as it is only where names of tables and columns do', async () => {
  const strays = [...all]
    .filter(([path]) => !withNames.test(path))
    .filter(([, source]) =>
      /^import (?!type)[^;]*\b(?:raw|(?<!type )Sql)\b[^;]* from 'sql-template-tag'/m.test(
        source,
      ),
    )
    .map(([path]) => path);
  expect(strays).toEqual([]);
});
