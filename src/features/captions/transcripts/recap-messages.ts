import { recapKinds } from '#src/features/captions/answers/make-recap.ts';
import type { QuotedPoint, RecapOutcome } from '#src/features/captions/caption-outcomes.ts';
import { maxMessageChars, plainWords } from '#src/texts/plain.ts';
import { type CheckedLine, type TextLine, text } from '#src/texts/texts.ts';
import type { WallTimes } from '#src/texts/wall-time.ts';

/** Room in a message, in characters, for title and headings in languages that take more of it than English. */
const spareChars = 300;

/** A recap as lines of text, in as many messages as its length asks for: a title, then a heading before each kind of point. */
export function recapMessages(
  { isPartial, points, session }: Extract<RecapOutcome, { readonly kind: 'recap' }>,
  times: WallTimes,
): readonly [readonly [TextLine, ...TextLine[]], ...(readonly [TextLine, ...TextLine[]])[]] {
  const { channelName: channel, startedAtWallMs } = session;
  const date = times.day(startedAtWallMs);
  const messages: [[TextLine, ...TextLine[]], ...[TextLine, ...TextLine[]][]] = [
    [{ id: 'recap.title', with: { channel, date } }],
  ];
  let chars = spareChars;
  const lines = recapKinds.flatMap((kind) => {
    const own = points.filter((point) => point.kind === kind);
    return own.length === 0 ? [] : [headings[kind], ...own.map((point) => lineOf(point, times))];
  });
  for (const line of isPartial ? [...lines, partial] : lines) {
    const { id, with: words = {} }: CheckedLine = line;
    const own = text(id, plainWords(words)).length + 1;
    chars += own;
    if (chars <= maxMessageChars) messages.at(-1)?.push(line);
    else {
      messages.push([line]);
      chars = spareChars + own;
    }
  }
  return messages;
}

const headings: Readonly<Record<QuotedPoint['kind'], TextLine>> = {
  decision: { id: 'recap.decisions' },
  task: { id: 'recap.tasks' },
  question: { id: 'recap.questions' },
  point: { id: 'recap.points' },
};
const partial: TextLine = { id: 'recap.failed' };

/** A point with name and time of its line, and the message that shows it, if any. */
function lineOf({ atWallMs, link, name, text: words }: QuotedPoint, times: WallTimes): TextLine {
  const text = link === undefined ? words : `${words} ${link}`;
  return { id: 'find.line', with: { text, name, time: times.minute(atWallMs) } };
}
