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
  /** This message shows these lines now. */
  readonly onPlaced: (numbers: readonly number[], place: MessagePlace) => void;
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
  /** By number. */
  readonly lines: Map<number, CaptionLine>;
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
  /** Final lines that are shown. */
  readonly #shown = new Set<number>();
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
    return this.#messageOf(number)?.place;
  }

  /** Adds or changes a line. */
  put(line: CaptionLine): void {
    const { number, state } = line;
    if (this.#isShut || this.#erased.has(number)) return;
    if (wordsOf(line, this.#options.texts) === '') {
      if (state === 'final') this.#take(number);
      return;
    }
    const former = this.#messageOf(number);
    former?.lines.delete(number);
    const message = this.#messageFor(line, former);
    message.lines.set(number, line);
    if (former && former !== message) this.#show(former, 'whole');
    this.#show(message, state === 'partial' ? 'partial' : 'whole');
  }

  /** Shows the translation of a line that is final. */
  translate(number: number, translation: string): void {
    const known = this.#messageOf(number)?.lines.get(number);
    if (known) this.put({ ...known, translation });
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

  #messageOf(number: number): Message | undefined {
    return this.#messages.find(({ lines }) => lines.has(number));
  }

  /** The message where a line stood, or else the newest one, if that is open, as far as it has room; or else a further one. */
  #messageFor(line: CaptionLine, former: Message | undefined): Message {
    const nowMs = this.#options.clock.nowMs();
    if (former && this.#hasRoom(former, line, maxChars)) return former;
    const newest = this.#messages.at(-1);
    const isOpen = newest && nowMs - newest.openedAtMs < openMs;
    if (isOpen && this.#hasRoom(newest, line, maxOpenChars)) return newest;
    this.#messages = this.#messages.filter((old) => nowMs - old.openedAtMs < leftAfterMs);
    const sent = this.#options.chat.message(
      () => ({ text: this.#textOf(message) }),
      (outcome) => this.#handleOutcome(outcome, message),
    );
    const message: Message = { sent, openedAtMs: nowMs, lines: new Map(), isPlain: false };
    this.#messages = [...this.#messages, message];
    return message;
  }

  #hasRoom(message: Message, line: CaptionLine, mostChars: number): boolean {
    return message.lines.size === 0 || this.#rendered(message, [line]).length <= mostChars;
  }

  /** Lines of a message and `more`, in order of speech. */
  #rendered({ lines }: Message, more: readonly CaptionLine[] = []): string {
    const all = [...lines.values(), ...more];
    return renderLines(all.sort(bySpeech), this.#options.texts);
  }

  #textOf(message: Message): string {
    const text = this.#rendered(message);
    return message.isPlain ? plainText(text) : text;
  }

  /** Takes a line out of its message; a message without lines is deleted. */
  #take(number: number): void {
    const message = this.#messageOf(number);
    message?.lines.delete(number);
    if (message) this.#show(message, 'whole');
  }

  #show(message: Message, urgency: 'whole' | 'partial'): void {
    if (this.#isShut) return;
    if (message.lines.size === 0) this.#leave(message);
    message.sent.touch(urgency);
  }

  /** Changes a message no more. */
  #leave(message: Message): void {
    this.#messages = this.#messages.filter((one) => one !== message);
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
    const { clock, onPlaced, onPosted, onShown, texts } = this.#options;
    if (!message.place) onPosted(place);
    message.place ??= place;
    onPlaced([...message.lines.keys()], message.place);
    for (const line of message.lines.values()) {
      const { number, state } = line;
      if (state !== 'final' || this.#shown.has(number) || !text.includes(wordsOf(line, texts)))
        continue;
      this.#shown.add(number);
      onShown(number, clock.nowMs());
    }
  }

  /** A person deleted a message: its lines are gone. */
  #deleteWithLines(message: Message): void {
    const numbers = this.#erase(message);
    if (numbers.length > 0) this.#options.onDeleted(numbers);
  }

  /** Numbers of the lines of a message, which are never shown again. */
  #erase(message: Message): readonly number[] {
    this.#leave(message);
    const numbers = [...message.lines.keys()];
    for (const number of numbers) this.#erased.add(number);
    return numbers;
  }

  /** It goes once more as plain text; where that is refused, too, its lines are given up. */
  #refused(message: Message): void {
    const text = this.#textOf(message);
    if (plainText(text) !== text) {
      message.isPlain = true;
      this.#show(message, 'whole');
      return;
    }
    this.#erase(message);
    this.#options.onTrouble('refused');
  }
}

/** Without characters that Discord renders or resolves. */
function plainText(markdown: string): string {
  return markdown.replace(/^-# |[\\*_~`|<>[\]@#]/gm, '');
}
