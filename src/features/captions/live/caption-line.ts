import type { GuildId } from '#src/base/ids.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import { formatWrittenText } from '#src/notices/channel-notices.ts';
import type { LineProgress } from '#src/ports/caption-chats.ts';
import type {
  TranscriptLine,
  TranscriptSpeaker,
} from '#src/stores/transcripts/transcript-line.ts';
import {
  escapeInlineMarkdown,
  escapeMarkdown,
  removeHiddenCharacters,
  toVisibleLine,
  truncate,
} from '#src/texts/plain-text.ts';

/** One utterance at an instant, or a remark. */
export type CaptionLine = Pick<
  TranscriptLine,
  'number' | 'startMs' | 'text' | 'isCut'
> & {
  /** Absent for a remark, such as music that plays. */
  readonly speaker?: TranscriptSpeaker;
  /** Absent if the line is over. */
  readonly state?: LineProgress;
  readonly translation?: string;
  readonly time?: string;
};

/** A line with name and translation fits into any new message. */
const maxLineChars = 1_900;
/** The transcript has the rest. */
const maxWordsChars = 1_500;
const listMarker = /^(\d+)([.)])/;

/** Formats the words of a line, as many as a message shows. Empty if nothing is to be shown. */
export function trimLineWords(
  { speaker, state, text }: CaptionLine,
  notUnderstood: string,
): string {
  if (!state && text === '') return notUnderstood;
  const shortText = formatWords(text, maxWordsChars);
  // Only remarks are in italics, since words of people are escaped.
  return speaker || shortText === '' ? shortText : `*${shortText}*`;
}

/** Formats lines for a message. Lines without words are left out. */
export function renderCaptionLines(
  lines: readonly CaptionLine[],
  notUnderstood: string,
): string {
  const shownLines = lines.flatMap((line) => {
    const text = trimLineWords(line, notUnderstood);
    return text === '' ? [] : renderLine(line, text);
  });
  return shownLines.join('\n');
}

function renderLine(line: CaptionLine, text: string) {
  const { speaker, time, translation = '' } = line;
  const timePrefix = time === undefined ? '' : `(${time}) `;
  const name = speaker ? `**${formatName(speaker.name)}** ${timePrefix}` : '';
  const speech = `${name}${text}${getLineMark(line, text)}`;
  const roomChars = maxLineChars - speech.length;
  const translationText = roomChars > 0 ? formatWords(translation, roomChars) : '';
  return translationText === ''
    ? speech
    : `${speech}\n-# ${translationText.replace(listMarker, '$1\\$2')}`;
}

function getLineMark({ isCut, state }: CaptionLine, text: string) {
  if (isCut) return '\u2014';
  return !state || text.endsWith('\u2026') ? '' : '\u2026';
}

/** Formats a name without links, as a question mark if invisible. */
function formatName(name: string) {
  const clean = removeHiddenCharacters(toVisibleLine(truncate(name, maxNameChars)));
  return escapeInlineMarkdown(clean).replace(/:(?=\/)/g, '\\:') || '?';
}

/** Escapes markdown. A link stays a link, without a preview. */
function formatWords(text: string, maxLength: number) {
  const visibleText = toVisibleLine(text);
  let escapedText = escapeMarkdown(visibleText);
  for (let maxVisibleChars = visibleText.length; escapedText.length > maxLength; ) {
    maxVisibleChars = Math.max(
      1,
      Math.floor((maxVisibleChars * maxLength) / escapedText.length) - 1,
    );
    escapedText = escapeMarkdown(truncate(visibleText, maxVisibleChars));
  }
  return escapedText;
}

/** Names have at most 32 characters: https://docs.discord.com/developers/resources/user#usernames-and-nicknames */
const maxNameChars = 100;

/** Formats the mark of a line without words, in italics unlike words of people. */
export function getNotUnderstoodText(guildId: GuildId, deps: Deps<'places'>): string {
  return `*${formatWrittenText({ id: 'transcript.not_understood' }, guildId, deps)}*`;
}
