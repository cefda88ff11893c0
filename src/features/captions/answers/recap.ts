import { z } from 'zod';
import { splitIntoBatches } from '#src/base/batches.ts';
import { BotError } from '#src/base/errors.ts';
import { toolArgumentLimits, tryParseForeignJson } from '#src/base/json.ts';
import { splitIntoSearchWords } from '#src/features/captions/store/word-index.ts';
import type {
  FoundLine,
  QuotedLine,
  TranscriptSession,
} from '#src/features/captions/transcript-line.ts';
import type { ModelPrompt } from '#src/pipeline/prompt-data-block.ts';
import { escapeTextValues, maxMessageChars, truncate } from '#src/texts/plain-text.ts';
import { type CheckedLine, formatText, type TextLine } from '#src/texts/texts.ts';
import { toVisibleLine } from '#src/texts/visible-line.ts';
import type { WallTimes } from '#src/texts/wall-time.ts';
import {
  linesAreDataNote,
  type NumberedLines,
  type NumberingOptions,
  splitIntoNumberedPieces,
  toWallMs,
} from './numbered-prompt-lines.ts';

/** Kinds of points, in the order in which they are shown. */
export const recapKinds = ['decision', 'task', 'question', 'point'] as const;

/** A statement about a session, and the lines that say it. */
export type RecapPoint = {
  readonly kind: (typeof recapKinds)[number];
  readonly text: string;
  readonly sources: readonly [FoundLine, ...FoundLine[]];
};

/** A point with the line that it rests on. */
export type QuotedPoint = QuotedLine & Pick<RecapPoint, 'kind'>;

export type Recap = {
  readonly session: TranscriptSession;
  readonly points: readonly QuotedPoint[];
};

/** Bounds of the number of points; lines for each further point. */
const [fewestPoints, mostPoints, linesAPoint] = [5, 20, 30];
const maxPointChars = 200;
/** Fewest letters of a line that a model must copy, so that a common word does not pass for a line. */
const minCopiedChars = 8;

/**
 * The points of these lines, at most 20: decisions first, then tasks and open questions, each with its source. A long transcript is asked about
 * piece by piece, each for its share of the points. Every request holds at most `maxChars` of lines. A reply that is not readable
 * adds no point. `ask` gives the whole reply of a chat model.
 *
 * Errors: those of `ask`; BotError `answer.malformed` where no reply is readable.
 */
export async function parseRecap(
  found: readonly FoundLine[],
  options: NumberingOptions,
  ask: (prompt: ModelPrompt) => Promise<string>,
): Promise<readonly RecapPoint[]> {
  const pieces = splitIntoNumberedPieces(found, options);
  const most = Math.min(fewestPoints + Math.floor(found.length / linesAPoint), mostPoints);
  const share = Math.max(1, Math.floor(most / pieces.length));
  const points: RecapPoint[] = [];
  let isRead = pieces.length === 0;
  for (const piece of pieces) {
    const read = parsePoints(await ask(buildRecapPrompt(piece, share)), piece);
    isRead ||= read !== undefined;
    points.push(...(read ?? []).slice(0, share));
  }
  if (!isRead) {
    const message =
      'The chat model replied to the request for a recap without the JSON it asks for.';
    throw new BotError('answer.malformed', true, message);
  }
  points.sort(
    (a, b) =>
      recapKinds.indexOf(a.kind) - recapKinds.indexOf(b.kind) ||
      toWallMs(a.sources[0]) - toWallMs(b.sources[0]),
  );
  return points.slice(0, most);
}

/** Asks for the points of one piece, as JSON. */
export function buildRecapPrompt(piece: NumberedLines, most: number): ModelPrompt {
  const task =
    `You note what is worth knowing of a conversation, in at most ${most} points: decisions, tasks, questions that nobody ` +
    'answered, then the rest. Reply with JSON only, as in ' +
    '{"points":[{"kind":"task","text":"Ben books a table.","lines":[{"line":5,"words":"then I book a table"}]}]}. ' +
    `"kind" is decision, task, question or point. "text" is one sentence in the language of most lines; of a task it says who is to do it, where ` +
    'a line says that. "lines" are the numbers of the lines that say it, each with some of its words, copied exactly as they stand there. Write nothing that ' +
    'no line says.';
  return { system: `${task}\n${linesAreDataNote}`, user: piece.block };
}

const recapShape = z.object({ points: z.array(z.unknown()) });
const pointShape = z.object({
  kind: z.enum(recapKinds),
  text: z.string(),
  lines: z.array(z.object({ line: z.number(), words: z.string() })),
});

/**
 * The points of a reply; undefined where it is not the JSON that was asked for. A source counts where the line of its number holds
 * its words; a point without one is dropped.
 */
function parsePoints(reply: string, { lines }: NumberedLines): readonly RecapPoint[] | undefined {
  const json = reply.slice(reply.indexOf('{'), reply.lastIndexOf('}') + 1); // some put it between fences
  const read = recapShape.safeParse(tryParseForeignJson(json, toolArgumentLimits));
  if (!read.success) return undefined;
  return read.data.points.flatMap((each): readonly RecapPoint[] => {
    const { data } = pointShape.safeParse(each);
    const text = toVisibleLine(data?.text ?? '');
    const [first, ...more] = new Set(
      data?.lines.flatMap(({ line, words }) => {
        const source = lines[line - 1];
        return source && isCopied(source.line.text, words) ? source : [];
      }),
    );
    if (!data || !first || text === '') return [];
    return [{ kind: data.kind, text: truncate(text, maxPointChars), sources: [first, ...more] }];
  });
}

/** Whether a line holds words as a model copied them, whatever their case and punctuation. */
function isCopied(line: string, copied: string) {
  const [all, some] = [splitIntoSearchWords(line).join(''), splitIntoSearchWords(copied).join('')];
  return some.length >= Math.min(minCopiedChars, all.length) && some !== '' && all.includes(some);
}

/** Room in a message, in characters, for title and headings in languages that take more of it than English. */
const spareChars = 300;

/** A recap as lines of text, in as many messages as its length asks for: a title, then a heading before each kind of point. */
export function formatRecapMessages(
  { points, session }: Recap,
  times: WallTimes,
): readonly (readonly [TextLine, ...TextLine[]])[] {
  const { channelName: channel, startedAtWallMs } = session;
  const title: TextLine = {
    id: 'recap.title',
    with: { channel, date: times.day(startedAtWallMs) },
  };
  const lines = recapKinds.flatMap((kind) => {
    const own = points.filter((point) => point.kind === kind);
    return own.length === 0
      ? []
      : [headingTexts[kind], ...own.map((point) => formatPoint(point, times))];
  });
  return splitIntoBatches([title, ...lines], countChars, { maxSize: maxMessageChars - spareChars });
}

/** Length in English, with its line break. */
function countChars({ id, with: words = {} }: CheckedLine): number {
  return formatText(id, escapeTextValues(words)).length + 1;
}

const headingTexts: Readonly<Record<QuotedPoint['kind'], TextLine>> = {
  decision: { id: 'recap.decisions' },
  task: { id: 'recap.tasks' },
  question: { id: 'recap.questions' },
  point: { id: 'recap.points' },
};

/** A point with name and time of its line, and the message that shows it, if any. */
function formatPoint(
  { atWallMs, link, name, text: words }: QuotedPoint,
  times: WallTimes,
): TextLine {
  const text = link === undefined ? words : `${words} ${link}`;
  return { id: 'find.line', with: { text, name, time: times.minute(atWallMs) } };
}
