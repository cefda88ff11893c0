import type { CaptionLine } from '#src/captions/live/caption-line.ts';

/** All words of a line that is not over yet, or not shown yet. */
type AwaitedLine = { readonly text: string; readonly isOver: boolean; shownAtMs?: number };

/** Lines that are waited for; the oldest are forgotten first. */
const mostLines = 500;

/** Finds out when all words of each line were shown first, be it before the line was over. */
export class ShownLines {
  readonly #awaited = new Map<number, AwaitedLine>();

  /** To be called before the line is shown. */
  put({ number, state, text }: CaptionLine): void {
    const known = this.#awaited.get(number);
    this.#awaited.delete(number);
    if (state !== 'whole' && state !== 'final') return;
    const shownAtMs = known?.text === text ? known.shownAtMs : undefined;
    const isOver = state === 'final';
    this.#awaited.set(number, { text, isOver, ...(shownAtMs !== undefined && { shownAtMs }) });
    const [oldest] = this.#awaited.keys();
    if (this.#awaited.size > mostLines && oldest !== undefined) this.#awaited.delete(oldest);
  }

  /** Lines that are over and shown since the last call, each with the instant at which all its words were shown first. */
  shown(
    isShown: (number: number) => boolean,
    atMs: number,
  ): readonly { readonly number: number; readonly atMs: number }[] {
    const found: { readonly number: number; readonly atMs: number }[] = [];
    for (const [number, line] of this.#awaited) {
      if (line.shownAtMs === undefined && isShown(number)) line.shownAtMs = atMs;
      if (!line.isOver || line.shownAtMs === undefined) continue;
      this.#awaited.delete(number);
      found.push({ number, atMs: line.shownAtMs });
    }
    return found;
  }
}
