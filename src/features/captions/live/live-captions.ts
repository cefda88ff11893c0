import type { Clock } from '#src/base/clock.ts';
import type { CaptionChat } from '#src/ports/caption-chats.ts';
import type { DesiredMessage, DisplayOutcome, MessagePlace } from '#src/ports/desired-message.ts';
import type { CaptionLine, CaptionTexts } from './caption-line.ts';
import { bySpeech, renderLines, wordsOf } from './line-rendering.ts';

export type LiveCaptionsOptions = {
  readonly chat: CaptionChat;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly texts: CaptionTexts;
  /** This message shows this line now. */
  readonly onPlaced: (number: number, place: MessagePlace) => void;
  /** Called when a person deleted the message that showed these lines. */
  readonly onDeleted: (numbers: readonly number[]) => void;
  /** Called when nothing can be shown there any more, or Discord refuses some lines. */
  readonly onTrouble: (trouble: LiveCaptionsTrouble) => void;
  /** A line is final; all its words are shown since that instant of the monotonic clock. */
  readonly onShown: (number: number, atMs: number) => void;
};

export type LiveCaptionsTrouble = 'gone' | 'forbidden' | 'refused';

/** Most characters of a message that a further line is added to, and of any message: 10 fewer than Discord takes. */
const [maxOpenChars, maxChars] = [1_500, 1_990];
/** Time after its first line, in ms, in which lines are added to a message. */
const openMs = 10 * 60_000;
/** Age of a message, in ms, after which it is left as it is: Discord hardly takes changes after an hour (error 30046). */
const leftAfterMs = 55 * 60_000;

type ShownLine = {
  readonly line: CaptionLine;
  /** When all its words were shown first. */
  shownAtMs?: number;
};

/** One message with lines in order of speech. */
type Message = {
  readonly key: string;
  readonly openedAtMs: number;
  lines: readonly ShownLine[];
  /** Lines whose place was reported. */
  readonly placed: Set<number>;
  desiredText: string;
  place?: MessagePlace;
  isPlain: boolean;
};

/**
 * Captions of one session in one chat: one live message, to which lines are added in order of speech until it is full, then
 * another. A line that changes is rewritten where it stands. Never throws.
 */
export class LiveCaptions {
  readonly #options: LiveCaptionsOptions;
  /** Messages that still change, the newest last. */
  #messages: readonly Message[] = [];
  /** Lines that are never shown again. */
  readonly #erased = new Set<number>();
  #opened = 0;
  #isShut = false;

  constructor(options: LiveCaptionsOptions) {
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
    return !this.#isShut && this.#messages.some(({ place }) => place?.messageId === messageId);
  }

  /** Message that shows a line, once it is posted. */
  placeOf(number: number): MessagePlace | undefined {
    return this.#messageOf(number)?.place;
  }

  /** Adds or changes a line. */
  put(line: CaptionLine): void {
    const { number, state } = line;
    if (this.#isShut || this.#erased.has(number)) return;
    this.#leaveOld();
    const { texts } = this.#options;
    const known = this.#messageOf(number);
    const former = known?.lines.find((one) => one.line.number === number);
    const words = wordsOf(line, texts);
    if (words === '' && state === 'final' && known) this.#take(known, number);
    if (words === '') return;
    const isNew = !former || wordsOf(former.line, texts) !== words;
    const shown: ShownLine = isNew ? { line } : { ...former, line };
    const message = this.#placed(shown, known);
    if (known && known !== message) this.#take(known, number);
    this.#show(message, isNew && state !== 'partial' ? 'whole' : 'partial');
    if (former?.line.state !== 'final') this.#report(shown);
  }

  /** Shows the translation of a line that is final. */
  translate(number: number, translation: string): void {
    const known = this.#messageOf(number)?.lines.find(({ line }) => line.number === number);
    if (known) this.put({ ...known.line, translation });
  }

  /** Takes lines out of their messages for good. */
  remove(numbers: readonly number[]): void {
    for (const number of numbers) {
      this.#erased.add(number);
      const message = this.#messageOf(number);
      if (message) this.#take(message, number);
    }
  }

  /** Handles messages that a person deleted: the lines that they showed are deleted, too. */
  messagesDeleted(messageIds: readonly string[]): void {
    for (const message of this.#messages) {
      if (messageIds.includes(message.place?.messageId ?? '')) this.#deleteWithLines(message);
    }
  }

  /** A message that is no caption, such as the notice. */
  post(desired: DesiredMessage): void {
    if (!this.#isShut) this.#options.chat.show(desired);
  }

  /** Resolves when nothing waits any more, or after `ms`; nothing more is shown then. */
  async close(ms: number): Promise<void> {
    await this.#options.chat.flush(ms);
    this.#isShut = true;
    this.#options.chat.close();
  }

  #messageOf(number: number): Message | undefined {
    return this.#messages.find(({ lines }) => lines.some(({ line }) => line.number === number));
  }

  /** Puts a line where it stands, or else into the newest message, if that is open and has room, or else into a further one. */
  #placed(shown: ShownLine, known: Message | undefined): Message {
    const { clock, texts } = this.#options;
    const newest = this.#messages.at(-1);
    const isOpen = newest && clock.nowMs() - newest.openedAtMs < openMs;
    for (const [message, most] of [
      [known, maxChars],
      [isOpen ? newest : undefined, maxOpenChars],
    ] as const) {
      if (!message) continue;
      const lines = message.lines.filter(({ line }) => line.number !== shown.line.number);
      const all = [...lines, shown].toSorted((one, other) => bySpeech(one.line, other.line));
      if (all.length > 1 && renderLines(all.map(lineOf), texts).length > most) continue;
      message.lines = all;
      return message;
    }
    const message: Message = {
      key: `captions ${++this.#opened}`,
      openedAtMs: clock.nowMs(),
      lines: [shown],
      placed: new Set(),
      desiredText: '',
      isPlain: false,
    };
    this.#messages = [...this.#messages, message];
    return message;
  }

  /** Takes a line out of its message; a message without lines is deleted. */
  #take(message: Message, number: number): void {
    message.lines = message.lines.filter(({ line }) => line.number !== number);
    this.#show(message, 'whole');
  }

  #show(message: Message, urgency: DesiredMessage['urgency']): void {
    const { key, lines } = message;
    if (lines.length === 0) this.#forget(message);
    const rendered = renderLines(lines.map(lineOf), this.#options.texts);
    const text = message.isPlain ? plainText(rendered) : rendered;
    if (text === message.desiredText || this.#isShut) return;
    message.desiredText = text;
    this.#options.chat.show({ key, text, urgency });
  }

  #forget(message: Message): void {
    this.#messages = this.#messages.filter((one) => one !== message);
  }

  #handleOutcome(outcome: DisplayOutcome): void {
    if (outcome.kind === 'forbidden') this.#shut('forbidden');
    // The deletion of a channel or thread does not say that its words are to be forgotten.
    if (outcome.kind === 'gone' && outcome.what === 'chat') this.#shut('gone');
    const message = this.#messages.find(({ key }) => key === outcome.key);
    if (!message || this.#isShut) return;
    if (outcome.kind === 'shown') this.#confirm(message, outcome);
    if (outcome.kind === 'gone') this.#deleteWithLines(message);
    if (outcome.kind === 'refused') this.#refused(message);
  }

  #shut(trouble: LiveCaptionsTrouble): void {
    if (this.#isShut) return;
    this.#isShut = true;
    this.#options.onTrouble(trouble);
  }

  #confirm(
    message: Message,
    { atMs, place, text }: Extract<DisplayOutcome, { readonly kind: 'shown' }>,
  ): void {
    const { onPlaced, texts } = this.#options;
    message.place = place;
    for (const shown of message.lines) {
      const { number, state } = shown.line;
      if (!message.placed.has(number)) onPlaced(number, place);
      message.placed.add(number);
      const isShown = state !== 'partial' && text.includes(wordsOf(shown.line, texts));
      if (shown.shownAtMs !== undefined || !isShown) continue;
      shown.shownAtMs = atMs;
      this.#report(shown);
    }
  }

  #report({ line, shownAtMs }: ShownLine): void {
    if (line.state === 'final' && shownAtMs !== undefined)
      this.#options.onShown(line.number, shownAtMs);
  }

  /** A person deleted a message: its lines are gone. */
  #deleteWithLines(message: Message): void {
    this.#forget(message);
    const numbers = message.lines.map(({ line }) => line.number);
    for (const number of numbers) this.#erased.add(number);
    if (numbers.length > 0) this.#options.onDeleted(numbers);
  }

  /** It goes once more as plain text; where that is refused, too, its lines are given up. */
  #refused(message: Message): void {
    if (plainText(message.desiredText) !== message.desiredText) {
      message.isPlain = true;
      this.#show(message, 'whole');
      return;
    }
    this.#forget(message);
    for (const { line } of message.lines) this.#erased.add(line.number);
    this.#options.onTrouble('refused');
  }

  /** Messages of almost an hour ago are left as they are, with their lines. */
  #leaveOld(): void {
    const nowMs = this.#options.clock.nowMs();
    const newest = this.#messages.at(-1);
    this.#messages = this.#messages.filter(
      (message) => message === newest || nowMs - message.openedAtMs < leftAfterMs,
    );
  }
}

function lineOf({ line }: ShownLine): CaptionLine {
  return line;
}

/** Without characters that Discord renders or resolves. */
function plainText(markdown: string): string {
  return markdown.replace(/^-# |[\\*_~`|<>[\]@#]/gm, '');
}
