import type { Clock } from '#src/base/clock.ts';
import type { CaptionChat } from '#src/conversation/ports/caption-chats.ts';
import type {
  DesiredMessage,
  DisplayOutcome,
  MessagePlace,
} from '#src/conversation/ports/desired-message.ts';
import type { CaptionLayout } from '#src/features/captions/live/caption-layout.ts';
import type { CaptionLine, LayoutChange } from '#src/features/captions/live/caption-line.ts';

export type CaptionMessagesOptions = {
  readonly chat: CaptionChat;
  readonly layout: CaptionLayout;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** These messages show this line now, or, where it is long, parts of it. */
  readonly onPlaced: (number: number, places: readonly MessagePlace[]) => void;
  /** Called when a person deleted the messages that showed these lines. */
  readonly onDeleted: (numbers: readonly number[]) => void;
  /** Called when nothing can be shown there any more, or Discord refuses some lines. */
  readonly onTrouble: (trouble: LiveCaptionsTrouble) => void;
  /** A line is over; all its words are shown since that instant of the monotonic clock. */
  readonly onShown: (number: number, atMs: number) => void;
};

export type LiveCaptionsTrouble = { readonly kind: 'gone' | 'forbidden' | 'refused' };

/** Captions of one session in one chat: lines in, messages out. Never throws. */
export class CaptionMessages {
  readonly #options: CaptionMessagesOptions;
  readonly #shownLines = new ShownLines();
  /** Listeners to the outcome of messages that are no captions, by their keys. */
  readonly #outcomeListeners = new Map<string, (outcome: DisplayOutcome) => void>();
  #isShut = false;

  constructor(options: CaptionMessagesOptions) {
    this.#options = options;
    options.chat.onOutcome((outcome) => this.#handleOutcome(outcome));
  }

  get placeId(): string {
    return this.#options.chat.channelId;
  }

  /** Nothing is shown there any more: the place is gone, closed to the bot, or the captions have ended. */
  get isShut(): boolean {
    return this.#isShut;
  }

  /** Whether it still changes this message itself. */
  owns(messageId: string): boolean {
    return !this.#isShut && this.#options.layout.holds(messageId);
  }

  /** Messages that show a line, in the order of its parts. */
  placesOf(number: number): readonly MessagePlace[] {
    return this.#options.layout.placesOf(number);
  }

  put(line: CaptionLine): void {
    const { clock, layout } = this.#options;
    const atMs = clock.nowMs();
    this.#shownLines.put(line);
    this.#perform(layout.put(line, atMs));
    this.#reportShown(atMs);
  }

  /** Shows the translation of a line that is over. */
  translate(line: CaptionLine): void {
    this.#perform(this.#options.layout.put(line, this.#options.clock.nowMs()));
  }

  remove(numbers: readonly number[]): void {
    const { clock, layout } = this.#options;
    if (numbers.length === 0) return;
    this.#perform(layout.remove(numbers, clock.nowMs()));
  }

  /** Handles messages that a person deleted: the lines that they showed are deleted, too. */
  messagesDeleted(messageIds: readonly string[]): void {
    const { clock, layout } = this.#options;
    this.#perform(layout.messagesDeleted(messageIds, clock.nowMs()));
  }

  /** A message that is no caption: the notice, or the name of a newcomer. `report` must not throw. */
  post(desired: DesiredMessage, report?: (outcome: DisplayOutcome) => void): void {
    if (this.#isShut) return;
    if (report) this.#outcomeListeners.set(desired.key, report);
    this.#options.chat.show(desired);
  }

  /** Resolves when nothing waits any more, or after `ms`; nothing more is shown then. */
  async close(ms: number): Promise<void> {
    await this.#options.chat.flush(ms);
    this.#isShut = true;
    this.#options.chat.close();
  }

  #perform({ desired, placed, deletedLines, refusedLines }: LayoutChange): void {
    const { chat, layout, onDeleted, onPlaced, onTrouble } = this.#options;
    for (const number of placed) onPlaced(number, layout.placesOf(number));
    if (deletedLines.length > 0) onDeleted(deletedLines);
    if (refusedLines.length > 0) onTrouble({ kind: 'refused' });
    if (this.#isShut) return;
    for (const message of desired) chat.show(message);
  }

  #reportShown(atMs: number): void {
    const { layout, onShown } = this.#options;
    const shown = this.#shownLines.shown((number) => layout.isShown(number), atMs);
    for (const one of shown) onShown(one.number, one.atMs);
  }

  #handleOutcome(outcome: DisplayOutcome): void {
    const { clock, layout, onTrouble } = this.#options;
    const isGone = outcome.kind === 'gone' && outcome.what === 'chat';
    this.#outcomeListeners.get(outcome.key)?.(outcome);
    const change = layout.outcome(outcome, clock.nowMs());
    // Who deletes a channel or thread does not say that its words are to be forgotten.
    this.#perform(isGone ? { ...change, deletedLines: [] } : change);
    if (outcome.kind === 'shown') this.#reportShown(outcome.atMs);
    if (this.#isShut || (!isGone && outcome.kind !== 'forbidden')) return;
    this.#isShut = true;
    onTrouble({ kind: isGone ? 'gone' : 'forbidden' });
  }
}

/** All words of a line that is not over yet, or not shown yet. */
type AwaitedLine = { readonly text: string; readonly isOver: boolean; shownAtMs?: number };

/** Lines that are waited for; the oldest are forgotten first. */
const mostLines = 500;

/** Finds out when all words of each line were shown first, be it before the line was over. */
class ShownLines {
  readonly #awaited = new Map<number, AwaitedLine>();

  /** To be called before the line is shown. */
  put({ number, state, text }: CaptionLine): void {
    const known = this.#awaited.get(number);
    this.#awaited.delete(number);
    if (state !== 'whole' && state !== 'final') return;
    const shownAtMs = known?.text === text ? known.shownAtMs : undefined;
    const isOver = state === 'final';
    this.#awaited.set(number, { text, isOver, shownAtMs });
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
