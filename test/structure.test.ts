import { access, glob, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { sourceFiles } from '#test/source-files.ts';

const inner = [
  'base',
  'texts',
  'audio',
  'turn',
  'people',
  'link',
  'captions',
  'provider',
  'speech',
  'chat',
  'pipeline',
  'playback',
  'personas',
  'sources',
  'spending',
];

/** Which rooms each room may import: the truth of the house. A new arrow is a reviewed line here. */
const below: Readonly<Record<string, readonly string[]>> = {
  base: [],
  texts: ['base'],
  audio: ['base'],
  turn: ['base'],
  people: ['base'],
  link: ['base'],
  shards: ['base'],
  captions: ['people', 'texts', 'base'],
  provider: ['base'],
  chat: ['provider', 'base'],
  speech: ['provider', 'audio', 'base'],
  playback: ['audio', 'base'],
  personas: ['playback', 'base'],
  sources: ['audio', 'base'],
  spending: ['texts', 'speech', 'chat', 'provider', 'audio', 'base'],
  /** Servers and functions of the operator; knows nothing of sessions. */
  'external-tools': ['people', 'base'],
  config: [
    'external-tools',
    'pipeline',
    'turn',
    'speech',
    'sources',
    'spending',
    'provider',
    'base',
  ],
  pipeline: ['speech', 'chat', 'audio', 'base'],
  session: inner,
  commands: [
    ...['session', 'captions', 'personas', 'pipeline', 'turn'],
    ...['spending', 'people', 'texts', 'base'],
  ],
  tools: ['session', 'external-tools', 'captions', 'people', 'texts', 'chat', 'base'],
  /** A program of its own, over the bot's own settings. */
  doctor: [
    ...['discord', 'commands', 'tools', 'external-tools', 'config', 'storage'],
    ...['pipeline', 'speech', 'chat', 'provider', 'audio', 'base'],
  ],
  /** A program of its own that writes `.env`. */
  setup: [
    ...['doctor', 'discord', 'commands', 'config', 'provider'],
    ...['speech', 'audio', 'base'],
  ],
  discord: ['session', 'shards', 'captions', 'people', 'texts', 'audio', 'base'],
  sandbox: ['http', 'speech', 'audio', 'base'],
  /** Requests of programs over HTTP, and the tokens they come with. */
  api: ['session', 'pipeline', 'captions', 'people', 'spending', 'chat', 'texts', 'audio', 'base'],
  storage: ['api', 'session', 'shards', 'captions', 'people', 'spending', 'chat', 'base'],
  status: ['session', 'spending', 'base'],
  http: ['base'],
  /** Shows what sessions, links and providers tell, by the figures of status. */
  page: ['http', 'session', 'status', 'spending', 'provider', 'base'],
  console: ['session', 'speech', 'turn', 'audio', 'base'],
  /** Programs that measure rooms, and the whole bot as a process. Tests share its recordings. */
  bench: [
    ...[
      'sandbox',
      'api',
      'http',
      'session',
      'captions',
      'storage',
      'discord',
      'console',
      'turn',
      'texts',
      'pipeline',
      'playback',
      'sources',
      'spending',
      'provider',
      'external-tools',
    ],
    ...['speech', 'chat', 'audio', 'base', 'test'],
  ],
  /** Puts everything together, so it imports from everywhere but the programs beside it. */
  app: [
    ...inner,
    'session',
    'shards',
    'api',
    'config',
    'console',
    'discord',
    'storage',
    'status',
    'http',
    'page',
    'commands',
    'tools',
    'external-tools',
  ],
};

/** Rooms beside `src`: one file per command and per tool, and programs of their own. */
const outside = new Set(['commands', 'tools', 'sandbox', 'doctor', 'setup', 'bench']);

/** The room named by every `from '#…'`, `import '#…'` and `import('#…')`, type imports too. */
const imported = /(?:from|import)\s*\(?\s*'#(?:src\/)?([\w-]+)/g;

test.each(Object.entries(below))(
  '%s imports only the folders below it',
  async (folder, allowed) => {
    const strays: string[] = [];
    for await (const path of sourceFiles(
      outside.has(folder) ? `${folder}/**/*.ts` : `src/${folder}/**/*.ts`,
    )) {
      for (const [, target = ''] of (await readFile(path, 'utf8')).matchAll(imported)) {
        if (target !== folder && target !== 'package' && !allowed.includes(target))
          strays.push(`${path} -> ${target}`);
      }
    }
    expect(strays).toEqual([]);
  },
);

test('every folder of src is a folder of the table, and has a README with the six headings', async () => {
  const folders = (await readdir('src', { withFileTypes: true })).filter((entry) =>
    entry.isDirectory(),
  );
  expect(folders.map(({ name }) => name).sort()).toEqual(
    Object.keys(below)
      .filter((folder) => !outside.has(folder))
      .sort(),
  );
  for (const { name } of folders) {
    const readme = await readFile(`src/${name}/README.md`, 'utf8');
    for (const heading of ['For', 'Not for', 'Doors', 'Ports', 'Time and failure', 'Try it']) {
      expect(readme, name).toContain(`**${heading}**`);
    }
  }
});

test('the sodium hook is line 1 of every file that takes a value from the voice library', async () => {
  for await (const path of sourceFiles('{src,bench,test}/**/*.ts')) {
    const source = await readFile(path, 'utf8');
    if (!/^import (?!type)[^;]*'@discordjs\/voice'/m.test(source)) continue;
    expect(source.split('\n')[0], path).toMatch(
      /^import '(\.|#src\/discord\/library)\/sodium\.ts';$/,
    );
  }
});

test('no pattern of source files is written where knip takes it for an import', async () => {
  const hiding: string[] = [];
  for await (const path of sourceFiles(
    '{src,commands,tools,sandbox,doctor,setup,bench,test}/**/*.ts',
  )) {
    if (/\bglob\(\s*\[?\s*['"]/.test(await readFile(path, 'utf8'))) hiding.push(path);
  }
  expect(hiding).toEqual([]);
});

test('the lockfile names no registry', async () => {
  expect(await readFile('package-lock.json', 'utf8')).not.toContain('"resolved"');
});

const roots = 'src|commands|tools|sandbox|doctor|setup|bench|test|page|deploy|docs|scripts';
const ignored = new Set(['node_modules', 'fixtures', 'reports', 'data']);
const exclude = (path: string) => ignored.has(basename(path));

/** What a document names as code, and what of that is a file or folder of ours. */
const code = /`([^`\n]+)`/g;
const named = new RegExp(
  String.raw`^(?:(?:${roots})/[\w./-]+|[a-z][\w./-]*\.(?:ts|mjs|md|json|sh|yaml|bin|wav))$`,
);

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The folder in which a document may call files by their bare name: its room, the whole house for those at the top. */
function folderOf(document: string): string {
  const [top = '.', folder = ''] = dirname(document).split('/');
  return top === 'src' ? join(top, folder) : top;
}

async function basenamesIn(folder: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const path of glob(`${folder}/**/*.*`, { exclude })) names.add(basename(path));
  return names;
}

/** Names in a document of files and folders that are not there. */
async function missingIn(document: string): Promise<readonly string[]> {
  const beside = await basenamesIn(folderOf(document));
  const text = await readFile(document, 'utf8');
  const words = [...text.matchAll(code)].flatMap(([, span = '']) => span.split(/\s+/));
  const names = words.filter((word) => named.test(word));
  const found = await Promise.all(
    names.map(
      async (name) =>
        beside.has(name) || (await isThere(name)) || (await isThere(join(dirname(document), name))),
    ),
  );
  return names.filter((_, n) => !found[n]);
}

test('every file that a document names exists', async () => {
  const documents = ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'README.md'];
  for await (const path of glob(`{${roots.replaceAll('|', ',')}}/**/*.md`, { exclude })) {
    documents.push(path);
  }
  const missing = await Promise.all(
    documents.map(async (document) => [document, await missingIn(document)] as const),
  );
  expect(missing.filter(([, names]) => names.length > 0)).toEqual([]);
});

test('sources of the bot are plain ASCII, as V8 keeps a file with one other character at two bytes each', async () => {
  const found: string[] = [];
  for await (const path of sourceFiles('{src,commands,tools,doctor,setup}/**/*.{ts,mjs}')) {
    for (const [n, line] of (await readFile(path, 'utf8')).split('\n').entries()) {
      const at = line.search(/\P{ASCII}/u);
      if (at >= 0) found.push(`${path}:${n + 1}: ${line.slice(at, at + 20)}: write \\u escapes`);
    }
  }
  expect(found).toEqual([]);
});
