import { mkdirSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { LiveFinding, LiveLog } from './live-log.ts';

/** The page that remedies name; every other address is replaced. */
const ownAddress = 'https://discordstatus.com';
const voiceHost = /\.discord\.(?:media|gg)$/;

/** Replaces tokens, addresses and ids. */
function clean(text: string): string {
  return text.replace(/[^\s|;,()'"<>`]+/g, (word) => wordFor(word)).replace(/\d{15,}/g, '[id]');
}

/** Replacement of one word of a text in the report. */
function wordFor(word: string): string {
  const plain = word.replace(/[.:!?]$/, '');
  const end = word.slice(plain.length);
  const host = plain
    .replace(/^\[([\da-f:]+)\](?::\d+)?$/i, '$1')
    .replace(/(?<=[a-z.\d]):\d+$/i, '');
  if (plain.includes('://')) return plain === ownAddress ? word : `[address]${end}`;
  if (isIP(plain) > 0 || isIP(host) > 0 || host === 'localhost') return `[address]${end}`;
  if (voiceHost.test(host)) return host.startsWith('*.') ? word : `[voice server]${end}`;
  return isToken(plain) ? `[token]${end}` : word;
}

/** A bot token: three parts, of which the first is the id of the bot. */
function isToken(word: string): boolean {
  const [id = '', time = '', key = '', ...more] = word.split('.');
  return more.length === 0 && id.length >= 15 && time.length >= 5 && key.length >= 20;
}

/** Cleans a text like `clean`, and replaces each of these names with its word. */
export function withoutNames(text: string, words: ReadonlyMap<string, string>): string {
  const longestFirst = [...words].toSorted(([one], [other]) => other.length - one.length);
  return longestFirst.reduce((line, [name, word]) => replaceWord(line, name, word), clean(text));
}

/** Replaces `name` where neither a letter nor a digit stands beside it. */
function replaceWord(text: string, name: string, word: string): string {
  const pieces = text.split(name);
  return pieces.reduce((line, piece) => {
    const isWhole = !/[\p{L}\p{N}]$/u.test(line.slice(-2)) && !/^[\p{L}\p{N}]/u.test(piece);
    return `${line}${isWhole ? word : name}${piece}`;
  });
}

/** The report as Markdown, for a report of a fault. */
export function liveReport(
  { findings, events, facts, summary }: Pick<LiveLog, 'findings' | 'events' | 'facts' | 'summary'>,
  words: ReadonlyMap<string, string>,
): string {
  const row = (...cells: readonly string[]) =>
    `| ${cells.map((cell) => clean(cell).replaceAll('|', '/')).join(' | ')} |`;
  const detailOf = ({ why, said, mend }: LiveFinding) =>
    [why, ...(said ? [withoutNames(said, words)] : []), ...(mend ? [`mend: ${mend}`] : [])].join(
      '; ',
    );
  return [
    '# Live check of Parley',
    '',
    '`npm run doctor -- --live` wrote this report. It holds no ids, names, tokens or addresses. The bot heard no person.',
    '',
    summary,
    '',
    '| | |',
    '|---|---|',
    ...[...facts].map(([name, value]) => row(name, value)),
    '',
    '| Check | Result | Time | Codes | Details |',
    '|---|---|---|---|---|',
    ...findings.map((one) =>
      row(one.what, one.verdict, timeOf(one), one.code ?? '', detailOf(one)),
    ),
    '',
    ...(events.length > 0
      ? [
          '| After | Event |',
          '|---|---|',
          ...events.map(({ atMs, name }) => row(`${(atMs / 1_000).toFixed(1)} s`, name)),
          '',
        ]
      : []),
  ].join('\n');
}

function timeOf({ tookMs }: LiveFinding): string {
  return tookMs === undefined ? '' : `${Math.round(tookMs)} ms`;
}

/** Writes the report into the first of these folders that takes it; its path, or undefined where none does. */
export function writeLiveReport(
  content: string,
  folders: readonly string[],
  wallMs: number,
): string | undefined {
  const time = new Date(wallMs).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  for (const folder of [...folders, tmpdir()]) {
    const path = join(resolve(folder), `parley-live-report-${time}.md`);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(path, content, { mode: 0o600, flag: 'wx' });
      return path;
    } catch {
      // The next folder.
    }
  }
  return undefined;
}
