import type { ChatMessage } from './ports.ts';

/** Lines that are cited, and points of a recap, at most; the fewest words of a point. */
const [mostLines, mostPoints, leastWords] = [3, 6, 4];
const noTranslation = 'I am only the built-in stand-in, and cannot translate. Connect a model.';
const shownLine = /^\[(\d+)\] (?:\d{4}-\d\d-\d\d )?\d\d:\d\d ([^\n]*?): ([^\n]*)$/gm;

/**
 * Reply to a request about numbered lines: those that answer a question, a recap, the important points; by shared words,
 * without understanding. Undefined for all other requests.
 */
export function numberedReply(messages: readonly ChatMessage[]): string | undefined {
  const newest = messages.at(-1);
  if (newest?.role !== 'user' || newest.name !== '') return undefined; // a person has a name
  const { content } = newest;
  if (!content.startsWith('<lines>')) return undefined;
  const task = messages.find(({ role }) => role === 'system')?.content ?? '';
  if (task.startsWith('Translate ')) return noTranslation;
  const [block = '', question] = content.split('</lines>\nQuestion: ');
  const lines = [...block.matchAll(shownLine)].map(([, number = '', name = '', text = '']) => {
    return { number, name, text };
  });
  return question === undefined ? recapOf(lines) : citedFor(question, lines);
}

type ShownLine = { readonly number: string; readonly name: string; readonly text: string };

/** Lines that share most words with the question; answers before other questions. */
function citedFor(question: string, lines: readonly ShownLine[]): string {
  const sought = stemsOf(question);
  const scored = lines.map(({ number, name, text }) => {
    const shared = stemsOf(`${name} ${text}`).intersection(sought).size;
    return { number, score: text.endsWith('?') ? shared - 0.5 : shared };
  });
  const best = Math.max(0, ...scored.map(({ score }) => score));
  const cited = scored.filter(({ score }) => best > 0 && score === best).slice(0, mostLines);
  return cited.map(({ number }) => `[${number}]`).join(' ') || '[0]';
}

/** The beginnings of words that not every question has. */
function stemsOf(text: string): ReadonlySet<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}\p{M}]{4,}/gu) ?? [];
  return new Set(words.map((word) => word.slice(0, 5)));
}

/** The longest lines that are no question. */
function recapOf(lines: readonly ShownLine[]): string {
  const points = lines
    .filter(({ text }) => !text.endsWith('?') && text.split(' ').length >= leastWords)
    .toSorted((a, b) => b.text.length - a.text.length)
    .slice(0, mostPoints)
    .map(({ number, text }) => {
      return { kind: 'point', text, lines: [{ line: Number(number), words: text }] };
    });
  return JSON.stringify({ points });
}
