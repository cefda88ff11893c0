import type { ChatMessage } from '#src/chat/chat-model.ts';
import { isStandInText } from './replies.ts';

const [maxCitedLines, maxPoints, minPointWords] = [3, 6, 4];
const shownLinePattern =
  /^\[(\d+)\] (?:\d{4}-\d\d-\d\d )?\d\d:\d\d ([^\n]*?): ([^\n]*)$/gm;

/** Answers a question about numbered lines by shared words, or recaps them. */
export function answerNumberedLines(
  messages: readonly ChatMessage[],
): string | undefined {
  const newest = messages.at(-1);
  if (newest?.role !== 'user' || newest.name !== '') return undefined; // A person has a name.
  const { content } = newest;
  if (!content.startsWith('<lines>')) return undefined;
  const [block = '', question] = content.split('</lines>\nQuestion: ');
  const lines = [...block.matchAll(shownLinePattern)].map(
    ([, number = '', name = '', text = '']) => {
      return { number, name, text };
    },
  );
  return question === undefined ? createRecap(lines) : citeLines(question, lines);
}

type ShownLine = {
  readonly number: string;
  readonly name: string;
  readonly text: string;
};

function citeLines(question: string, lines: readonly ShownLine[]) {
  const sought = listStems(question);
  const scored = lines.map(({ number, name, text }) => {
    const shared = listStems(`${name} ${text}`).intersection(sought).size;
    return { number, score: text.endsWith('?') ? shared - 0.5 : shared };
  });
  const best = Math.max(0, ...scored.map(({ score }) => score));
  const cited = scored
    .filter(({ score }) => best > 0 && score === best)
    .slice(0, maxCitedLines);
  return cited.map(({ number }) => `[${number}]`).join(' ') || '[0]';
}

function listStems(text: string) {
  const questionWords = text.toLowerCase().match(/[\p{L}\p{N}\p{M}]{4,}/gu) ?? [];
  return new Set(questionWords.map((word) => word.slice(0, 5)));
}

function createRecap(lines: readonly ShownLine[]) {
  const points = lines
    .filter(
      ({ text }) =>
        !text.endsWith('?') &&
        text.split(' ').length >= minPointWords &&
        !isStandInText(text),
    )
    .toSorted((a, b) => b.text.length - a.text.length)
    .slice(0, maxPoints)
    .map(({ number, text }) => {
      return { kind: 'point', text, lines: [{ line: Number(number), words: text }] };
    });
  return JSON.stringify({ points });
}
