import type { TranscriptLine } from '#src/features/captions/transcript-line.ts';
import type { CaptionLine, CaptionTexts } from './caption-line.ts';
import { areMerged, comparePlaces, type LinePart, laidLine, wantedParts } from './line-part.ts';

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
  const parts = lines.flatMap((line) => {
    const ids = [line.post, ...(line.morePosts ?? [])].map((post) => post?.messageId);
    return partsOf(storedLine(line), texts).filter(({ index }) => ids[index] === messageId);
  });
  return renderParts(parts.sort(comparePlaces), 0);
}

function storedLine({ number, speaker, startMs, endMs, text, isCut }: TranscriptLine): CaptionLine {
  const state = text === '' ? 'not-understood' : 'final';
  return { number, speaker, startMs, endMs, text, state, isCut };
}

function partsOf(line: CaptionLine, texts: CaptionTexts): readonly LinePart[] {
  const of = laidLine(line, 0);
  return wantedParts(line, texts).map((part) => {
    return { of, ...part, order: { atMs: line.startMs, late: 0 } };
  });
}

/** Whether a part stands on the shown line of those before it. */
function joins(group: readonly LinePart[], part: LinePart): boolean {
  const last = group.at(-1);
  if (!last) return false;
  if (last.of === part.of) return last.order.late === part.order.late;
  if (part.kind === 'translation' || part.index > 0) return false;
  if (last.order.late > 0 || part.order.late > 0 || last.name !== part.name) return false;
  return areMerged(last.of.line, part.of.line);
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
function timeOf({ of, order }: LinePart, startedAtWallMs: number): string {
  if (order.late === 0) return '';
  return `<t:${Math.floor((startedAtWallMs + of.startMs) / 1_000)}:T> `;
}

/** Characters that begin a heading, quotation or list at the start of a line. */
const startOfBlock = /^(\d*)([#>+.)-])/;
