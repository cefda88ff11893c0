import type { TranscriptLine, TranscriptSpeaker } from '#src/features/captions/transcript-line.ts';
import type { CaptionLine, CaptionTexts } from './caption-line.ts';
import { cleanWords, type ShownWords, shownName, shownParts } from './markdown-escaping.ts';

/** Part of a line in one message: its words, its translation, or a piece of either that is too long for one message. */
export type LinePart = {
  readonly line: CaptionLine;
  readonly kind: 'text' | 'translation';
  readonly index: number;
  readonly name: string;
  readonly words: string;
  /** After the words: "..." where they are not final. */
  readonly mark: string;
  readonly isGlued: boolean;
  /** It stands after later lines, with its time. */
  readonly isLate: boolean;
};

/** Most characters of one part with its name, so that it finds room in any new message. */
const maxPartChars = 1_500;
/** Shortest pause, in ms, after which the next utterance of a person is a line of its own. */
const mergedGapMs = 1_000;
/** Longest time of day with its space: `<t:1700000000:T> `, three digits to spare, and what marks a part. */
const timeChars = 30;
/** Characters that begin a heading, quotation or list at the start of a line. */
const startOfBlock = /^(\d*)([#>+.)-])/;

/** Parts that a line is to be shown in; none while it has no visible words. */
export function partsOf(line: CaptionLine, texts: CaptionTexts): readonly LinePart[] {
  const { speaker, state, text } = line;
  const part = { line, mark: '', isLate: false };
  if (speaker.kind === 'remark') {
    return shownParts(cleanWords(text), maxPartChars - timeChars).map((shown, index) => {
      // In italics without a name, which no words of people can be.
      return { ...part, ...shown, kind: 'text', index, name: '', words: `*${shown.words}*` };
    });
  }
  const name = shownName(speaker.name, texts.unnamed);
  const maxLength = maxPartChars - name.length - timeChars - texts.stopped.length;
  const said: readonly ShownWords[] =
    state === 'final' && text === ''
      ? [{ words: texts.notUnderstood, isGlued: false }]
      : shownParts(cleanWords(text), maxLength);
  if (said.length === 0) return [];
  const translated = shownParts(cleanWords(line.translation ?? ''), maxLength);
  return [
    ...said.map((shown, index): LinePart => {
      const mark = index === said.length - 1 ? markOf(line, shown.words, texts) : '';
      return { ...part, ...shown, kind: 'text', index, name, mark };
    }),
    ...translated.map((shown, index): LinePart => {
      return { ...part, ...shown, kind: 'translation', index, name };
    }),
  ];
}

/** Markdown of a message with these parts, which are in order. */
export function renderParts(parts: readonly LinePart[], startedAtWallMs: number): string {
  const groups: LinePart[][] = [];
  for (const part of parts) {
    const group = groups.at(-1);
    if (group && joins(group, part)) group.push(part);
    else groups.push([part]);
  }
  return groups.map((group) => renderGroup(group, startedAtWallMs)).join('\n');
}

/**
 * Text of a message with stored lines, without translations; empty: none. Lines that were shown late stand in order,
 * without their time.
 */
export function renderMessage(
  messageId: string,
  lines: readonly TranscriptLine[],
  texts: CaptionTexts,
): string {
  const parts = lines
    .toSorted((one, other) => one.startMs - other.startMs || one.number - other.number)
    .flatMap((line) => {
      const ids = [line.post, ...(line.morePosts ?? [])].map((post) => post?.messageId);
      return partsOf(finalLine(line), texts).filter(({ index }) => ids[index] === messageId);
    });
  return renderParts(parts, 0);
}

/** A line that is over, as it is shown. */
export function finalLine(line: TranscriptLine): CaptionLine {
  const { number, speaker, startMs, endMs, text, isCut } = line;
  return { number, speaker, startMs, endMs, text, state: 'final', isCut };
}

/** Whether a part stands on the shown line of those before it. */
function joins(group: readonly LinePart[], part: LinePart): boolean {
  const last = group.at(-1);
  if (!last) return false;
  if (last.line.number === part.line.number) return true;
  if (part.kind === 'translation' || part.index > 0) return false;
  if (last.isLate || part.isLate || last.name !== part.name) return false;
  return areMerged(last.line, part.line);
}

/** Whether both are of one speaker, uninterrupted, and are read as one. `b` comes next in order of speech. */
function areMerged(a: CaptionLine, b: CaptionLine): boolean {
  if (a.isCut || a.endMs === undefined || b.startMs - a.endMs >= mergedGapMs) return false;
  if (a.speaker.kind === 'remark' || b.speaker.kind === 'remark') return false;
  const isFailed = [a, b].some(({ state, text }) => state === 'final' && text === '');
  return !isFailed && speakerKey(a.speaker) === speakerKey(b.speaker);
}

function speakerKey(speaker: TranscriptSpeaker): string {
  return speaker.kind === 'bot' ? 'bot' : `${speaker.personId} ${speaker.name}`;
}

function markOf(line: CaptionLine, words: string, { stopped }: CaptionTexts): string {
  if (line.isCut) return `\u2014 ${stopped}`;
  return line.state === 'final' || words.endsWith('\u2026') ? '' : '\u2026';
}

function renderGroup(group: readonly LinePart[], startedAtWallMs: number): string {
  const [first] = group;
  if (!first) return '';
  const words = joined(group.filter(({ kind }) => kind === 'text'));
  const translated = joined(group.filter(({ kind }) => kind === 'translation'));
  const name = first.name === '' ? '' : `${first.name} `;
  const head = `${name}${timeOf(first, startedAtWallMs)}`;
  if (words === '') return `-# ${head}${translated}`;
  return translated === ''
    ? `${head}${words}`
    : `${head}${words}\n-# ${translated.replace(startOfBlock, '$1\\$2')}`;
}

function joined(parts: readonly LinePart[]): string {
  return parts
    .map(({ words, mark, isGlued }, n) => `${n === 0 || isGlued ? '' : ' '}${words}${mark}`)
    .join('');
}

/** Time of day of a late line: each reader sees it in their own time zone. Source: Discord docs, "Message Formatting". */
function timeOf({ line, isLate }: LinePart, startedAtWallMs: number): string {
  return isLate ? `<t:${Math.floor((startedAtWallMs + line.startMs) / 1_000)}:T> ` : '';
}
