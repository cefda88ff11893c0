import { bySpeech } from '#src/features/captions/live/caption-line.ts';
import type {
  TranscriptLine,
  TranscriptSession,
  TranscriptSpeaker,
  TranscriptWord,
} from '#src/features/captions/transcript-line.ts';
import type { MessagePlace } from '#src/ports/message-place.ts';
import { harmlessUncut } from '#src/texts/plain.ts';
import { type Locale, type TextId, type TextValues, text } from '#src/texts/texts.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import { isoTime, type WallTimes, wallTimesIn, wholeMs } from '#src/texts/wall-time.ts';
import { type NameOf, namesIn, speakerNames } from './speaker-names.ts';
import { srtFile } from './subtitle-files.ts';

/** By the ending of the file's name. */
export const transcriptFormats = ['txt', 'srt', 'json'] as const;
export type TranscriptFormat = (typeof transcriptFormats)[number];

/** Content of one file, without lines that its reader may not know. */
export type TranscriptContent = {
  readonly session: TranscriptSession;
  readonly lines: readonly TranscriptLine[];
  /** IANA name of the zone of all times of day; UTC where there is none. The file tells it. */
  readonly timeZone?: string;
  readonly locale?: Locale;
};

export type TranscriptFile = { readonly name: string; readonly text: string };

/** A session as one file, in the order of speech. */
export function transcriptFile(
  format: TranscriptFormat,
  content: TranscriptContent,
): TranscriptFile {
  const lines = content.lines.toSorted(bySpeech);
  const heading = headingOf({ ...content, lines });
  const name = `transcript-${channelPart(content.session.channelName)}-${heading.day}.${format}`;
  return { name, text: textOf[format](heading, lines) };
}

const textOf = {
  txt: textFile,
  srt: srtFile,
  json: jsonFile,
} as const;

/** Longest name of a channel within the name of a file, in characters. */
const maxChannelChars = 40;

/** Letters and digits of any script, so that no system and no shell takes it for anything but a name. */
function channelPart(channelName: string): string {
  const plain = channelName
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, '-')
    .replace(/^[-\p{M}]+/u, '');
  const short = [...plain].slice(0, maxChannelChars).join('').replace(/-$/, '');
  return short === '' ? 'channel' : short;
}

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

function headingOf({ session, lines, timeZone, locale }: TranscriptContent): FileHeading {
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
function headingLines(
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

/** Plain text: one line for each. */
function textFile(heading: FileHeading, lines: readonly TranscriptLine[]): string {
  const { nameOf, wordsOf } = heading;
  const timeOf = timesOf(heading, lines);
  const entries = lines.map(
    (line) => `[${timeOf(line)}] ${unpinged(nameOf(line.speaker))}: ${unpinged(wordsOf(line))}`,
  );
  return [...headingLines(heading, unpinged), '', ...entries, ''].join('\n');
}

/** Time of day of a line; with its date where the lines are of several days. */
function timesOf(
  { session, times }: FileHeading,
  lines: readonly TranscriptLine[],
): (line: TranscriptLine) => string {
  const wallOf = ({ startMs }: TranscriptLine) => session.startedAtWallMs + startMs;
  const days = new Set(lines.map((line) => times.day(wallOf(line))));
  return (line) => {
    const wallMs = wallOf(line);
    return days.size > 1 ? `${times.day(wallMs)} ${times.second(wallMs)}` : times.second(wallMs);
  };
}

/** A line that is copied into a chat notifies no person. */
function unpinged(words: string): string {
  return harmlessUncut(words).replace(/<(?=[@#])/g, '< ');
}

/** Changes when a reader of the former one would misread the file. */
const version = 1;

/** JSON by `docs/transcript.schema.json`, each line of the transcript on a line of the file. */
function jsonFile(heading: FileHeading, lines: readonly TranscriptLine[]): string {
  const { guildId, startedAtWallMs } = heading.session;
  const head = { format: 'parley-transcript', version, session: sessionJson(heading) };
  const entries = lines.map((line) => JSON.stringify(lineJson(line, guildId, startedAtWallMs)));
  return `${JSON.stringify(head).slice(0, -1)},"lines":[\n${entries.join(',\n')}\n]}\n`;
}

function sessionJson({ session, times }: FileHeading) {
  const { id, guildId, channelId, channelName, placeId, startedAtWallMs, endedAtWallMs } = session;
  return {
    id,
    guildId,
    channelId,
    channelName,
    placeId,
    startedAt: isoTime(startedAtWallMs),
    endedAt: endedAtWallMs === undefined ? undefined : isoTime(endedAtWallMs),
    timeZone: times.timeZone,
  };
}

function lineJson(line: TranscriptLine, guildId: string, startedAtWallMs: number) {
  const { number, speaker, text, isCut, language, words, confidence, post } = line;
  const [startMs, endMs] = [wholeMs(line.startMs), wholeMs(line.endMs)];
  return {
    number,
    speaker: speakerJson(speaker),
    startMs,
    endMs: Math.max(startMs, endMs),
    startedAt: isoTime(startedAtWallMs + startMs),
    text: visibleLine(text),
    isUnderstood: visibleLine(text) !== '',
    isCut,
    language,
    ...(confidence !== undefined && { confidence: share(confidence) }),
    words: words?.map(wordJson),
    link: post && messageLink(guildId, post),
  };
}

function speakerJson(speaker: TranscriptSpeaker) {
  const name = visibleLine(speaker.name);
  if (speaker.kind === 'person') return { kind: 'person', id: speaker.personId, name };
  return { kind: 'bot', name, answeredIds: speaker.answeredIds };
}

function wordJson({ text, startMs, endMs, confidence }: TranscriptWord) {
  return {
    text: visibleLine(text),
    startMs: wholeMs(startMs),
    endMs: Math.max(wholeMs(startMs), wholeMs(endMs)),
    ...(confidence !== undefined && { confidence: share(confidence) }),
  };
}

/** 0 to 1, whatever a recogniser counts. */
function share(confidence: number): number {
  return Math.min(1, Math.max(0, confidence)) || 0;
}

/** Address of a message in a server. */
export function messageLink(guildId: string, { channelId, messageId }: MessagePlace): string {
  return `https://discord.com/channels/${guildId}/${channelId}/${messageId}`;
}
