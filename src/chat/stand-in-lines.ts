import { editDistance } from '#src/base/edit-distance.ts';
import type { ChatMessage } from './ports.ts';

/** A line of a transcript as a prompt shows it; `number` only where it is to be cited. */
type ShownLine = { readonly number: string; readonly name: string; readonly text: string };

/** Lines that are cited, or repeated, at most. */
const mostLines = 3;
/** Points of a recap at most. */
const mostPoints = 6;
/** Largest distance of a name from the recognised one, as a share of its length. */
const farthest = 0.34;

const noTranslation = 'I am only the built-in stand-in, and cannot translate. Connect a model.';

/**
 * Reply to a request about numbered lines: those that answer a question, a recap, the important points; by shared words,
 * without understanding. Undefined for all other requests.
 */
export function numberedReply(messages: readonly ChatMessage[]): string | undefined {
  const newest = messages.at(-1);
  // a person's message has a name
  if (newest?.role !== 'user' || newest.name !== '') return undefined;
  const { content } = newest;
  if (content.startsWith('<points>')) return firstNumbers(content);
  if (!content.startsWith('<lines>')) return undefined;
  const task = messages.find(({ role }) => role === 'system')?.content ?? '';
  if (task.startsWith('Translate ')) return noTranslation;
  const lines = linesIn(content, 'lines');
  const [, question] = content.split('</lines>\nQuestion: ');
  return question === undefined ? recapOf(lines) : citedFor(question, lines);
}

/** `what did ben say`, answered from the context of the newest turn; undefined where there is none, or the question is another. */
export function saidBy(words: string, earlier: readonly ChatMessage[]): string | undefined {
  const [before, after] = words.split(' say', 2);
  const name = before?.startsWith(asked) ? before.slice(asked.length).trim() : '';
  if (after === undefined || name === '' || notNames.has(name)) return undefined;
  const shown = earlier.findLast((message) => message.role === 'user' && message.name === '');
  const lines = linesIn(shown?.content ?? '', 'channel');
  if (lines.length === 0) return undefined;
  const own = lines.filter((line) => isCalled(line.name, name));
  const about = stemsOf(after);
  const fitting = own.filter(({ text }) => sharedStems(about, text) > 0);
  const shownLines = (fitting.length > 0 ? fitting : own).slice(-mostLines);
  const [first] = shownLines;
  if (!first) return 'I have not heard anybody with that name recently.';
  return `${first.name} said: ${shownLines.map(({ text }) => sentence(text)).join(' ')}`;
}

const asked = 'what did ';
const notNames = new Set(['i', 'you', 'we', 'they']);

/** The lines of a block of data, in order. */
function linesIn(content: string, tag: string): readonly ShownLine[] {
  const [, block = ''] = content.split(`<${tag}>\n`, 2);
  const [body = ''] = block.split(`\n</${tag}>`, 1);
  return body.split('\n').flatMap((row): ShownLine[] => {
    const [head = '', number = ''] = numberAndTime.exec(row) ?? [];
    const at = row.indexOf(': ', head.length);
    if (head === '' || at < 0) return [];
    return [{ number, name: row.slice(head.length, at), text: row.slice(at + 2) }];
  });
}

const numberAndTime = /^(?:\[(\d+)\] )?(?:\d{4}-\d\d-\d\d )?\d\d:\d\d /;

/** Lines that share most words with the question; answers before other questions. */
function citedFor(question: string, lines: readonly ShownLine[]): string {
  const sought = stemsOf(question);
  const scored = lines.map((line) => {
    const shared = sharedStems(sought, `${line.name} ${line.text}`);
    return { line, score: shared === 0 || !line.text.endsWith('?') ? shared : shared - 0.5 };
  });
  const best = Math.max(0, ...scored.map(({ score }) => score));
  if (best === 0) return '[0]';
  const cited = scored.filter(({ score }) => score === best).slice(0, mostLines);
  return cited.map(({ line }) => `[${line.number}]`).join(' ');
}

const decided = /\b(?:decide|decided|agree|agreed|settled|deal|let's)\b/i;
const planned = /\b(?:will|must|should|need to|have to|going to|remember to|i'll|we'll)\b/i;
/** Plans of whoever speaks. */
const own = /\b(?:i will|i'll|i must|i should|i have to|i'm going to)\b/i;
/** Fewest words of an important point. */
const leastWords = 4;

function recapOf(lines: readonly ShownLine[]): string {
  const kindOf = ({ text }: ShownLine) =>
    decided.test(text) ? 'decision' : planned.test(text) ? 'task' : 'point';
  const worth = lines.filter(
    ({ text }) => !text.endsWith('?') && text.split(' ').length >= leastWords,
  );
  const longestFirst = worth.toSorted((a, b) => b.text.length - a.text.length);
  const kinds = ['decision', 'task', 'point'] as const;
  const points = kinds.flatMap((kind) => longestFirst.filter((line) => kindOf(line) === kind));
  const shown = points.slice(0, mostPoints).map((line) => ({
    kind: kindOf(line),
    text: sentence(line.text),
    lines: [{ line: Number(line.number), words: line.text }],
    ...(own.test(line.text) && { owner: line.name }),
  }));
  return JSON.stringify({ points: shown });
}

function firstNumbers(content: string): string {
  return (content.match(/^\[\d+\]/gm) ?? []).slice(0, mostPoints).join(' ');
}

/** Words that occur in every question. */
const common = new Set(
  (
    'a about an and are at be by can could did do does for from had has have he her his how i in is it its me my of on or our ' +
    'said say says she so that the their them there they this to us was we were what when where which who why will with ' +
    'would you your'
  ).split(' '),
);
/** Beginnings by which words of one stem are known again. */
const stemChars = 5;

function stemsOf(text: string): ReadonlySet<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  return new Set(words.filter((word) => !common.has(word)).map((word) => word.slice(0, stemChars)));
}

function sharedStems(sought: ReadonlySet<string>, text: string): number {
  return stemsOf(text).intersection(sought).size;
}

function isCalled(name: string, heard: string): boolean {
  const whole = name.toLowerCase();
  return [whole, whole.split(' ')[0] ?? ''].some((each) => {
    return editDistance(each, heard) / Math.max(each.length, heard.length, 1) <= farthest;
  });
}

function sentence(text: string): string {
  return /[.!?\u2026)]$/.test(text) ? text : `${text}.`;
}
