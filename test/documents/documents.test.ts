import { access, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import packageJson from '#package.json' with { type: 'json' };
import { sourceFiles } from '#test/source-files.ts';
import {
  type DocumentedCommand,
  listCommands,
  listOptions,
  readDocuments,
} from './project-documents.ts';

const documents = await readDocuments();
const documented = documents
  .flatMap(listCommands)
  .filter(({ words }) => !isProgramAlone(words));
const scripts: Readonly<Record<string, string>> = packageJson.scripts;

function textOf(path: string) {
  return documents.find((document) => document.path === path)?.text ?? '';
}

/** `npm run` say, in a sentence about it. */
function isProgramAlone(words: readonly string[]) {
  return words.length < 2 || words.join(' ') === 'npm run';
}

function formatCommand({ path, words }: DocumentedCommand) {
  return `${path}: ${words.join(' ')}`;
}

/** Verbs of npm whose options are its own, or vitest's. */
const foreign = ['ci', 'install', 'test'];

/** Sources of the program behind a script of package.json, where its options are read. */
async function programOf(script: string) {
  const [, entry = ''] = /(\S+\.(?:ts|mjs))$/.exec(scripts[script] ?? '') ?? [];
  if (script === 'start') return await readFile('src/app/program.ts', 'utf8');
  const isAlone = entry.startsWith('src/') || entry.endsWith('.mjs');
  const depth = script === 'bench' ? '*/main.ts' : '*.ts';
  const pattern = isAlone ? entry : `${dirname(entry)}/${depth}`;
  const sources: string[] = [];
  for await (const path of sourceFiles(pattern))
    sources.push(await readFile(path, 'utf8'));
  return sources.join('\n');
}

test('documents tell people to run nothing by npx but the archive of a release', () => {
  const reported = documents
    .filter(({ text }) =>
      /\bnpx (?!--ignore-scripts --yes --package \.\/parley-[\d.]+\.tgz )/.test(text),
    )
    .map(({ path }) => path);
  expect(reported).toEqual([]);
});

test('commands stand in blocks for a shell, where the other tests find them', () => {
  const blocks = documents.flatMap(({ path, text }) =>
    [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(
      ([, language = '', block = '']) => ({
        path,
        language,
        block,
      }),
    ),
  );
  const odd = blocks.filter(
    ({ language, block }) =>
      !['', 'env', 'json', 'sh', 'ts'].includes(language) ||
      (language !== 'sh' && /^\s*(?:\$ )?(?:sudo |npm |node |docker )/m.test(block)),
  );
  expect(odd).toEqual([]);
});

test('every script that a document names is there, and knows the options it is given', async () => {
  const strays: string[] = [];
  for (const command of documented) {
    const [program, verb = '', run = ''] = command.words;
    if (program !== 'npm' || foreign.includes(verb)) continue;
    const script = verb === 'run' ? run : verb;
    const source = script in scripts ? await programOf(script) : '';
    const knowsOption = (option: string) =>
      new RegExp(`'${option}'|\\b${option}:`).test(source);
    if (!(script in scripts) || !listOptions(command.words).every(knowsOption))
      strays.push(formatCommand(command));
  }
  expect(strays).toEqual([]);
});

test('every file of the repository that a command is given is there', async () => {
  const strays: string[] = [];
  for (const command of documented) {
    const inputs = command.words.filter((word) =>
      /^(?:bench|deploy|doctor|scripts|setup|src|test)\/[\w./@-]+\w$/.test(word),
    );
    for (const path of inputs)
      await access(path).catch(() => strays.push(formatCommand(command)));
  }
  expect(strays.filter((stray) => !/postgres-password|proxy\.env/.test(stray))).toEqual(
    [],
  );
});

/** The oldest Node whose npm has been seen to install and start the bot, with the Node that npm ci fetches. */
const oldestNode = '20';

test('documents name the Node that runs the bot, or the oldest that can fetch it', () => {
  const [major = ''] = /\d+/.exec(packageJson.engines.node) ?? [];
  expect(packageJson.dependencies.node).toMatch(new RegExp(`^${major}\\.`));
  for (const { path, text } of documents) {
    for (const [said, version] of text.matchAll(/\bNode (\d+)/g))
      expect([major, oldestNode], `${path}: ${said}`).toContain(version);
  }
});

/** Anchor that GitHub makes for a heading. */
function anchorOf(heading: string) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** Targets of links in a document, but for those to other sites. */
function linksIn(text: string) {
  const plain = text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '');
  const targets = [...plain.matchAll(/\]\(([^)\s]+)\)/g)].map(
    ([, target = '']) => target,
  );
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

async function leadsSomewhere(path: string, target: string) {
  const [file = '', anchor] = target.split('#');
  const to = file === '' ? path : join(dirname(path), file);
  const match = await readFile(to, 'utf8').catch(() => undefined);
  if (match === undefined || anchor === undefined) return match !== undefined;
  const headings = match.match(/^#+ .*$/gm) ?? [];
  return headings.some((line) => anchorOf(line.replace(/^#+ /, '')) === anchor);
}

test('every link of a document leads to a file, and to a heading in it', async () => {
  const strays: string[] = [];
  for (const { path, text } of documents) {
    for (const target of linksIn(text))
      if (!(await leadsSomewhere(path, target))) strays.push(`${path}: ${target}`);
  }
  expect(strays).toEqual([]);
});

test('the index leads to every document beside it', async () => {
  const index = textOf('docs/README.md');
  for await (const path of sourceFiles('docs/*.{md,json}')) {
    const name = path.slice('docs/'.length);
    if (name !== 'README.md') expect(index).toContain(`(${name})`);
  }
});
