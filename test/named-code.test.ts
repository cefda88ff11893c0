import { glob, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseSync } from 'oxc-parser';

/** Names in backticks that are not ours: Discord's, libraries' and standards'. */
const foreignNames = new Set([
  'AudioPlayer',
  'ApplyTimestampRules',
  'EX_CONFIG',
  'KeyboardEvent.key',
  'Origin',
  'RefHash',
  'SignWithLabel',
  'initialize',
  'install_params',
  'mls10',
  'rtpsize',
  'structuredClone',
]);
/** Placeholders for names of ours, and the ends of fields of a price, which docs/costs.md joins. */
const placeholders =
  /^(?:Foo\w+|parley_NAME\w*|(?:Cached)?(?:Audio)?(?:Input|Output)?Tokens)$/;

const span = /`([^`\n]{2,60})`/g;
const dottedName = /^#?[A-Za-z_$][\w$]*(?:\.#?[A-Za-z_$][\w$]*)*(?:\(\))?$/;
const files =
  '{*,.env.example,.ci/*,{src,commands,doctor,setup,sandbox,bench,page,scripts,examples,docs,deploy,models,test}/**/*}';
const skipped = new Set([
  'CHANGELOG.md',
  'THIRD-PARTY-NOTICES.md',
  'package-lock.json',
]);
const folders = new Set(['src', 'docs', 'test']);
/** `structure.test.ts` looks for files. */
const fileName = /\.(?:ts|mjs|js|json|md|bin|sh|yaml)$/;

type Prose = { readonly path: string; readonly text: string };

/** Comments and documents of the repository, its words outside them, and its code. */
async function readRepository() {
  const [words, prose, code] = [new Set<string>(), [] as Prose[], [] as Prose[]];
  const isExcluded = (path: string) =>
    ['node_modules', 'fixtures', 'data'].includes(basename(path));
  for await (const path of glob(files, { exclude: isExcluded })) {
    if (skipped.has(basename(path))) continue;
    if (path.endsWith('.md')) prose.push({ path, text: await readFile(path, 'utf8') });
    else if (/\.(?:json|py|sh|yaml)$|\.env\.example$/.test(path))
      addWords(words, await readFile(path, 'utf8'));
    else if (/\.(?:ts|js|mjs)$/.test(path))
      readCode(path, await readFile(path, 'utf8'), { words, prose, code });
  }
  return { words, prose, code };
}

type Repository = Awaited<ReturnType<typeof readRepository>>;

function addWords(words: Set<string>, text: string) {
  for (const [word] of text.matchAll(/[A-Za-z_$][\w$]*/g)) words.add(word);
}

function readCode(path: string, text: string, { words, prose, code }: Repository) {
  let end = 0;
  for (const comment of parseSync(path, text).comments) {
    addWords(words, text.slice(end, comment.start));
    prose.push({ path, text: comment.value });
    end = comment.end;
  }
  addWords(words, text.slice(end));
  code.push({ path, text });
}

/** What a type or class declares; of several of that name, the last one. The syntax trees of all files take three times as long as their comments. */
function findDeclaration(name: string, { code }: Repository) {
  const begin = new RegExp(`\\b(?:class|enum|function|interface|type) ${name}\\b`);
  for (const { path, text } of code.toReversed()) {
    if (!begin.test(text)) continue;
    for (const statement of parseSync(path, text).program.body.toReversed()) {
      const declaration =
        statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
      if (
        declaration &&
        'id' in declaration &&
        declaration.id &&
        'name' in declaration.id &&
        declaration.id.name === name
      )
        return text.slice(declaration.start, declaration.end);
    }
  }
  return undefined;
}

/** Whether the code has each part of a name, and a member among what its type declares. */
function isThere(name: string, repository: Repository) {
  const pieces = name
    .replace(/\(\)$/, '')
    .split('.')
    .map((part) => part.replace('#', ''));
  if (folders.has(pieces[0] ?? '')) return true;
  if (!pieces.every((part) => repository.words.has(part))) return false;
  const [type = '', member = ''] = pieces;
  const body =
    pieces.length === 2 && /^[A-Z]/.test(type)
      ? findDeclaration(type, repository)
      : undefined;
  return body === undefined || new RegExp(`\\b${member}\\b`).test(body);
}

// Both tests read it, and reading takes a second.
const repository = await readRepository();

test('what a comment or a document names in backticks exists', async () => {
  const missing = repository.prose.flatMap(({ path, text }) =>
    [...text.matchAll(span)]
      .map(([, name = '']) => name)
      .filter(
        (name) =>
          dottedName.test(name) &&
          !fileName.test(name) &&
          !foreignNames.has(name) &&
          !placeholders.test(name),
      )
      .filter((name) => !isThere(name, repository))
      .map((name) => `${path}: ${name}`),
  );
  expect(missing).toEqual([]);
});

test('a name of another system that nothing mentions any more is no exception', async () => {
  const { prose } = repository;
  const mentioned = new Set(
    prose.flatMap(({ text }) => [...text.matchAll(span)].map(([, name]) => name)),
  );
  expect([...foreignNames].filter((name) => !mentioned.has(name))).toEqual([]);
});
