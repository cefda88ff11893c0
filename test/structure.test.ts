import { access, glob, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { sourceFiles } from '#test/source-files.ts';

const roots =
  'src|commands|sandbox|doctor|setup|bench|test|page|deploy|docs|scripts|tools';
const ignored = new Set(['node_modules', 'fixtures', 'reports', 'data']);
const isExcluded = (path: string) => ignored.has(basename(path));

/** Code in a document, and the part of it that names a file or folder of this repository. */
const code = /`([^`\n]+)`/g;
const named = new RegExp(
  String.raw`^(?:(?:${roots})/[\w./-]+|[a-z][\w./-]*\.(?:ts|mjs|md|json|sh|yaml|bin|wav))$`,
);

async function isThere(path: string) {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The folder in which a document may call files by their bare name: its room, the whole house for those at the top. */
function folderOf(document: string) {
  const [top = '.', folder = ''] = dirname(document).split('/');
  return top === 'src' ? join(top, folder) : top;
}

async function basenamesIn(folder: string) {
  const names = new Set<string>();
  for await (const path of glob(`${folder}/**/*.*`, { exclude: isExcluded }))
    names.add(basename(path));
  return names;
}

/** Names in a document of files and folders that are not there. */
async function missingIn(document: string) {
  const beside = await basenamesIn(folderOf(document));
  const text = await readFile(document, 'utf8');
  const words = [...text.matchAll(code)].flatMap(([, span = '']) => span.split(/\s+/));
  const names = words.filter((word) => named.test(word));
  const matches = await Promise.all(
    names.map(
      async (name) =>
        beside.has(name) ||
        (await isThere(name)) ||
        (await isThere(join(dirname(document), name))),
    ),
  );
  return names.filter((_, n) => !matches[n]);
}

test('every file that a document names exists', async () => {
  const documents = ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'README.md'];
  for await (const path of glob(`{${roots.replaceAll('|', ',')}}/**/*.md`, {
    exclude: isExcluded,
  })) {
    documents.push(path);
  }
  const missing = await Promise.all(
    documents.map(async (document) => [document, await missingIn(document)] as const),
  );
  expect(missing.filter(([, names]) => names.length > 0)).toEqual([]);
});

test('every test that a comment names exists', async () => {
  const tests = await Array.fromAsync(glob('{test,bench}/**/*.test.ts'));
  const missing: string[] = [];
  for await (const path of sourceFiles(
    '{src,commands,doctor,setup,bench,test}/**/*.ts',
  ))
    for (const [, named = ''] of (await readFile(path, 'utf8')).matchAll(
      /`npm (?:test|run test:long) -- ((?:test|bench)\/[\w/.-]+)/g,
    ))
      if (!tests.some((test) => test.startsWith(named)))
        missing.push(`${path}: ${named}`);
  expect(missing).toEqual([]);
});

/** Types whose methods are the hooks of a feature, and their files. */
const hookTypes = {
  FeatureShard: 'src/sessions/shard-features.ts',
  FeatureSession: 'src/ports/feature-session.ts',
  PersonHooks: 'src/ports/feature-session.ts',
};
const mostHooks = 8;

test('a feature has eight hooks at most in a shard, a session, and for a person', async () => {
  for (const [name, file] of Object.entries(hookTypes)) {
    const source = await readFile(file, 'utf8');
    const [, members = ''] =
      new RegExp(`^export type ${name} = {\n([^]*?)^};`, 'm').exec(source) ?? [];
    const hooks = members.match(/^ {2}\w+\?\(/gm) ?? [];
    expect(hooks.length, name).toBeGreaterThan(0);
    expect(hooks.length, name).toBeLessThanOrEqual(mostHooks);
  }
});

test('sources of the bot are plain ASCII, as V8 keeps a file with one other character at two bytes each', async () => {
  const matches: string[] = [];
  for await (const path of sourceFiles('{src,commands,doctor,setup}/**/*.{ts,mjs}')) {
    for (const [n, line] of (await readFile(path, 'utf8')).split('\n').entries()) {
      const at = line.search(/\P{ASCII}/u);
      if (at >= 0)
        matches.push(`${path}:${n + 1}: ${line.slice(at, at + 20)}: write \\u escapes`);
    }
  }
  expect(matches).toEqual([]);
});

test('sodium-native is mended before any file takes a value from the voice library', async () => {
  for await (const path of sourceFiles('{src,bench,sandbox,doctor}/**/*.ts')) {
    const source = await readFile(path, 'utf8');
    if (!/^import (?!type)[^;]*'@discordjs\/voice'/m.test(source)) continue;
    expect(source.split('\n')[0], path).toBe(
      "import '#src/discord/library/sodium.ts';",
    );
  }
});

test('a type that others use has a name of its own in the whole house', async () => {
  const files = new Map<string, string>();
  const twice: string[] = [];
  for await (const path of sourceFiles(
    '{src,commands,doctor,setup,sandbox,test,bench}/**/*.ts',
  )) {
    const source = await readFile(path, 'utf8');
    for (const [, name = ''] of source.matchAll(
      /^export (?:type|interface|(?:abstract )?class) (\w+)/gm,
    )) {
      const first = files.get(name);
      if (first) twice.push(`${name}: ${first}, ${path}`);
      files.set(name, path);
    }
  }
  expect(files.size).toBeGreaterThan(500);
  expect(twice).toEqual([]);
});

test('a table of which the usual tests play one row is played whole by the long tests', async () => {
  const halved: string[] = [];
  for (const path of await Array.fromAsync(glob('test/**/*.test.ts'))) {
    const isWhole = path.endsWith('.rows.test.ts');
    const text = await readFile(path, 'utf8');
    if (!isWhole && /\blistRows\b[^;]*'#test\/properties\.ts'/.test(text))
      halved.push(path);
  }
  expect(halved).toEqual([]);
});
