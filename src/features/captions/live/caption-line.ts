import type { GuildId } from '#src/base/ids.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type {
  TranscriptLine,
  TranscriptSpeaker,
} from '#src/features/captions/transcript-line.ts';
import { formatWrittenText } from '#src/notices/channel-notices.ts';
import type { LineProgress } from '#src/ports/caption-chats.ts';
import {
  escapeInlineMarkdown,
  escapeMarkdown,
  removeHiddenCharacters,
  truncate,
} from '#src/texts/plain-text.ts';
import { toVisibleLine } from '#src/texts/visible-line.ts';

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

export function trimLineWords(
  { speaker, state, text }: CaptionLine,
  notUnderstood: string,
): string {
  if (!state && text === '') return notUnderstood;
  const words = formatWords(text, maxWordsChars);
  // Only remarks are in italics, since words of people are escaped.
  return speaker || words === '' ? words : `*${words}*`;
}

export function renderLines(
  lines: readonly CaptionLine[],
  notUnderstood: string,
): string {
  const shown = lines.flatMap((line) => {
    const words = trimLineWords(line, notUnderstood);
    return words === '' ? [] : renderLine(line, words);
  });
  return shown.join('\n');
}

function renderLine(line: CaptionLine, words: string) {
  const { speaker, time, translation = '' } = line;
  const at = time === undefined ? '' : `(${time}) `;
  const name = speaker ? `**${formatName(speaker.name)}** ${at}` : '';
  const said = `${name}${words}${getLineMark(line, words)}`;
  const room = maxLineChars - said.length;
  const below = room > 0 ? formatWords(translation, room) : '';
  return below === '' ? said : `${said}\n-# ${below.replace(listMarker, '$1\\$2')}`;
}

function getLineMark({ isCut, state }: CaptionLine, words: string) {
  if (isCut) return '\u2014';
  return !state || words.endsWith('\u2026') ? '' : '\u2026';
}

/** Formats a name without links, as a question mark if invisible. */
function formatName(name: string) {
  const clean = removeHiddenCharacters(toVisibleLine(truncate(name, maxNameChars)));
  return escapeInlineMarkdown(clean).replace(/:(?=\/)/g, '\\:') || '?';
}

/** Escapes markdown. A link stays a link, without a preview. */
function formatWords(words: string, maxLength: number) {
  const clean = toVisibleLine(words);
  let shown = escapeMarkdown(clean);
  for (let most = clean.length; shown.length > maxLength; ) {
    most = Math.max(1, Math.floor((most * maxLength) / shown.length) - 1);
    shown = escapeMarkdown(truncate(clean, most));
  }
  return shown;
}

/** Names have at most 32 characters: https://docs.discord.com/developers/resources/user#usernames-and-nicknames */
const maxNameChars = 100;

/** Formats the mark of a line without words, in italics unlike words of people. */
export function getNotUnderstoodText(guildId: GuildId, deps: Deps<'places'>): string {
  return `*${formatWrittenText({ id: 'transcript.not_understood' }, guildId, deps)}*`;
}
