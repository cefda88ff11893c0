import { execFileSync } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { commands } from '#commands/commands.ts';
import packageJson from '#package.json' with { type: 'json' };
import type { CommandOption } from '#src/features/command.ts';
import { textLocales } from '#src/texts/locales.ts';
import { readTexts } from '#src/texts/texts.ts';
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

/** Options of every command, by the words that people type, as in `track play`. */
const optionsByCommand: ReadonlyMap<string, readonly CommandOption[]> = new Map(
  commands.flatMap((command) => {
    if ('label' in command) return [];
    if (!('commands' in command)) return [[command.name, command.options]];
    return command.commands.map((sub) => [`${command.name} ${sub.name}`, sub.options]);
  }),
);

/** First words of commands, as `track`. */
const names = new Set([...optionsByCommand.keys()].map((text) => text.split(' ')[0]));

/** A word with a colon, as in `volume:30`, and everything behind the colon. */
type GivenOption = { readonly name: string; readonly value: string };

/** Commands that a text names, each with its subcommand, whether they exist or not. */
function findCommands(text: string) {
  return [...text.matchAll(/(?<![\w./-])\/([a-z]+)(?![\w/])(?: ([a-z]+))?/g)].map(
    ([, name = '', next = '']) => {
      const sentence = `${name} ${next}`;
      return optionsByCommand.has(sentence) ? sentence : name;
    },
  );
}

function findOptions(text: string) {
  return [...text.matchAll(/(?<![\p{L}\d_"'])([a-z_]+):(?!\/)/gu)].map(
    ({ 0: said, 1: name = '', index }) => ({
      name,
      value: text.slice(index + said.length),
    }),
  );
}

/** Whether one of these commands has the option and takes the word that follows its colon. */
function takesOption(named: readonly string[], { name, value }: GivenOption) {
  return named
    .flatMap((text) => optionsByCommand.get(text) ?? [])
    .some((option) => {
      if (option.name !== name) return false;
      if (option.kind !== 'choice' || !/^[a-z]/.test(value)) return true;
      return option.values.some((text) => value.startsWith(text));
    });
}

/** Faults of a text of the bot in all its languages. */
function findTextFaults(texts: readonly string[]) {
  return texts.flatMap((text) =>
    findCommands(text).filter((one) => !names.has(one.split(' ')[0])),
  );
}

test('every command that a text of the bot names is there', () => {
  const tables = textLocales.map(readTexts);
  const strays = [...readTexts('en').keys()].flatMap((id) => {
    const texts = tables.flatMap((table) => table.get(id)?.text ?? []);
    return findTextFaults(texts).map((fault) => `${id}: ${fault}`);
  });
  expect(strays).toEqual([]);
});

/** Faults of the spans of code in one paragraph, row or entry of a document. */
function findSpanFaults(entry: string) {
  const spans = [...entry.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);
  const typed = spans.filter((span) => names.has(/^\/([a-z]+)(?= |$)/.exec(span)?.[1]));
  const named = typed.flatMap(findCommands);
  const wrong = typed.filter((span) => {
    const [command = ''] = findCommands(span);
    const isThere = optionsByCommand.has(command) || span === `/${command}`;
    return (
      !isThere || findOptions(span).some((fields) => !takesOption([command], fields))
    );
  });
  const options =
    named.length === 0 ? [] : spans.filter((span) => /^[a-z_]+:[\w ]*$/.test(span));
  const refused = options.filter((span) =>
    findOptions(span).some((item) => !takesOption(named, item)),
  );
  return [...wrong, ...refused];
}

test('every command that a document names is there, with its options and choices', async () => {
  const strays = (await readDocuments()).flatMap(({ path, text }) => {
    const entries = text
      .replace(/^```[\s\S]*?^```$/gm, '')
      .split(/\n(?=\n|[-|] |\d\. )/);
    return entries.flatMap(findSpanFaults).map((span) => `${path}: ${span}`);
  });
  expect(strays).toEqual([]);
});

test('the tables of what has been tried are those that the checks declare', () => {
  const program = ['scripts/write-proofs.mjs', '--check'];
  expect(() =>
    execFileSync(process.execPath, program, { stdio: 'pipe' }),
  ).not.toThrow();
});
