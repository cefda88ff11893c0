import type { TranscriptSpeaker } from '#src/features/captions/transcript-line.ts';
import type { CaptionLine, CaptionTexts } from './caption-line.ts';
import { cleanWords, type ShownWords, shownName, shownParts } from './markdown-escaping.ts';

/** A line as it is laid out; it changes in place. */
export type LaidLine = {
  readonly number: number;
  /** Where it stands in order of speech: fixed when it was first told of. */
  readonly startMs: number;
  line: CaptionLine;
  parts: LinePart[];
  /** Last time it was put, in ms of the caller's clock. */
  putAtMs: number;
  /** Forgotten by the caller: no message may show it any more. */
  isRemoved: boolean;
  /** Text Discord refused. */
  refusedText?: string;
  /** Ids of the messages the caller was last told of. */
  postedIn?: string;
};

/** A line that has no part in any message yet. */
export function laidLine(line: CaptionLine, putAtMs: number): LaidLine {
  const { number, startMs } = line;
  return { number, startMs, line, parts: [], putAtMs, isRemoved: false };
}

/** Part of a line in one message: its words, its translation, or a piece of either that is too long for one message. */
export type LinePart = {
  readonly of: LaidLine;
  readonly kind: 'text' | 'translation';
  readonly index: number;
  name: string;
  words: string;
  /** After the words: "..." where they are not final. */
  mark: string;
  isGlued: boolean;
  order: PartOrder;
};

/** Where a part stands; `late` is 0 in order of speech, else it counts what stands after its time. */
export type PartOrder = { readonly atMs: number; readonly late: number };

export type WantedPart = Pick<LinePart, 'kind' | 'index' | 'name' | 'words' | 'mark' | 'isGlued'>;

/** Most characters of one part with its name, so that it finds room in any new message. */
const maxPartChars = 1_500;

export function comparePlaces(a: LinePart, b: LinePart): number {
  return (
    a.order.atMs - b.order.atMs ||
    a.order.late - b.order.late ||
    a.of.number - b.of.number ||
    Number(a.kind === 'translation') - Number(b.kind === 'translation') ||
    a.index - b.index
  );
}

/** Parts that a line is to be shown in; none while it has no visible words. */
export function wantedParts(line: CaptionLine, texts: CaptionTexts): readonly WantedPart[] {
  if (line.speaker.kind === 'remark') return remarkParts(line);
  const name = shownName(line.speaker.name, texts.unnamed);
  const maxLength = maxPartChars - name.length - timeChars - texts.stopped.length;
  const words: readonly ShownWords[] =
    line.state === 'not-understood'
      ? [{ words: texts.notUnderstood, isGlued: false }]
      : shownParts(cleanWords(line.text), maxLength);
  if (words.length === 0) return [];
  const translated = shownParts(cleanWords(line.translation ?? ''), maxLength);
  const last = words.at(-1)?.words ?? '';
  return [
    ...words.map((part, index) => {
      const mark = index === words.length - 1 ? markOf(line, last, texts) : '';
      return { kind: 'text', index, name, mark, ...part } as const;
    }),
    ...translated.map((part, index) => {
      return { kind: 'translation', index, name, mark: '', ...part } as const;
    }),
  ];
}

/** In italics without a name, which no words of people can be. */
function remarkParts({ text }: CaptionLine): readonly WantedPart[] {
  const parts = shownParts(cleanWords(text), maxPartChars - timeChars);
  return parts.map(({ words, isGlued }, index) => {
    return { kind: 'text', index, name: '', mark: '', words: `*${words}*`, isGlued };
  });
}

/** Whether both are of one speaker, uninterrupted, and are read as one. `b` comes next in order of speech. */
export function areMerged(a: CaptionLine, b: CaptionLine): boolean {
  if (a.isCut || a.endMs === undefined || b.startMs - a.endMs >= mergedGapMs) return false;
  if (a.speaker.kind === 'remark' || b.speaker.kind === 'remark') return false;
  if (a.state === 'not-understood' || b.state === 'not-understood') return false;
  return speakerKey(a.speaker) === speakerKey(b.speaker);
}

/** Shortest pause, in ms, after which the next utterance of a person is a line of its own. */
const mergedGapMs = 1_000;
/** Longest time of day with its space: `<t:1700000000:T> `, three digits to spare, and what marks a part. */
const timeChars = 30;

function markOf(line: CaptionLine, words: string, { stopped }: CaptionTexts): string {
  if (line.isCut) return `\u2014 ${stopped}`;
  const isOpen = line.state === 'partial' || line.state === 'whole';
  return isOpen && !words.endsWith('\u2026') ? '\u2026' : '';
}

function speakerKey(speaker: TranscriptSpeaker): string {
  return speaker.kind === 'bot' ? 'bot' : `${speaker.personId} ${speaker.name}`;
}
