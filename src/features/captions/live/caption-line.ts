import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { TranscriptLine, TranscriptSpeaker } from '#src/features/captions/transcript-line.ts';
import { writtenText } from '#src/notices/notice.ts';
import { address, cut, escapedInside, harmlessUncut } from '#src/texts/plain.ts';
import type { PlainTextId } from '#src/texts/texts.ts';
import { visibleLine } from '#src/texts/visible-line.ts';

/** In place of a speaker: the line says what happens beside words, for example that music plays. */
export type RemarkSpeaker = { readonly kind: 'remark' };

export const remark: RemarkSpeaker = { kind: 'remark' };

/** One utterance as live captions know it at an instant, or a remark, which is final from the beginning. */
export type CaptionLine = Pick<TranscriptLine, 'number' | 'startMs' | 'text' | 'isCut'> & {
  readonly speaker: TranscriptSpeaker | RemarkSpeaker;
  /** `whole`: recognised at a pause, so probably all of it. A line is final once. */
  readonly state: 'partial' | 'whole' | 'final';
  /** Shown below the line. */
  readonly translation?: string;
  /** Time of day of a line that is heard late, shown behind the name. */
  readonly time?: string;
};

/** Texts in captions beside the words of people, in the language of the server. Discord renders their markdown. */
export type CaptionTexts = {
  /** Instead of words the recogniser failed on, say "(not understood)". */
  readonly notUnderstood: string;
  /** Instead of a name without a visible character. */
  readonly unnamed: string;
};

/** Most characters of a line with its name and translation, so that it finds room in any new message. */
const maxLineChars = 1_900;
/** Most characters of the words of a line; further ones stand in the transcript. */
const maxWordsChars = 1_500;
/** Characters that begin a heading, quotation or list at the start of a line. */
const startOfBlock = /^(\d*)([#>+.)-])/;

/** Words of a line as they are shown, without its name; empty while none is visible. */
export function wordsOf({ speaker, state, text }: CaptionLine, texts: CaptionTexts): string {
  if (state === 'final' && text === '') return texts.notUnderstood;
  const words = shownWords(text, maxWordsChars);
  // In italics without a name, which no words of people can be.
  return speaker.kind === 'remark' && words !== '' ? `*${words}*` : words;
}

/** Markdown of a message with these lines; empty: none has visible words. */
export function renderLines(lines: readonly CaptionLine[], texts: CaptionTexts): string {
  const shown = lines.filter((line) => wordsOf(line, texts) !== '');
  return shown.map((line) => renderLine(line, texts)).join('\n');
}

function renderLine(line: CaptionLine, texts: CaptionTexts): string {
  const { speaker, time, translation = '' } = line;
  const at = time === undefined ? '' : `(${time}) `;
  const name = speaker.kind === 'remark' ? '' : `${shownName(speaker.name, texts.unnamed)} ${at}`;
  const said = `${name}${wordsOf(line, texts)}${markOf(line, texts)}`;
  const room = maxLineChars - said.length;
  const below = room > 0 ? shownWords(translation, room) : '';
  return below === '' ? said : `${said}\n-# ${below.replace(startOfBlock, '$1\\$2')}`;
}

function markOf(line: CaptionLine, texts: CaptionTexts): string {
  if (line.isCut) return '\u2014';
  return line.state === 'final' || wordsOf(line, texts).endsWith('\u2026') ? '' : '\u2026';
}

/** Words of people on one line, without what hides, reorders or pushes aside other text; empty where nothing is visible. */
function cleanWords(words: string): string {
  return harmlessUncut(visibleLine(words));
}

/** A name in bold; `unnamed` where it has nothing visible. No address in it becomes a link. */
function shownName(name: string, unnamed: string): string {
  const clean = cleanWords(cut(name, maxNameChars));
  const shown = clean === '' ? unnamed : escapedInside(clean).replace(/:(?=\/)/g, '\\:');
  return `**${shown}**`;
}

/** Words with markdown shown instead of obeyed, cut at `maxLength` characters. A link stays one, without a preview. */
function shownWords(words: string, maxLength: number): string {
  const clean = cleanWords(words);
  let shown = escapedWithLinks(clean);
  for (let most = clean.length; shown.length > maxLength; ) {
    most = Math.max(1, Math.floor((most * maxLength) / shown.length) - 1);
    shown = escapedWithLinks(cut(clean, most));
  }
  return shown;
}

/** Longest name; those of Discord have 32 characters. */
const maxNameChars = 100;

/** Addresses stay as they are; the flags of the message keep them without a preview. */
function escapedWithLinks(words: string): string {
  return words
    .split(address)
    .map((part, n) => (n % 2 === 0 ? escapedInside(part) : part))
    .join('');
}

/** Texts in captions beside the words of people: in italics, which no word of theirs can be. */
export function captionTexts(guildId: string, parts: SessionDependencies): CaptionTexts {
  const written = (id: PlainTextId) => writtenText({ id }, guildId, parts);
  return {
    notUnderstood: `*${written('transcript.not_understood')}*`,
    unnamed: written('transcript.somebody'),
  };
}
