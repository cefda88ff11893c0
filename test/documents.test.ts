import { access, glob, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const roots = 'src|commands|tools|sandbox|doctor|bench|test|deploy|docs|scripts';
const ignored = new Set(['node_modules', 'fixtures', 'reports', 'data']);
const exclude = (path: string) => ignored.has(basename(path));

/** A file or folder of ours in backticks; what follows the first word of it, say an option, does not count. */
const named = new RegExp(
  String.raw`\`((?:${roots})/[\w./-]+|[\w./-]+\.(?:ts|mjs|md|json|sh|yaml|bin|wav))\``,
  'g',
);

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The folder in which a document may call files by their bare name: its room, the whole house for those at the top. */
function roomOf(document: string): string {
  const [top = '.', room = ''] = dirname(document).split('/');
  return top === 'src' ? join(top, room) : top;
}

async function basenamesIn(folder: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const path of glob(`${folder}/**/*.*`, { exclude })) names.add(basename(path));
  return names;
}

/** Names in a document of files and folders that are not there. */
async function missingIn(document: string): Promise<readonly string[]> {
  const beside = await basenamesIn(roomOf(document));
  const text = await readFile(document, 'utf8');
  const names = [...text.matchAll(named)].map(([, name = '']) => name);
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
