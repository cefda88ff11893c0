import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { sourceFiles } from '#test/source-files.ts';

/** Rooms below the conversation. */
const inner = [
  ...['base', 'texts', 'audio', 'turn', 'people', 'provider', 'speech', 'chat'],
  ...['pipeline', 'playback', 'sources', 'spending'],
];

/** Folders that each folder may import. A new arrow is a reviewed line here. */
const below: Readonly<Record<string, readonly string[]>> = {
  base: [],
  texts: [],
  audio: ['base'],
  turn: [],
  people: [],
  provider: ['base'],
  chat: ['provider', 'base'],
  speech: ['provider', 'audio', 'base'],
  playback: ['audio', 'base'],
  sources: ['audio', 'base'],
  spending: ['texts', 'speech', 'chat', 'provider', 'audio', 'base'],
  pipeline: ['speech', 'chat', 'audio', 'base'],
  config: [
    ...['features/tools', 'pipeline', 'turn', 'speech', 'sources'],
    ...['spending', 'provider', 'base'],
  ],
  /** Tables, statements and connections, the same for both databases; knows no table. */
  sql: ['base'],
  /** One voice channel's talk, from the packet to the frame; knows no feature. */
  conversation: [...inner, 'sql'],
  /** The list of features. */
  features: ['conversation', 'features/*'],
  /** One folder a feature. Another feature stands here only where it needs it. */
  'features/captions': [
    ...['conversation', 'features/memories', 'sql', 'people', 'texts'],
    ...['turn', 'playback', 'spending', 'speech', 'chat', 'base'],
  ],
  'features/memories': ['conversation', 'sql', 'people', 'texts', 'turn', 'base'],
  'features/personas': ['conversation', 'people', 'speech'],
  'features/reminders': ['conversation', 'sql', 'people', 'texts', 'chat', 'base'],
  'features/seats': ['conversation', 'people', 'texts'],
  'features/settings': [
    ...['conversation', 'people', 'texts', 'spending', 'pipeline'],
    ...['provider', 'audio', 'base'],
  ],
  'features/tools': ['conversation', 'people', 'texts', 'chat', 'base'],
  'features/tracks': [
    ...['conversation', 'sql', 'people', 'texts', 'turn', 'playback'],
    ...['sources', 'audio', 'base'],
  ],
  'features/typed': [
    ...['conversation', 'features/captions', 'features/memories', 'features/tracks'],
    ...inner,
  ],
  'features/words': ['conversation'],
  commands: ['conversation', 'features', 'features/*', 'spending', 'people', 'texts', 'base'],
  /** A program of its own, over the bot's own settings. */
  doctor: [
    ...['discord', 'commands', 'features', 'features/tools', 'config', 'storage', 'sql'],
    ...['pipeline', 'speech', 'chat', 'provider', 'audio', 'base'],
  ],
  /** A program of its own that writes `.env`. */
  setup: [
    ...['doctor', 'discord', 'commands', 'config', 'provider'],
    ...['spending', 'speech', 'audio', 'texts', 'base'],
  ],
  discord: ['conversation', 'people', 'texts', 'audio', 'base'],
  sandbox: ['web/http', 'speech', 'audio', 'base'],
  storage: [
    ...['features/captions', 'features/reminders', 'features/tracks'],
    ...['sql', 'web/api', 'conversation', 'discord', 'people', 'spending', 'base'],
  ],
  ops: ['conversation', 'base'],
  /** Parts that everything served over HTTP shares. */
  'web/http': ['base'],
  /** Requests of programs over HTTP, and the tokens they come with. */
  'web/api': [
    ...['features/captions', 'features/tracks', 'features/typed', 'conversation', 'sql'],
    ...['pipeline', 'people', 'spending', 'chat', 'texts', 'audio', 'base'],
  ],
  console: ['conversation', 'speech', 'turn', 'audio', 'base'],
  /** Programs that measure folders, and the whole bot as a process. Tests share its recordings. */
  bench: [
    ...['sandbox', 'web/api', 'features/*', 'conversation'],
    ...['storage', 'discord', 'console', 'turn', 'texts', 'pipeline', 'playback'],
    ...['sources', 'spending', 'provider', 'speech', 'chat', 'audio', 'base', 'test'],
  ],
  /** Puts everything together, so it imports from everywhere but the programs beside it. */
  app: [
    ...inner,
    ...['conversation', 'features', 'features/*', 'config', 'console', 'discord'],
    ...['storage', 'ops', 'web/http', 'web/api', 'commands'],
  ],
};

/** Rooms beside `src`: one file per command, and programs of their own. */
const outside = new Set(['commands', 'sandbox', 'doctor', 'setup', 'bench']);

/** The folder named by every `from '#…'`, `import '#…'` and `import('#…')`, type imports too. */
const imported = /(?:from|import)\s*\(?\s*'#(?:src\/)?((?:features|web)\/[\w-]+(?=\/)|[\w-]+)/g;

function mayImport(folder: string, target: string): boolean {
  const allowed = below[folder] ?? [];
  const isAnyFeature = target.startsWith('features/') && allowed.includes('features/*');
  return [folder, 'package', ...allowed].includes(target) || isAnyFeature;
}

test.each(Object.keys(below))('%s imports only the folders below it', async (folder) => {
  const strays: string[] = [];
  const files = folder === 'features' ? '*.ts' : '**/*.ts';
  const top = outside.has(folder) ? '' : 'src/';
  for await (const path of sourceFiles(`${top}${folder}/${files}`)) {
    for (const [, target = ''] of (await readFile(path, 'utf8')).matchAll(imported))
      if (!mayImport(folder, target)) strays.push(`${path} -> ${target}`);
  }
  expect(strays).toEqual([]);
});

async function foldersIn(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

test('every folder of src, each feature and each part of web is in the table', async () => {
  const parts = async (folder: string) =>
    (await foldersIn(`src/${folder}`)).map((name) => `${folder}/${name}`);
  const folders = (await foldersIn('src')).filter((folder) => folder !== 'web');
  expect([...folders, ...(await parts('features')), ...(await parts('web'))].sort()).toEqual(
    Object.keys(below)
      .filter((folder) => !outside.has(folder))
      .sort(),
  );
});

test('every folder of src has a README with the six headings', async () => {
  for (const name of await foldersIn('src')) {
    const readme = await readFile(`src/${name}/README.md`, 'utf8');
    for (const heading of ['For', 'Not for', 'Doors', 'Ports', 'Time and failure', 'Try it']) {
      expect(readme, name).toContain(`**${heading}**`);
    }
  }
});
