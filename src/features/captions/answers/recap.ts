import { z } from 'zod';
import { splitIntoBatches } from '#src/base/batches.ts';
import { BotError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import { toolArgumentLimits, tryParseForeignJson } from '#src/base/json.ts';
import type { ModelPrompt } from '#src/pipeline/pipeline.ts';
import { noteKinds } from '#src/stores/transcripts/note-store.ts';
import type {
  FoundLine,
  QuotedLine,
  TranscriptSession,
} from '#src/stores/transcripts/transcript-line.ts';
import { splitIntoSearchWords } from '#src/stores/transcripts/transcript-tables.ts';
import {
  escapeTextValues,
  maxMessageChars,
  toVisibleLine,
  truncate,
} from '#src/texts/plain-text.ts';
import {
  type AnyLine,
  type CheckedLine,
  formatText,
  type TextLine,
  type WordsLine,
} from '#src/texts/texts.ts';
import type { WallTimes } from '#src/texts/wall-time.ts';
import {
  linesAreDataNote,
  type NumberedLines,
  type NumberingOptions,
  splitIntoNumberedPieces,
  toWallMs,
} from './numbered-prompt-lines.ts';

/** A point of a recap, with the lines that show it. */
export type RecapPoint = {
  readonly kind: (typeof noteKinds)[number];
  readonly text: string;
  readonly sources: readonly [FoundLine, ...FoundLine[]];
};

/** A point with its first line as evidence. */
export type QuotedPoint = QuotedLine &
  Pick<RecapPoint, 'kind'> & {
    /** People whose words the point was made of. */
    readonly personIds: readonly PersonId[];
    /** Some of them agreed for this session alone, so that the point is kept 24 h at most. */
    readonly isBrief: boolean;
  };

/** The points of a session. */
export type Recap = {
  readonly session: TranscriptSession;
  readonly points: readonly QuotedPoint[];
};

const [minPointLimit, maxPointLimit, linesAPoint] = [5, 20, 30];
const maxPointChars = 200;
/** A shorter copy could be a common word. */
const minCopiedChars = 8;

/**
 * Asks for the points of a transcript piece by piece. Throws BotError
 * `answer.malformed` if no reply is readable.
 */
export async function requestRecap(
  foundLines: readonly FoundLine[],
  options: NumberingOptions,
  ask: (prompt: ModelPrompt) => Promise<string>,
): Promise<readonly RecapPoint[]> {
  const pieces = splitIntoNumberedPieces(foundLines, options);
  const maxPoints = Math.min(
    minPointLimit + Math.floor(foundLines.length / linesAPoint),
    maxPointLimit,
  );
  const pointsPerPiece = Math.max(1, Math.floor(maxPoints / pieces.length));
  const points: RecapPoint[] = [];
  let isRead = pieces.length === 0;
  for (const piece of pieces) {
    const piecePoints = parsePoints(
      await ask(buildRecapPrompt(piece, pointsPerPiece)),
      piece,
    );
    isRead ||= piecePoints !== undefined;
    points.push(...(piecePoints ?? []).slice(0, pointsPerPiece));
  }
  if (!isRead) {
    const message =
      'The chat model replied to the request for a recap without the JSON it asks for.';
    throw new BotError('answer.malformed', true, message);
  }
  points.sort(
    (a, b) =>
      noteKinds.indexOf(a.kind) - noteKinds.indexOf(b.kind) ||
      toWallMs(a.sources[0]) - toWallMs(b.sources[0]),
  );
  return points.slice(0, maxPoints);
}

/** Builds the request for the points of one piece, as JSON. */
export function buildRecapPrompt(piece: NumberedLines, maxPoints: number): ModelPrompt {
  const task =
    `You note what is worth knowing of a conversation, in at most ${maxPoints} points: decisions, tasks, questions that nobody ` +
    'answered, then the rest. Reply with JSON only, as in ' +
    '{"points":[{"kind":"task","text":"Ben books a table.","lines":[{"line":5,"words":"then I book a table"}]}]}. ' +
    `"kind" is decision, task, question or point. "text" is one sentence in the language of most lines; of a task it says who is to do it, where ` +
    'a line says that. "lines" are the numbers of the lines that say it, each with some of its words, copied exactly as they stand there. Write nothing that ' +
    'no line says.';
  return { system: `${task}\n${linesAreDataNote}`, user: piece.block };
}

/** Quotes the latest lines as points, for a talk of which there is nothing more to note. */
export function quoteLatestLines(
  foundLines: readonly FoundLine[],
): readonly RecapPoint[] {
  const worded = foundLines.filter(({ line }) => line.text !== '');
  return worded.slice(-minPointLimit).map((source) => {
    const text = truncate(toVisibleLine(source.line.text), maxPointChars);
    return { kind: 'point', text, sources: [source] };
  });
}

const recapShape = z.object({ points: z.array(z.unknown()) });
const pointShape = z.object({
  kind: z.enum(noteKinds),
  text: z.string(),
  lines: z.array(z.object({ line: z.number(), words: z.string() })),
});

/** Parses points, without those that have no line with their copied words. */
function parsePoints(
  reply: string,
  { lines }: NumberedLines,
): readonly RecapPoint[] | undefined {
  // Some models put the JSON between fences.
  const json = reply.slice(reply.indexOf('{'), reply.lastIndexOf('}') + 1);
  const parsed = recapShape.safeParse(tryParseForeignJson(json, toolArgumentLimits));
  if (!parsed.success) return undefined;
  return parsed.data.points.flatMap((point): readonly RecapPoint[] => {
    const { data } = pointShape.safeParse(point);
    const text = toVisibleLine(data?.text ?? '');
    const [firstSource, ...moreSources] = new Set(
      data?.lines.flatMap(({ line: lineNumber, words: copiedWords }) => {
        const foundLine = lines[lineNumber - 1];
        return foundLine && isCopied(foundLine.line.text, copiedWords) ? foundLine : [];
      }),
    );
    if (!data || !firstSource || text === '') return [];
    return [
      {
        kind: data.kind,
        text: truncate(text, maxPointChars),
        sources: [firstSource, ...moreSources],
      },
    ];
  });
}

function isCopied(text: string, copiedWords: string) {
  const [allText, copiedText] = [
    splitIntoSearchWords(text).join(''),
    splitIntoSearchWords(copiedWords).join(''),
  ];
  return (
    copiedText.length >= Math.min(minCopiedChars, allText.length) &&
    copiedText !== '' &&
    allText.includes(copiedText)
  );
}

const spareChars = 300;

/** Formats a recap as lines of as many messages as it needs. */
export function formatRecapMessages(
  { points, session }: Recap,
  times: WallTimes,
): readonly (readonly [AnyLine, ...AnyLine[]])[] {
  const { channelName: channel, startedAtWallMs } = session;
  const title: TextLine = {
    id: 'recap.title',
    with: { channel, date: times.day(startedAtWallMs) },
  };
  const lines = noteKinds.flatMap((kind) => {
    const kindPoints = points.filter((point) => point.kind === kind);
    return kindPoints.length === 0
      ? []
      : [headingTexts[kind], ...kindPoints.map((point) => formatPoint(point, times))];
  });
  return splitIntoMessages([title, ...lines]);
}

/** Splits lines into as many messages as they need. */
export function splitIntoMessages(
  lines: readonly AnyLine[],
): readonly (readonly [AnyLine, ...AnyLine[]])[] {
  return splitIntoBatches<AnyLine>(lines, countRecapChars, {
    maxSize: maxMessageChars - spareChars,
  });
}

function countRecapChars({ id, with: values = {} }: CheckedLine) {
  return formatText(id, escapeTextValues(values)).length + 1;
}

/** Headings of points of a recap and of notes, by kind. */
export const headingTexts: Readonly<Record<QuotedPoint['kind'], TextLine>> = {
  decision: { id: 'recap.decisions' },
  task: { id: 'recap.tasks' },
  question: { id: 'recap.questions' },
  point: { id: 'recap.points' },
};

function formatPoint(
  { atWallMs, link, name, text: pointText }: QuotedPoint,
  times: WallTimes,
): WordsLine {
  const text = link === undefined ? pointText : `${pointText} ${link}`;
  return { id: 'find.line', with: { text, name, time: times.minute(atWallMs) } };
}
