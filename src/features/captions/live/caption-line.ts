import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { TranscriptLine, TranscriptSpeaker } from '#src/features/captions/transcript-line.ts';
import { formatWrittenText } from '#src/notices/channel-notices.ts';
import type { LineProgress } from '#src/ports/caption-chats.ts';
import {
  escapeInlineMarkdown,
  escapeMarkdown,
  removeHiddenCharacters,
  truncate,
} from '#src/texts/plain-text.ts';
import { toVisibleLine } from '#src/texts/visible-line.ts';

/** One utterance as live captions know it at an instant, or a remark. */
export type CaptionLine = Pick<TranscriptLine, 'number' | 'startMs' | 'text' | 'isCut'> & {
  /** Absent: the line says what happens beside words, for example that music plays. */
  readonly speaker?: TranscriptSpeaker;
  /** Absent: the line is over. */
  readonly state?: LineProgress;
  /** Shown below the line. */
  readonly translation?: string;
  /** Time of day of a line that is heard late, shown behind the name. */
  readonly time?: string;
};

/** Most characters of a line with its name and translation, so that it finds room in any new message. */
const maxLineChars = 1_900;
/** Most characters of the words of a line; further ones stand in the transcript. */
const maxWordsChars = 1_500;
/** Beginning of a numbered list. */
const listMarker = /^(\d+)([.)])/;

/** Words of a line as they are shown, without its name, or `notUnderstood` (markdown); empty while none is visible. */
export function trimLineWords(
  { speaker, state, text }: CaptionLine,
  notUnderstood: string,
): string {
  if (!state && text === '') return notUnderstood;
  const words = formatWords(text, maxWordsChars);
  // In italics without a name, which no words of people can be.
  return speaker || words === '' ? words : `*${words}*`;
}

/** Markdown of a message with these lines; empty: none has visible words. */
export function renderLines(lines: readonly CaptionLine[], notUnderstood: string): string {
  const shown = lines.flatMap((line) => {
    const words = trimLineWords(line, notUnderstood);
    return words === '' ? [] : renderLine(line, words);
  });
  return shown.join('\n');
}

function renderLine(line: CaptionLine, words: string): string {
  const { speaker, time, translation = '' } = line;
  const at = time === undefined ? '' : `(${time}) `;
  const name = speaker ? `**${formatName(speaker.name)}** ${at}` : '';
  const said = `${name}${words}${getLineMark(line, words)}`;
  const room = maxLineChars - said.length;
  const below = room > 0 ? formatWords(translation, room) : '';
  return below === '' ? said : `${said}\n-# ${below.replace(listMarker, '$1\\$2')}`;
}

function getLineMark({ isCut, state }: CaptionLine, words: string): string {
  if (isCut) return '\u2014';
  return !state || words.endsWith('\u2026') ? '' : '\u2026';
}

/** A name, or a question mark where it has nothing visible. No address in it becomes a link. */
function formatName(name: string): string {
  const clean = removeHiddenCharacters(toVisibleLine(truncate(name, maxNameChars)));
  return escapeInlineMarkdown(clean).replace(/:(?=\/)/g, '\\:') || '?';
}

/** Words with markdown shown instead of obeyed, cut at `maxLength` characters. A link stays one, without a preview. */
function formatWords(words: string, maxLength: number): string {
  const clean = toVisibleLine(words);
  let shown = escapeMarkdown(clean);
  for (let most = clean.length; shown.length > maxLength; ) {
    most = Math.max(1, Math.floor((most * maxLength) / shown.length) - 1);
    shown = escapeMarkdown(truncate(clean, most));
  }
  return shown;
}

/** Longest name; those of Discord have 32 characters. */
const maxNameChars = 100;

/** In place of words the recogniser failed on: in italics, which no word of people can be. */
export function getNotUnderstoodText(guildId: GuildId, deps: Deps<'places'>): string {
  return `*${formatWrittenText({ id: 'transcript.not_understood' }, guildId, deps)}*`;
}
