import type { MessageWish, WishOutcome } from '#src/captions/message-wish.ts';

type WantedText = { readonly text: string; readonly lines: readonly number[] };

/** Texts of one message that are remembered until one of them is shown. */
const mostTexts = 50;

/** Finds out when the whole words of a line are shown, from the texts wished for and those that Discord took. */
export class ShownTexts {
  readonly #wanted = new Map<string, readonly WantedText[]>();

  /** A message is to show all words of this line, too. */
  wish({ key, text }: MessageWish, line: number): void {
    const before = this.#wanted.get(key) ?? [];
    this.#wanted.set(key, [...before, { text, lines: [line] }].slice(-mostTexts));
  }

  /** Lines whose words are shown since this outcome, and were not before. */
  shown({ key, text }: Extract<WishOutcome, { kind: 'shown' }>): readonly number[] {
    const wanted = this.#wanted.get(key) ?? [];
    const at = wanted.findLastIndex((one) => one.text === text);
    if (at < 0) return [];
    const left = wanted.slice(at + 1);
    if (left.length > 0) this.#wanted.set(key, left);
    else this.#wanted.delete(key);
    return [...new Set(wanted.slice(0, at + 1).flatMap(({ lines }) => lines))];
  }
}
