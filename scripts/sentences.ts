import { readFile } from 'node:fs/promises';
import { type Expression, parseSync, Visitor } from 'oxc-parser';
import { filled } from '#src/texts/message.ts';

/** Limits of a document, or of the texts of a folder, in words of a sentence. */
export const limits = { median: 14, longest: 30 } as const;

/** Wording that a reader has to decode, and what is written instead. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b(?:amiss|aught|naught|thereof|whereof|thereby|therein|lest|hence)\b/i, 'a plain word'],
  [/\bfor good\b/i, 'permanently'],
  [/\bwho(?:m|se)?ever\b/i, 'a person who, each person who'],
  [/\bas (?:many|much|long|far|soon) as (?:may|can|it takes)\b/i, 'the limit or the time'],
  [/\b(?:what|that which) follows from\b/i, 'how the bot reacts to'],
  [/\b(?:nobody|somebody|anybody)'s\b/i, 'no person, a person'],
  [
    /\b(?:none|nothing|little|much|all|some) of (?:you|them|him|her|it) (?:is|are|was)\b/i,
    'the subject',
  ],
  [/\bis (?:no|not) \w+, nor\b/i, 'two sentences'],
  [/\b(?:is|are) told (?:of|to|once|so)\b/i, 'the bot tells, the log shows'],
  [/\bof (?:its|their) own\b/i, 'own'],
  [/\bto be had\b|\bto hand\b/i, 'available'],
  [
    /(?:^|[.:;] )(?:What|Whatever) (?:is|was|has|does|cannot|can|may|they|it|people|a|the)\b/,
    'the noun',
  ],
  [
    /\b(?:mouth|ear|shelf|desk|ladder|bell|theatre|errand|deed|scenery|backstage)s?\b/i,
    'the standard term',
  ],
  [/\b(?:ran|run|runs) away\b|\bsent away\b/i, 'disconnected'],
];

/** One sentence of a document, with the line of its paragraph. */
export type ProseSentence = {
  readonly text: string;
  readonly words: number;
  readonly line: number;
};

export type Prose = {
  readonly words: number;
  readonly sentences: readonly ProseSentence[];
  /** Words of the median sentence; 0 where there is none. */
  readonly median: number;
  readonly tooLong: readonly ProseSentence[];
  readonly odd: readonly { readonly sentence: ProseSentence; readonly instead: string }[];
};

const splitter = new Intl.Segmenter('en', { granularity: 'sentence' });

/** Sentences of a Markdown document, with their lengths. Code, headings, pictures and texts of less than three words do not count. */
export function proseOf(markdown: string): Prose {
  return proseIn(paragraphsOf(markdown), wordsOf(markdown));
}

/** Sentences of a file: a document, a source file with texts for people, or a table of texts. */
export function proseOfFile(path: string, content: string): Prose {
  if (path.endsWith('.md')) return proseOf(content);
  const texts = path.endsWith('.json') ? textsOfTable(content) : textsOfSource(path, content);
  return proseIn(
    texts,
    texts.reduce((sum, { text }) => sum + wordsOf(text), 0),
  );
}

function proseIn(paragraphs: readonly Paragraph[], words: number): Prose {
  const sentences = paragraphs.flatMap(({ text, line }) =>
    sentencesOf(text).map((one) => ({ text: one, words: wordsOf(one), line })),
  );
  const counted = sentences.filter(({ words }) => words >= 3);
  return {
    words,
    sentences: counted,
    median: medianOf(counted),
    tooLong: counted.filter(({ words }) => words > limits.longest),
    odd: sentences.flatMap((sentence) =>
      patterns
        .filter(([pattern]) => pattern.test(sentence.text))
        .map(([, instead]) => ({ sentence, instead })),
    ),
  };
}

/** Words of the median sentence; 0 where there is none. */
export function medianOf(sentences: readonly ProseSentence[]): number {
  const lengths = sentences.map(({ words }) => words).toSorted((a, b) => a - b);
  return lengths[Math.floor(lengths.length / 2)] ?? 0;
}

type Paragraph = { readonly text: string; readonly line: number };

/** Texts that are read as a whole: paragraphs, entries of lists, cells of tables. */
function paragraphsOf(markdown: string): readonly Paragraph[] {
  const all: { text: string; line: number }[] = [];
  let isOpen = false;
  for (const [n, raw] of withoutCode(markdown).split('\n').entries()) {
    const text = raw.trim();
    const line = n + 1;
    const isRow = text.startsWith('|');
    const isProse = !unread.test(text);
    const last = all.at(-1);
    if (isProse && isRow) all.push(...cellsOf(text).map((cell) => ({ text: cell, line })));
    else if (isProse && isOpen && last && !entry.test(text)) last.text += ` ${text}`;
    else if (isProse) all.push({ text: text.replace(entry, ''), line });
    isOpen = isProse && !isRow;
  }
  return all;
}

/** The document with empty lines in place of blocks of code. */
function withoutCode(markdown: string): string {
  return markdown.replace(/^\s*(```|~~~)[\s\S]*?^\s*\1/gm, (block) => block.replace(/[^\n]/g, ''));
}

/** Beginning of an entry of a list, or of a quotation. */
const entry = /^(?:[-*+]|\d+\.)\s+|^>\s?/;
/** Lines without sentences: none at all, headings, HTML, pictures, rules of tables. */
const unread = /^(?:$|#|<|!\[|\|?[-:| ]+$)/;

function cellsOf(row: string): readonly string[] {
  return row.split(/(?<!\\)\|/).map((cell) => cell.trim());
}

/** A text with code as one word, and links as their words. */
function sentencesOf(text: string): readonly string[] {
  const plain = text
    .replace(/`[^`]*`/g, 'X')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\*\*|__|(?<!\w)[*_]|[*_](?!\w)/g, '')
    .replace(/\b(?:e\.g|i\.e|approx|vs|etc)\./g, (one) => one.slice(0, -1));
  return [...splitter.segment(plain)].map(({ segment }) => segment.trim()).filter(Boolean);
}

function wordsOf(sentence: string): number {
  return sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

/** Texts of a table of `src/texts`, with their words as one word each. */
function textsOfTable(json: string): readonly Paragraph[] {
  const lines = json.split('\n');
  return Object.entries<string | { readonly text: string }>(JSON.parse(json)).map(([id, one]) => ({
    text: filled(typeof one === 'string' ? one : one.text, {}, 'en').replace(/\{\w+\}/g, 'X'),
    line: lines.findIndex((line) => line.includes(`"${id}":`)) + 1,
  }));
}

/** Strings of a source file that are prose, with their values as one word each. */
function textsOfSource(path: string, source: string): readonly Paragraph[] {
  const texts: Paragraph[] = [];
  let readTo = 0;
  const note = (node: Expression) => {
    if (node.start < readTo) return;
    readTo = node.end;
    const line = source.slice(0, node.start).split('\n').length;
    for (const text of textOf(node).split('\n')) if (isProse(text)) texts.push({ text, line });
  };
  new Visitor({
    BinaryExpression: (node) => node.operator === '+' && note(node),
    CallExpression({ callee }) {
      // A list of words.
      if (/\.split$/.test(source.slice(callee.start, callee.end))) readTo = callee.end;
    },
    Literal: (node) => typeof node.value === 'string' && note(node),
    TaggedTemplateExpression({ quasi }) {
      readTo = quasi.end;
    },
    TemplateLiteral: note,
  }).visit(parseSync(path, source).program);
  return texts;
}

/** Text of a string, a template, or a sum of them. */
function textOf(node: Expression): string {
  if (node.type === 'Literal') return `${node.value}`;
  if (node.type === 'TemplateLiteral')
    return node.quasis.map(({ value }) => value.cooked ?? '').join('X');
  if (node.type !== 'BinaryExpression' || node.left.type === 'PrivateIdentifier') return 'X';
  return `${textOf(node.left)}${textOf(node.right)}`;
}

/** True for at least four words in a row: no address, pattern or statement of a database. */
function isProse(text: string): boolean {
  const words = text.split(/\s+/);
  const plain = words.filter((word) => plainWord.test(word)).length;
  return plain >= 4 && plain > words.length * 0.6;
}

const plainWord = /^["'(]*(?:X|[\p{L}\d][\p{Ll}\d'\u2019/-]*)["').,:;?!]*$/u;

if (import.meta.main) {
  for (const path of process.argv.slice(2)) {
    const { words, sentences, median, tooLong, odd } = proseOfFile(
      path,
      await readFile(path, 'utf8'),
    );
    console.log(`${path}: ${words} words, ${sentences.length} sentences, median ${median}`);
    for (const one of tooLong) console.log(`  ${path}:${one.line} ${one.words} words: ${one.text}`);
    for (const { sentence, instead } of odd)
      console.log(`  ${path}:${sentence.line} write ${instead}: ${sentence.text}`);
  }
}
