import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readResult } from '#bench/latency/result.ts';
import { type AlertName, alertActions, alerts } from '#src/base/alerts.ts';
import { errorCodes } from '#src/base/errors.ts';
import { rightNames } from '#src/discord/account/rights.ts';
import { afterClose } from '#src/discord/link/close-codes.ts';
import { features, serverSettings } from '#src/features/features.ts';
import { sourceFiles } from '#test/source-files.ts';

const troubleshooting = await readFile('docs/troubleshooting.md', 'utf8');
const owners = await readFile('docs/owners.md', 'utf8');

/** A section of a document, each row and entry in one line, without the targets of links. */
function sectionOf(text: string, heading: string): string {
  const [, part = ''] = text.split(`\n## ${heading}\n`);
  const [section = ''] = part.split('\n## ');
  return section.replace(/\n +(?![ -])/g, ' ').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
}

/** The first cell of each row of the table under a heading. */
function firstCells(text: string, heading: string): readonly string[] {
  return [...sectionOf(text, heading).matchAll(/^\| `([^`]+)`/gm)].map(([, cell = '']) => cell);
}

/** An entry of a list about one name, without what it quotes; `lead` is the line before the list. */
type Entry = {
  readonly name: string;
  readonly text: string;
  readonly lead: string;
  readonly isNested: boolean;
};

function entriesOf(heading: string): readonly Entry[] {
  const entries: Entry[] = [];
  let lead = '';
  for (const line of sectionOf(troubleshooting, heading).split('\n')) {
    const [, indent, name, text = ''] = /^( *)- `([^`]+)`: (.+)$/.exec(line) ?? [];
    if (name === undefined) lead = line.replace(/^- /, '') || lead;
    else
      entries.push({
        ...{ name, lead, isNested: indent !== '' },
        text: text.replace(/ \("[^)]*"\)/g, ''),
      });
  }
  return entries;
}

/** Sources of whatever says something to people, without quotes that are escaped there. */
async function sayings(): Promise<string> {
  const sources: string[] = [];
  for await (const path of sourceFiles(
    '{src,commands,doctor,setup,sandbox,page}/**/*.{ts,js,mjs,json}',
  ))
    sources.push((await readFile(path, 'utf8')).replaceAll("\\'", "'").replaceAll('\\"', '"'));
  return sources.join('\n');
}

test('every sentence that troubleshooting quotes stands so in the program', async () => {
  const said = await sayings();
  const quoted = [...troubleshooting.replace(/`[^`\n]*`/g, '').matchAll(/"([^"\n]+)"/g)];
  const strays = quoted
    .map(([, sentence = '']) => sentence)
    .filter((sentence) => !sentence.split('...').every((piece) => said.includes(piece.trim())));
  expect(quoted.length).toBeGreaterThan(50);
  expect(strays).toEqual([]);
});

test('troubleshooting tells what to do about every error code, as the program means it', () => {
  const entries = entriesOf('Codes in the log');
  expect(entries.map(({ name }) => name).toSorted()).toEqual(
    [...Object.keys(errorCodes), 'bug'].toSorted(),
  );
  const meanings = new Map<string, string>(Object.entries(errorCodes));
  for (const { name, text, lead } of entries) {
    const [said = ''] = text.split(/[.;](?: |$)/);
    const [subject = ''] = lead.toLowerCase().split(/ \(|:/);
    const meaning = meanings.get(name) ?? said;
    expect([said, `${subject} ${said}`], name).toContain(meaning);
  }
});

test('troubleshooting tells what to do about every alert, as the program means it', () => {
  const declared = features.flatMap((feature) => feature.alerts ?? []);
  const all = [
    ...Object.entries(alertActions).map(([name, action]) => ({
      ...{ name, action },
      meaning: alerts[name as AlertName],
    })),
    ...declared,
  ];
  const entries = entriesOf('Alerts');
  expect(entries.map(({ name }) => name).toSorted()).toEqual(
    all.map(({ name }) => name).toSorted(),
  );
  for (const { name, text, lead, isNested } of entries) {
    const { meaning = '', action } = all.find((alert) => alert.name === name) ?? {};
    const entry = isNested ? text.replace(`${meaning}.`, `${meaning}. ${lead}`) : text;
    expect(entry, name).toBe(`${meaning}. ${action}`);
  }
});

/** Reaction of the bot to a close code, as troubleshooting says it. */
function reactionTo(closeCode: number): string {
  const reaction = afterClose(closeCode);
  if (reaction.kind === 'wait') return 'waits';
  if (reaction.kind === 'out')
    return 'checks its channel: follows a move, leaves after a kick, otherwise reconnects';
  if (reaction.kind !== 'again') return 'leaves, and needs an update';
  return reaction.most === 1 ? 'retries once' : `retries at most ${reaction.most} times`;
}

test('troubleshooting tells how the bot reacts to each close code of a voice link', () => {
  const section = sectionOf(troubleshooting, 'Close codes of a voice link');
  const rows = [...section.matchAll(/^- ([^:]*\d{4}[^:]*): (.+)$/gm)];
  const listed = rows.flatMap(([, codes = '', reaction = '']) =>
    [...codes.matchAll(/(below )?(\d{4})/g)].map(([, below, code]) => ({
      code: below === undefined ? Number(code) : Number(code) - 1,
      reaction,
    })),
  );
  expect(listed.map(({ code }) => code).toSorted((a, b) => a - b)).toEqual([
    ...[3999, 4001, 4002, 4003, 4004, 4005, 4006, 4009, 4011, 4012],
    ...[4014, 4015, 4016, 4017, 4020, 4021, 4022],
  ]);
  for (const { code, reaction } of listed) expect(reaction, `${code}`).toBe(reactionTo(code));
  expect(reactionTo(4999)).toBe(reactionTo(4001));
});

test('troubleshooting knows every line of the doctor by its name', async () => {
  const section = sectionOf(troubleshooting, 'Lines of the doctor').replace(/\([^)]*\)/g, '');
  const listed = [...section.matchAll(/^- (.+)$/gm)].flatMap(([, entry = '']) =>
    [...entry.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );
  const names = new Set<string>();
  for await (const path of sourceFiles('doctor/**/*.ts')) {
    const source = await readFile(path, 'utf8');
    const called = /\b(?:ok|differs|missing)\(\s*'([^']+)'|\bwhat = '([\w ]+)';/g;
    for (const [, name, constant] of source.matchAll(called)) names.add(name ?? constant ?? '');
  }
  names.delete(''); // of a role that needs no server
  expect(listed.toSorted()).toEqual([...names].sort());
});

test('the delays of docs/benchmarks.md are those that npm run bench -- --save wrote', async () => {
  const { rows } = await readResult();
  const text = await readFile('docs/benchmarks.md', 'utf8');
  for (const [name, { heard }] of Object.entries(rows))
    expect(text, name).toContain(`| ${Math.round(heard.p50)} | ${Math.round(heard.p95)} |`);
});

test('the page for owners lists every setting of a server, and every right that the invite link asks for', () => {
  expect(firstCells(owners, 'Settings of a server')).toEqual(serverSettings.map(({ key }) => key));
  const [, rights = ''] = /\n## Rights\n([\s\S]*?)\n## /.exec(owners) ?? [];
  const listed = [...rights.matchAll(/^\| ([A-Z][^|]*) \|/gm)].flatMap(([, cell = '']) =>
    cell.split(', '),
  );
  expect(listed.slice(1).toSorted()).toEqual(Object.values(rightNames).toSorted());
});
