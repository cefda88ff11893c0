import type { Clock } from '#src/base/clock.ts';
import type {
  CaptionChat,
  DrawnMessage,
  LineProgress,
  MessageOutcome,
} from '#src/ports/caption-chats.ts';
import type { MessagePlace } from '#src/ports/typed-messages.ts';
import { type CaptionLine, renderLines, trimLineWords } from './caption-line.ts';

export type LiveCaptionsOptions = {
  readonly chat: CaptionChat;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly notUnderstood: string;
  readonly formatTime: (startMs: number) => string;
  readonly onShown: (
    place: MessagePlace,
    numbers: readonly number[],
    isNew: boolean,
  ) => void;
  readonly onTrouble: (message: string) => void;
};

/**
 * Size until which a message takes lines, and the most of any message. Discord takes 2,000:
 * https://discord.com/developers/docs/resources/message
 */
const [maxOpenChars, maxChars] = [1_500, 1_990];
/** Time after its first line in which a message takes lines. */
const messageOpenMs = 10 * 60_000;
const maxMessages = 20;
const lateAfterMs = 10_000;

type LiveCaptionMessage = {
  readonly sent: DrawnMessage;
  readonly openedAtMs: number;
  readonly lines: Map<number, CaptionLine>;
  place?: MessagePlace;
};

/**
 * Shows the captions of a session in one chat, and rewrites changed lines. Late lines
 * come last, with their time. Never throws.
 */
export class LiveCaptions {
  readonly #options;
  #messages: readonly LiveCaptionMessage[] = [];
  readonly #erased = new Set<number>();
  #latestMs = 0;
  #isShut = false;

  constructor(options: LiveCaptionsOptions) {
    this.#options = options;
  }

  /** Returns whether the place is gone or closed, or the captions have ended. */
  get isShut(): boolean {
    return this.#isShut;
  }

  hasMessage(messageId: MessageId): boolean {
    return (
      !this.#isShut &&
      this.#messages.some(({ place }) => place?.messageId === messageId)
    );
  }

  findPlace(number: number): MessagePlace | undefined {
    return this.#findMessage(number)?.place;
  }

  putLine(line: CaptionLine) {
    const { number, state } = line;
    if (this.#isShut || this.#erased.has(number)) return;
    if (trimLineWords(line, this.#options.notUnderstood) === '') {
      if (!state) this.#removeLine(number);
      return;
    }
    const former = this.#findMessage(number);
    const rewritten = { ...line, time: former?.lines.get(number)?.time };
    if (former && this.#hasRoom(former, rewritten, maxChars)) {
      this.#writeLine(former, rewritten);
      return;
    }
    this.#removeLine(number);
    const isLate = line.startMs < this.#latestMs - lateAfterMs;
    const time = isLate ? this.#options.formatTime(line.startMs) : undefined;
    this.#latestMs = Math.max(this.#latestMs, line.startMs);
    this.#writeLine(this.#getMessageWithRoom(line), { ...line, time });
  }

  setTranslation(number: number, translation: string) {
    const known = this.#findMessage(number)?.lines.get(number);
    if (known) this.putLine({ ...known, translation });
  }

  removeLines(numbers: readonly number[]) {
    for (const number of numbers) {
      this.#erased.add(number);
      this.#removeLine(number);
    }
  }

  onMessagesDeleted(messageIds: readonly MessageId[]) {
    for (const message of this.#messages) {
      if (messageIds.includes(message.place?.messageId ?? ''))
        this.#eraseMessage(message);
    }
  }

  async waitUntilSettled() {
    await Promise.all(this.#messages.map(({ sent }) => sent.waitUntilSettled()));
  }

  endMessages() {
    this.#isShut = true;
  }

  #findMessage(number: number) {
    return this.#messages.find(({ lines }) => lines.has(number));
  }

  #writeLine(message: LiveCaptionMessage, line: CaptionLine) {
    message.lines.set(line.number, line);
    this.#showMessage(message, line.state === 'partial' ? 'partial' : 'whole');
  }

  #getMessageWithRoom(line: CaptionLine) {
    const nowMs = this.#options.clock.nowMs();
    const newest = this.#messages.at(-1);
    const isOpen = newest && nowMs - newest.openedAtMs < messageOpenMs;
    if (isOpen && this.#hasRoom(newest, line, maxOpenChars)) return newest;
    const sent = this.#options.chat.openMessage(
      () => ({ text: this.#formatLines(message.lines) }),
      (outcome) => this.#handleOutcome(outcome, message),
    );
    const message: LiveCaptionMessage = {
      sent,
      openedAtMs: nowMs,
      lines: new Map(),
    };
    this.#messages = [...this.#messages, message].slice(-maxMessages);
    return message;
  }

  #hasRoom(message: LiveCaptionMessage, line: CaptionLine, mostChars: number) {
    const lines = new Map(message.lines).set(line.number, line);
    return lines.size === 1 || this.#formatLines(lines).length <= mostChars;
  }

  #formatLines(lines: LiveCaptionMessage['lines']) {
    return renderLines([...lines.values()], this.#options.notUnderstood);
  }

  /** Removes a line, and its message if empty. */
  #removeLine(number: number) {
    const message = this.#findMessage(number);
    message?.lines.delete(number);
    if (message) this.#showMessage(message, 'whole');
  }

  #showMessage(message: LiveCaptionMessage, urgency: LineProgress) {
    if (message.lines.size === 0) this.#eraseMessage(message);
    message.sent.requestUpdate(urgency);
  }

  #handleOutcome(outcome: MessageOutcome, message: LiveCaptionMessage) {
    const { kind } = outcome;
    // A deleted channel does not mean that its words are to be forgotten.
    if (!this.#isShut && (kind === 'forbidden' || kind === 'chat-gone')) {
      this.#isShut = true;
      this.#options.onTrouble(
        'The channel or thread for captions is gone, or closed to the bot: captions are not shown.',
      );
    }
    if (!this.#messages.includes(message)) return;
    if (kind === 'shown') {
      const isNew = message.place === undefined;
      message.place ??= outcome.place;
      this.#options.onShown(message.place, [...message.lines.keys()], isNew);
    }
    if (kind === 'message-gone') this.#eraseMessage(message);
    if (kind !== 'refused') return;
    this.#eraseMessage(message);
    this.#options.onTrouble(`Discord refused a message with captions: ${outcome.why}`);
  }

  #eraseMessage(message: LiveCaptionMessage) {
    this.#messages = this.#messages.filter((one) => one !== message);
    for (const number of message.lines.keys()) this.#erased.add(number);
  }
}
