import type { TranscriptLine, TranscriptSpeaker } from '#src/features/captions/transcript-line.ts';
import type { CaptionLine, CaptionTexts } from './caption-line.ts';
import { shownName, shownWords } from './markdown-escaping.ts';

/** Most characters of a line with its name and translation, so that it finds room in any new message. */
const maxLineChars = 1_900;
/** Most characters of the words of a line; further ones stand in the transcript. */
const maxWordsChars = 1_500;
/** Shortest pause, in ms, after which the next utterance of a person is a line of its own. */
const mergedGapMs = 1_000;
/** Characters that begin a heading, quotation or list at the start of a line. */
const startOfBlock = /^(\d*)([#>+.)-])/;

/** Words of a line as they are shown, without its name; empty while none is visible. */
export function wordsOf({ speaker, state, text }: CaptionLine, texts: CaptionTexts): string {
  if (state === 'final' && text === '') return texts.notUnderstood;
  const words = shownWords(text, maxWordsChars);
  // In italics without a name, which no words of people can be.
  return speaker.kind === 'remark' && words !== '' ? `*${words}*` : words;
}

/** Markdown of a message with these lines, which are in order; empty: none has visible words. */
export function renderLines(lines: readonly CaptionLine[], texts: CaptionTexts): string {
  const groups: CaptionLine[][] = [];
  for (const line of lines.filter((one) => wordsOf(one, texts) !== '')) {
    const [group, last] = [groups.at(-1), groups.at(-1)?.at(-1)];
    if (group && last && areMerged(last, line)) group.push(line);
    else groups.push([line]);
  }
  return groups.map((group) => renderGroup(group, texts)).join('\n');
}

/** Text of a message with stored lines, without translations; empty: none. */
export function renderMessage(lines: readonly TranscriptLine[], texts: CaptionTexts): string {
  return renderLines(lines.toSorted(bySpeech).map((line) => ({ ...line, state: 'final' })), texts);
}

/** Order of speech. */
export function bySpeech(
  one: Pick<TranscriptLine, 'startMs' | 'number'>,
  other: Pick<TranscriptLine, 'startMs' | 'number'>,
): number {
  return one.startMs - other.startMs || one.number - other.number;
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

function renderGroup(group: readonly CaptionLine[], texts: CaptionTexts): string {
  const [first] = group;
  if (!first) return '';
  const { speaker } = first;
  const name = speaker.kind === 'remark' ? '' : `${shownName(speaker.name, texts.unnamed)} `;
  const said = group.map((line) => `${wordsOf(line, texts)}${markOf(line, texts)}`).join(' ');
  const room = maxLineChars - name.length - said.length;
  const translated = group.map(({ translation = '' }) => translation).join(' ');
  const below = room > 0 ? shownWords(translated, room) : '';
  const line = `${name}${said}`;
  return below === '' ? line : `${line}\n-# ${below.replace(startOfBlock, '$1\\$2')}`;
}

function markOf(line: CaptionLine, texts: CaptionTexts): string {
  if (line.isCut) return `\u2014 ${texts.stopped}`;
  return line.state === 'final' || wordsOf(line, texts).endsWith('\u2026') ? '' : '\u2026';
}
