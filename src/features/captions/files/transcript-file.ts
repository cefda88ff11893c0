import type {
  TranscriptLine,
  TranscriptSession,
  TranscriptSpeaker,
} from '#src/features/captions/transcript-line.ts';
import type { MessagePlace } from '#src/ports/message-place.ts';
import { harmlessUncut } from '#src/texts/plain.ts';
import { type Locale, text } from '#src/texts/texts.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import { isoTime, type WallTimes, wallTimesIn } from '#src/texts/wall-time.ts';
import { type SubtitleLine, srtOf } from './subtitle-files.ts';

/** By the ending of the file's name. */
export const transcriptFormats = ['txt', 'srt', 'json'] as const;
export type TranscriptFormat = (typeof transcriptFormats)[number];

/** Content of one file, without lines that its reader may not know. */
export type TranscriptContent = {
  readonly session: TranscriptSession;
  /** In order of speech. */
  readonly lines: readonly TranscriptLine[];
  /** IANA name of the zone of all times of day; UTC where there is none. The file tells it. */
  readonly timeZone?: string;
  readonly locale?: Locale;
};

export type TranscriptFile = { readonly name: string; readonly text: string };

/** A session as one file. */
export function transcriptFile(
  format: TranscriptFormat,
  { lines, locale, session, timeZone }: TranscriptContent,
): TranscriptFile {
  const times = wallTimesIn(timeZone);
  const nameOf = speakerNames(lines, text('transcript.somebody', undefined, locale));
  const written = lines.map((line) => {
    return { ...line, name: nameOf(line.speaker), text: wordsOf(line, locale) };
  });
  const day = times.day(session.startedAtWallMs);
  const name = `transcript-${day}.${format}`;
  const textOf = {
    txt: () => textFile(session, written, times, locale),
    srt: () => srtOf(written),
    json: () => jsonFile(session, lines, times),
  };
  return { name, text: textOf[format]() };
}

/** What was said, or that it was not understood, and whether the bot was stopped. */
function wordsOf({ isCut, text: spoken }: TranscriptLine, locale?: Locale): string {
  const words = visibleLine(spoken);
  if (words === '') return text('transcript.not_understood', undefined, locale);
  return isCut ? `${words}\u2014` : words;
}

/** Plain text: channel, date and zone, then one line for each, with its date where they are of several days. */
function textFile(
  { channelName, startedAtWallMs }: TranscriptSession,
  lines: readonly Required<SubtitleLine>[],
  times: WallTimes,
  locale?: Locale,
): string {
  const channel = unpinged(visibleLine(channelName));
  const date = times.day(startedAtWallMs);
  const atWallMs = lines.map(({ startMs }) => startedAtWallMs + startMs);
  const timeOf = datedTimes(atWallMs, times, 'second');
  const entries = lines.map(
    ({ name, startMs, text: said }) =>
      `[${timeOf(startedAtWallMs + startMs)}] ${unpinged(name)}: ${unpinged(said)}`,
  );
  const title = text('captions.thread', { channel, date }, locale);
  return [title, times.timeZone, '', ...entries, ''].join('\n');
}

/** Writes times of day of these instants, with the date where they are of several days. */
export function datedTimes(
  allWallMs: readonly number[],
  times: WallTimes,
  unit: 'minute' | 'second',
): (wallMs: number) => string {
  const days = new Set(allWallMs.map((wallMs) => times.day(wallMs)));
  return (wallMs) => `${days.size > 1 ? `${times.day(wallMs)} ` : ''}${times[unit](wallMs)}`;
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
    endedAt: endedAtWallMs && isoTime(endedAtWallMs),
    timeZone,
  };
  const head = JSON.stringify({ format: 'parley-transcript', version, session });
  const entries = lines.map((line) => JSON.stringify(lineJson(line, ids.guildId, startedAtWallMs)));
  return `${head.slice(0, -1)},"lines":[\n${entries.join(',\n')}\n]}\n`;
}

function lineJson(line: TranscriptLine, guildId: GuildId, startedAtWallMs: number) {
  const { number, speaker, startMs, endMs, isCut, language, post } = line;
  const name = visibleLine(speaker.name);
  const text = visibleLine(line.text);
  return {
    number,
    speaker:
      speaker.kind === 'person'
        ? { kind: 'person', id: speaker.personId, name }
        : { ...speaker, name },
    text,
    startMs,
    endMs,
    startedAt: isoTime(startedAtWallMs + startMs),
    isUnderstood: text !== '',
    isCut,
    language,
    link: post && messageLink(guildId, post),
  };
}

/** Address of a message in a server. */
export function messageLink(guildId: GuildId, { channelId, messageId }: MessagePlace): string {
  return `https://discord.com/channels/${guildId}/${channelId}/${messageId}`;
}

/** Everything that is read like the colon between a name and its words. */
const colons = /[:\u02d0\u05c3\u2236\ua789\ufe13\ufe55\uff1a]/gu;

/** Name that a line shows for its speaker. */
type NameOf = (speaker: TranscriptSpeaker) => string;

/**
 * Names on one line and without a colon, so that no name can look like another person's line. A name that another
 * speaker of these lines has already is followed by a number: no person can pass for another.
 */
export function speakerNames(lines: readonly TranscriptLine[], somebody: string): NameOf {
  const shown = new Map<string, string>();
  const owners = new Map<string, string>();
  const isBot = ({ kind }: TranscriptSpeaker) => Number(kind === 'bot');
  // The bot keeps its name, whatever people call themselves.
  const all = lines.map(({ speaker }) => speaker).toSorted((a, b) => isBot(b) - isBot(a));
  for (const speaker of all) {
    const id = idOf(speaker);
    const name = visibleLine(speaker.name.replace(colons, ' ')) || somebody;
    let free = name;
    for (let n = 2; (owners.get(alike(free)) ?? id) !== id; n++) free = `${name} (${n})`;
    owners.set(alike(free), id);
    shown.set(keyOf(speaker), free);
  }
  return (speaker) => shown.get(keyOf(speaker)) ?? somebody;
}

/** A changed name is another one: each line keeps the name that its speaker had then. */
function keyOf(speaker: TranscriptSpeaker): string {
  return `${idOf(speaker)} ${speaker.name}`;
}

function idOf(speaker: TranscriptSpeaker): string {
  return speaker.kind === 'bot' ? 'bot' : speaker.personId;
}

/** Small and capital letters, and letters of other widths, look the same to a reader in a hurry. */
function alike(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}
