import type { TranscriptLine, TranscriptSession } from '#src/features/captions/transcript-line.ts';
import { type TextId, type TextValues, text } from '#src/texts/texts.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import { type WallTimes, wallTimesIn } from '#src/texts/wall-time.ts';
import { type NameOf, namesIn, speakerNames } from './speaker-names.ts';
import type { TranscriptContent } from './transcript-file.ts';

/** Session facts that all formats show, each on one line and not yet escaped. */
export type FileHeading = {
  readonly session: TranscriptSession;
  readonly times: WallTimes;
  /** On which it began. */
  readonly day: string;
  readonly nameOf: NameOf;
  /** Names of the speakers, in order of their first lines. */
  readonly names: readonly string[];
  /** Text of a line: what was said, or that it was not understood, and whether the bot was stopped. */
  readonly wordsOf: (line: TranscriptLine) => string;
  readonly say: (id: TextId, words?: TextValues) => string;
};

export function headingOf({ session, lines, timeZone, locale }: TranscriptContent): FileHeading {
  const say = (id: TextId, words?: TextValues) => text(id, words, locale);
  const times = wallTimesIn(timeZone);
  const nameOf = speakerNames(lines, say('transcript.somebody'));
  return {
    session: { ...session, channelName: visibleLine(session.channelName) },
    times,
    day: times.day(session.startedAtWallMs),
    nameOf,
    names: namesIn(lines, nameOf),
    wordsOf: (line) => wordsOf(line, say),
    say,
  };
}

/** The lines above a transcript, each with its text. */
export function headingLines(
  { session, times, names, say }: FileHeading,
  escaped: (words: string) => string,
): readonly string[] {
  const { startedAtWallMs, endedAtWallMs } = session;
  const from = `${times.day(startedAtWallMs)} ${times.minute(startedAtWallMs)}`;
  const isSameDay = times.day(endedAtWallMs ?? 0) === times.day(startedAtWallMs);
  const until =
    endedAtWallMs === undefined
      ? ''
      : ` \u2013 ${isSameDay ? '' : `${times.day(endedAtWallMs)} `}${times.minute(endedAtWallMs)}`;
  return [
    say('captions.thread', { channel: escaped(session.channelName), date: from + until }),
    times.timeZone,
    ...(names.length === 0 ? [] : [names.map(escaped).join(', ')]),
  ];
}

function wordsOf(line: TranscriptLine, say: FileHeading['say']): string {
  const said = visibleLine(line.text);
  if (said === '') return say('transcript.not_understood');
  if (!line.isCut) return said;
  let end = said.length;
  while (end > 0 && ' .,;:!?\u2026\u2014\u2013-'.includes(said.charAt(end - 1))) end--;
  return `${said.slice(0, end)}\u2014 ${say('transcript.stopped')}`;
}
