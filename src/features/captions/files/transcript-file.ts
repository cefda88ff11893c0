import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { MessagePlace } from '#src/ports/typed-messages.ts';
import type {
  TranscriptLine,
  TranscriptSession,
  TranscriptSpeaker,
} from '#src/stores/transcripts/transcript-line.ts';
import { removeHiddenCharacters, toVisibleLine } from '#src/texts/plain-text.ts';
import { formatText, type Locale } from '#src/texts/texts.ts';
import {
  createWallTimes,
  formatIsoTime,
  type WallTimes,
} from '#src/texts/wall-time.ts';
import { formatSrt, type SubtitleLine } from './subtitle-files.ts';

/** Formats that people are offered. */
export const transcriptFormats = ['txt', 'srt', 'json'] as const;
/** Formats that programs may ask for: also OpenAI's, with the speaker of each segment. */
export const programTranscriptFormats = [
  'txt',
  'srt',
  'json',
  'diarized_json',
] as const;
export type TranscriptFormat = (typeof programTranscriptFormats)[number];

/** The lines of a transcript with the facts for its head. */
export type TranscriptContent = {
  readonly session: TranscriptSession;
  readonly lines: readonly TranscriptLine[];
  /** IANA name. Default: UTC. The file names the zone. */
  readonly timeZone?: string;
  readonly locale?: Locale;
};

export type TranscriptFile = { readonly name: string; readonly text: string };

/** Formats a transcript as a file with its name. */
export function formatTranscriptFile(
  format: TranscriptFormat,
  { lines, locale, session, timeZone }: TranscriptContent,
): TranscriptFile {
  const times = createWallTimes(timeZone);
  const findSpeakerName = createSpeakerNames(
    lines,
    formatText('transcript.somebody', undefined, locale),
  );
  const subtitleLines = lines.map((line) => {
    return {
      ...line,
      name: findSpeakerName(line.speaker),
      text: formatSpokenWords(line, locale),
    };
  });
  const day = times.day(session.startedAtWallMs);
  const name = `transcript-${day}.${format === 'diarized_json' ? 'json' : format}`;
  const formats = {
    txt: () => formatTextFile(session, subtitleLines, times, locale),
    srt: () => formatSrt(subtitleLines),
    json: () => formatJsonFile(session, lines, times),
    diarized_json: () => formatDiarized(subtitleLines),
  };
  return { name, text: formats[format]() };
}

function formatSpokenWords({ isCut, text: lineText }: TranscriptLine, locale?: Locale) {
  const text = toVisibleLine(lineText);
  if (text === '') return formatText('transcript.not_understood', undefined, locale);
  return isCut ? `${text}\u2014` : text;
}

function formatTextFile(
  { channelName, startedAtWallMs }: TranscriptSession,
  lines: readonly Required<SubtitleLine>[],
  times: WallTimes,
  locale?: Locale,
) {
  const channel = escapePings(toVisibleLine(channelName));
  const date = times.day(startedAtWallMs);
  const atWallMs = lines.map(({ startMs }) => startedAtWallMs + startMs);
  const formatTime = formatDatedTimes(atWallMs, times, 'second');
  const entries = lines.map(
    ({ name, startMs, text }) =>
      `[${formatTime(startedAtWallMs + startMs)}] ${escapePings(name)}: ${escapePings(text)}`,
  );
  const title = formatText('captions.thread', { channel, date }, locale);
  return [title, times.timeZone, '', ...entries, ''].join('\n');
}

/** Creates a formatter of times, with dates if the days of `allWallMs` differ. */
export function formatDatedTimes(
  allWallMs: readonly number[],
  times: WallTimes,
  unit: 'minute' | 'second',
): (wallMs: number) => string {
  const days = new Set(allWallMs.map((wallMs) => times.day(wallMs)));
  return (wallMs) =>
    `${days.size > 1 ? `${times.day(wallMs)} ` : ''}${times[unit](wallMs)}`;
}

/** Breaks mentions. */
function escapePings(text: string) {
  // Words copied into a chat must ping nobody.
  return removeHiddenCharacters(text).replace(/<(?=[@#])/g, '< ');
}

/** Formats OpenAI's `diarized_json`. The speakers are those of the voice channel, by their names. */
function formatDiarized(lines: readonly Required<SubtitleLine>[]) {
  const segments = lines.map(({ endMs, name, startMs, text }, n) => ({
    type: 'transcript.text.segment',
    id: `seg_${n + 1}`,
    start: startMs / 1_000,
    end: endMs / 1_000,
    speaker: name,
    text,
  }));
  const duration = Math.max(0, ...segments.map(({ end }) => end));
  const text = segments.map((segment) => segment.text).join(' ');
  return `${JSON.stringify({ task: 'transcribe', duration, text, segments })}\n`;
}

/** Raised when a reader of the former version would misread the file. */
const jsonVersion = 1;

/** Formats JSON by `docs/transcript.schema.json`, one utterance a line. */
function formatJsonFile(
  { channelName, endedAtWallMs, startedAtWallMs, ...ids }: TranscriptSession,
  lines: readonly TranscriptLine[],
  { timeZone }: WallTimes,
) {
  const session = {
    ...ids,
    channelName: toVisibleLine(channelName),
    startedAt: formatIsoTime(startedAtWallMs),
    endedAt: endedAtWallMs && formatIsoTime(endedAtWallMs),
    timeZone,
  };
  const header = JSON.stringify({
    format: 'parley-transcript',
    version: jsonVersion,
    session,
  });
  const entries = lines.map((line) =>
    JSON.stringify(toLineJson(line, ids.guildId, startedAtWallMs)),
  );
  return `${header.slice(0, -1)},"lines":[\n${entries.join(',\n')}\n]}\n`;
}

function toLineJson(line: TranscriptLine, guildId: GuildId, startedAtWallMs: number) {
  const { number, speaker, startMs, endMs, isCut, language, post } = line;
  const name = toVisibleLine(speaker.name);
  const text = toVisibleLine(line.text);
  return {
    number,
    speaker:
      speaker.kind === 'person'
        ? { kind: 'person', id: speaker.personId, name }
        : { ...speaker, name },
    text,
    startMs,
    endMs,
    startedAt: formatIsoTime(startedAtWallMs + startMs),
    isUnderstood: text !== '',
    isCut,
    language,
    link: post && toMessageLink(guildId, post),
  };
}

/** Returns the address of a message. */
export function toMessageLink(
  guildId: GuildId,
  { channelId, messageId }: MessagePlace,
): string {
  return `https://discord.com/channels/${guildId}/${channelId}/${messageId}`;
}

/** Characters that look like the colon after a name. */
const colonPattern = /[:\u02d0\u05c3\u2236\ua789\ufe13\ufe55\uff1a]/gu;

type FindSpeakerName = (speaker: TranscriptSpeaker) => string;

/**
 * Finds safe names of speakers: one line, no colon, and a number after a name that another speaker has. `fallbackName`
 * is for a name without a visible character.
 */
export function createSpeakerNames(
  lines: readonly TranscriptLine[],
  fallbackName: string,
): FindSpeakerName {
  const namesByKey = new Map<string, string>();
  const idsByName = new Map<string, PersonId | 'bot'>();
  const rankBot = ({ kind }: TranscriptSpeaker) => Number(kind === 'bot');
  // The bot keeps its name, whatever people call themselves.
  const speakers = lines
    .map(({ speaker }) => speaker)
    .toSorted((a, b) => rankBot(b) - rankBot(a));
  for (const speaker of speakers) {
    const id = getSpeakerId(speaker);
    const name = toVisibleLine(speaker.name.replace(colonPattern, ' ')) || fallbackName;
    let freeName = name;
    for (let n = 2; (idsByName.get(normaliseName(freeName)) ?? id) !== id; n++)
      freeName = `${name} (${n})`;
    idsByName.set(normaliseName(freeName), id);
    namesByKey.set(toSpeakerKey(speaker), freeName);
  }
  return (speaker) => namesByKey.get(toSpeakerKey(speaker)) ?? fallbackName;
}

/** Builds a key from a speaker's id and former name. */
function toSpeakerKey(speaker: TranscriptSpeaker) {
  return `${getSpeakerId(speaker)} ${speaker.name}`;
}

function getSpeakerId(speaker: TranscriptSpeaker) {
  return speaker.kind === 'bot' ? 'bot' : speaker.personId;
}

/** Normalises case and width, which readers easily miss. */
function normaliseName(name: string) {
  return name.normalize('NFKC').toLowerCase();
}
