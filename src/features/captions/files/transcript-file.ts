import { bySpeech } from '#src/features/captions/live/caption-line.ts';
import type {
  TranscriptLine,
  TranscriptSession,
  TranscriptSpeaker,
  TranscriptWord,
} from '#src/features/captions/transcript-line.ts';
import type { MessagePlace } from '#src/ports/message-place.ts';
import { harmlessUncut } from '#src/texts/plain.ts';
import { type Locale, text } from '#src/texts/texts.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import { isoTime, type WallTimes, wallTimesIn, wholeMs } from '#src/texts/wall-time.ts';
import { speakerNames } from './speaker-names.ts';
import { srtOf } from './subtitle-files.ts';

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

/** A line with its name and words as a reader sees them. */
type WrittenLine = Pick<TranscriptLine, 'number' | 'startMs' | 'endMs'> & {
  readonly name: string;
  readonly text: string;
};

/** A session as one file, in the order of speech. */
export function transcriptFile(
  format: TranscriptFormat,
  { lines: given, locale, session, timeZone }: TranscriptContent,
): TranscriptFile {
  const lines = given.toSorted(bySpeech);
  const times = wallTimesIn(timeZone);
  const nameOf = speakerNames(lines, text('transcript.somebody', undefined, locale));
  const written = lines.map((line): WrittenLine => {
    return { ...line, name: nameOf(line.speaker), text: wordsOf(line, locale) };
  });
  const day = times.day(session.startedAtWallMs);
  const name = `transcript-${channelPart(session.channelName)}-${day}.${format}`;
  const textOf = {
    txt: () => textFile(session, written, times, locale),
    srt: () => srtOf(written),
    json: () => jsonFile(session, lines, times),
  };
  return { name, text: textOf[format]() };
}

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

/** What was said, or that it was not understood, and whether the bot was stopped. */
function wordsOf({ isCut, text: said }: TranscriptLine, locale?: Locale): string {
  const words = visibleLine(said);
  if (words === '') return text('transcript.not_understood', undefined, locale);
  if (!isCut) return words;
  let end = words.length;
  while (end > 0 && ' .,;:!?\u2026\u2014\u2013-'.includes(words.charAt(end - 1))) end--;
  return `${words.slice(0, end)}\u2014 ${text('transcript.stopped', undefined, locale)}`;
}

/** Plain text: channel, date, zone and speakers, then one line for each, with its date where they are of several days. */
function textFile(
  { channelName, endedAtWallMs, startedAtWallMs }: TranscriptSession,
  lines: readonly WrittenLine[],
  times: WallTimes,
  locale?: Locale,
): string {
  const day = times.day(startedAtWallMs);
  const dayOf = (wallMs: number) => (times.day(wallMs) === day ? '' : `${times.day(wallMs)} `);
  const until =
    endedAtWallMs === undefined
      ? ''
      : ` \u2013 ${dayOf(endedAtWallMs)}${times.minute(endedAtWallMs)}`;
  const date = `${day} ${times.minute(startedAtWallMs)}${until}`;
  const channel = unpinged(visibleLine(channelName));
  const names = [...new Set(lines.map(({ name }) => unpinged(name)))];
  const wallOf = ({ startMs }: WrittenLine) => startedAtWallMs + startMs;
  const days = new Set(lines.map((line) => times.day(wallOf(line))));
  const entries = lines.map((line) => {
    const date = days.size > 1 ? `${times.day(wallOf(line))} ` : '';
    return `[${date}${times.second(wallOf(line))}] ${unpinged(line.name)}: ${unpinged(line.text)}`;
  });
  return [
    text('captions.thread', { channel, date }, locale),
    times.timeZone,
    ...(names.length === 0 ? [] : [names.join(', ')]),
    '',
    ...entries,
    '',
  ].join('\n');
}

/** A line that is copied into a chat notifies no person. */
function unpinged(words: string): string {
  return harmlessUncut(words).replace(/<(?=[@#])/g, '< ');
}

/** Changes when a reader of the former one would misread the file. */
const version = 1;

/** JSON by `docs/transcript.schema.json`, each line of the transcript on a line of the file. */
function jsonFile(
  { channelName, endedAtWallMs, startedAtWallMs, ...ids }: TranscriptSession,
  lines: readonly TranscriptLine[],
  { timeZone }: WallTimes,
): string {
  const session = {
    ...ids,
    channelName: visibleLine(channelName),
    startedAt: isoTime(startedAtWallMs),
    endedAt: endedAtWallMs === undefined ? undefined : isoTime(endedAtWallMs),
    timeZone,
  };
  const head = JSON.stringify({ format: 'parley-transcript', version, session });
  const entries = lines.map((line) => JSON.stringify(lineJson(line, ids.guildId, startedAtWallMs)));
  return `${head.slice(0, -1)},"lines":[\n${entries.join(',\n')}\n]}\n`;
}

function lineJson(line: TranscriptLine, guildId: string, startedAtWallMs: number) {
  const { number, speaker, isCut, language, post } = line;
  const said = wordJson(line);
  return {
    number,
    speaker: speakerJson(speaker),
    ...said,
    startedAt: isoTime(startedAtWallMs + said.startMs),
    isUnderstood: said.text !== '',
    isCut,
    language,
    words: line.words?.map(wordJson),
    link: post && messageLink(guildId, post),
  };
}

function speakerJson(speaker: TranscriptSpeaker) {
  const name = visibleLine(speaker.name);
  if (speaker.kind === 'person') return { kind: 'person', id: speaker.personId, name };
  return { ...speaker, name };
}

/** A word or a line; its confidence is 0 to 1, whatever a recogniser counts. */
function wordJson({ text: said, confidence, ...word }: TranscriptWord) {
  const startMs = wholeMs(word.startMs);
  return {
    text: visibleLine(said),
    startMs,
    endMs: Math.max(startMs, wholeMs(word.endMs)),
    ...(confidence !== undefined && {
      confidence: Math.min(1, Math.max(0, confidence)) || 0,
    }),
  };
}

/** Address of a message in a server. */
export function messageLink(guildId: string, { channelId, messageId }: MessagePlace): string {
  return `https://discord.com/channels/${guildId}/${channelId}/${messageId}`;
}
