import type { Clock } from '#src/base/clock.ts';
import type {
  CaptionChat,
  ChatMessage,
  ChatText,
  MessageOutcome,
} from '#src/ports/caption-chats.ts';
import type { MessagePlace } from '#src/ports/message-place.ts';
import {
  bySpeech,
  type CaptionLine,
  type CaptionTexts,
  renderLines,
  wordsOf,
} from './caption-line.ts';

export type LiveCaptionsOptions = {
  readonly chat: CaptionChat;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly texts: CaptionTexts;
  /** A message with captions is posted. */
  readonly onPosted: (place: MessagePlace) => void;
  /** This message shows this line now. */
  readonly onPlaced: (number: number, place: MessagePlace) => void;
  /** Called when a person deleted the message that showed these lines. */
  readonly onDeleted: (numbers: readonly number[]) => void;
  /** Called when nothing can be shown there any more, or Discord refuses some lines. */
  readonly onTrouble: (trouble: LiveCaptionsTrouble) => void;
  /** A line is final; all its words are shown since that instant of the monotonic clock. */
  readonly onShown: (number: number, atMs: number) => void;
};

export type LiveCaptionsTrouble = 'chat-gone' | 'forbidden' | 'refused';

/** Most characters of a message that a further line is added to, and of any message: 10 fewer than Discord takes. */
const [maxOpenChars, maxChars] = [1_500, 1_990];
/** Time after its first line, in ms, in which lines are added to a message. */
const openMs = 10 * 60_000;
/** Age of a message, in ms, after which it is left as it is: Discord hardly takes changes after an hour (error 30046). */
const leftAfterMs = 55 * 60_000;

type Message = {
  readonly sent: ChatMessage;
  readonly openedAtMs: number;
  text: string;
  place?: MessagePlace;
  isPlain: boolean;
};

type ShownLine = {
  readonly line: CaptionLine;
  readonly message: Message;
  /** Place that was reported. */
  place?: MessagePlace;
  /** When all its words were shown first. */
  shownAtMs?: number;
};

/**
 * Captions of one session in one chat: one live message, to which lines are added in order of speech until it is full, then
 * another. A line that changes is rewritten where it stands. Never throws.
 */
export class LiveCaptions {
  readonly #options: LiveCaptionsOptions;
  /** Messages that still change, the newest last. */
  #messages: readonly Message[] = [];
  /** Lines of these messages by their number. */
  readonly #lines = new Map<number, ShownLine>();
  /** Lines that are never shown again. */
  readonly #erased = new Set<number>();
  #isShut = false;

  constructor(options: LiveCaptionsOptions) {
    this.#options = options;
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
    return this.#lines.get(number)?.message.place;
  }

  /** Adds or changes a line. */
  put(line: CaptionLine): void {
    const { number, state } = line;
    if (this.#isShut || this.#erased.has(number)) return;
    const { texts } = this.#options;
    const former = this.#lines.get(number);
    const words = wordsOf(line, texts);
    if (words === '') {
      if (state === 'final') this.#take(number);
      return;
    }
    const isNew = !former || wordsOf(former.line, texts) !== words;
    const message = this.#messageFor(line, former?.message);
    const shown = { ...former, line, message, ...(isNew && { shownAtMs: undefined }) };
    this.#lines.set(number, shown);
    if (former && former.message !== message) this.#show(former.message, 'whole');
    this.#show(message, isNew && state !== 'partial' ? 'whole' : 'partial');
    if (former?.line.state !== 'final') this.#report(shown);
  }

  /** Shows the translation of a line that is final. */
  translate(number: number, translation: string): void {
    const known = this.#lines.get(number);
    if (known) this.put({ ...known.line, translation });
  }

  /** Takes lines out of their messages for good. */
  remove(numbers: readonly number[]): void {
    for (const number of numbers) {
      this.#erased.add(number);
      this.#take(number);
    }
  }

  /** Handles messages that a person deleted: the lines that they showed are deleted, too. */
  messagesDeleted(messageIds: readonly string[]): void {
    for (const message of this.#messages) {
      if (messageIds.includes(message.place?.messageId ?? '')) this.#deleteWithLines(message);
    }
  }

  /** A message that is no caption, such as the notice. */
  post(desired: ChatText): void {
    const report = (outcome: MessageOutcome) => this.#handleOutcome(outcome);
    if (!this.#isShut) this.#options.chat.message(() => desired, report).touch('whole');
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#messages.map(({ sent }) => sent.settled()));
  }

  /** Shows nothing more. */
  end(): void {
    this.#isShut = true;
  }

  /** Lines of a message in order of speech. */
  #linesOf(message: Message): readonly ShownLine[] {
    const lines = [...this.#lines.values()].filter((shown) => shown.message === message);
    return lines.sort((one, other) => bySpeech(one.line, other.line));
  }

  /** The message where a line stands, or else the newest one, if that is open, as far as it has room; or else a further one. */
  #messageFor(line: CaptionLine, known: Message | undefined): Message {
    const nowMs = this.#options.clock.nowMs();
    if (known && this.#hasRoom(known, line, maxChars)) return known;
    const newest = this.#messages.at(-1);
    const isOpen = newest && nowMs - newest.openedAtMs < openMs;
    if (isOpen && this.#hasRoom(newest, line, maxOpenChars)) return newest;
    for (const old of this.#messages) if (nowMs - old.openedAtMs >= leftAfterMs) this.#forget(old);
    const sent = this.#options.chat.message(
      () => ({ text: message.text }),
      (outcome) => this.#handleOutcome(outcome, message),
    );
    const message: Message = { sent, openedAtMs: nowMs, text: '', isPlain: false };
    this.#messages = [...this.#messages, message];
    return message;
  }

  #hasRoom(message: Message, line: CaptionLine, mostChars: number): boolean {
    const others = this.#linesOf(message).map(lineOf);
    const all = [...others.filter(({ number }) => number !== line.number), line];
    const text = renderLines(all.toSorted(bySpeech), this.#options.texts);
    return all.length === 1 || text.length <= mostChars;
  }

  /** Takes a line out of its message; a message without lines is deleted. */
  #take(number: number): void {
    const message = this.#lines.get(number)?.message;
    this.#lines.delete(number);
    if (message) this.#show(message, 'whole');
  }

  #show(message: Message, urgency: 'whole' | 'partial'): void {
    if (this.#isShut || !this.#messages.includes(message)) return;
    message.text = this.#textOf(message);
    if (message.text === '') this.#forget(message);
    message.sent.touch(urgency);
  }

  #textOf(message: Message): string {
    const text = renderLines(this.#linesOf(message).map(lineOf), this.#options.texts);
    return message.isPlain ? plainText(text) : text;
  }

  /** Leaves a message as it is; its lines. */
  #forget(message: Message): readonly number[] {
    this.#messages = this.#messages.filter((one) => one !== message);
    const numbers = this.#linesOf(message).map(({ line }) => line.number);
    for (const number of numbers) this.#lines.delete(number);
    return numbers;
  }

  #handleOutcome(outcome: MessageOutcome, message?: Message): void {
    if (this.#isShut) return;
    const { kind } = outcome;
    // The deletion of a channel or thread does not say that its words are to be forgotten.
    if (kind === 'forbidden' || kind === 'chat-gone') {
      this.#isShut = true;
      this.#options.onTrouble(kind);
    }
    if (!message || !this.#messages.includes(message)) return;
    if (kind === 'shown') this.#confirm(message, outcome.place, outcome.text);
    if (kind === 'message-gone') this.#deleteWithLines(message);
    if (kind === 'refused') this.#refused(message);
  }

  #confirm(message: Message, place: MessagePlace, text: string): void {
    const { clock, onPlaced, onPosted, texts } = this.#options;
    if (!message.place) onPosted(place);
    message.place ??= place;
    for (const shown of this.#linesOf(message)) {
      const { number, state } = shown.line;
      if (shown.place !== message.place) onPlaced(number, message.place);
      shown.place = message.place;
      const isShown = state !== 'partial' && text.includes(wordsOf(shown.line, texts));
      if (shown.shownAtMs !== undefined || !isShown) continue;
      shown.shownAtMs = clock.nowMs();
      this.#report(shown);
    }
  }

  #report({ line, shownAtMs }: ShownLine): void {
    if (line.state === 'final' && shownAtMs !== undefined)
      this.#options.onShown(line.number, shownAtMs);
  }

  /** A person deleted a message: its lines are gone. */
  #deleteWithLines(message: Message): void {
    const numbers = this.#forget(message);
    for (const number of numbers) this.#erased.add(number);
    if (numbers.length > 0) this.#options.onDeleted(numbers);
  }

  /** It goes once more as plain text; where that is refused, too, its lines are given up. */
  #refused(message: Message): void {
    if (plainText(message.text) !== message.text) {
      message.isPlain = true;
      this.#show(message, 'whole');
      return;
    }
    for (const number of this.#forget(message)) this.#erased.add(number);
    this.#options.onTrouble('refused');
  }
}

function lineOf({ line }: ShownLine): CaptionLine {
  return line;
}

/** Without characters that Discord renders or resolves. */
function plainText(markdown: string): string {
  return markdown.replace(/^-# |[\\*_~`|<>[\]@#]/gm, '');
}
