import type { Clock } from '#src/base/clock.ts';
import type { MessageId } from '#src/base/ids.ts';
import { type LoggedText, writeSentence } from '#src/base/logged-text.ts';
import type {
  CaptionChat,
  DrawnMessage,
  LineProgress,
  MessageOutcome,
} from '#src/ports/caption-chats.ts';
import type { MessagePlace } from '#src/ports/typed-messages.ts';
import { compareBeginnings } from '#src/stores/transcripts/transcript-line.ts';
import { type CaptionLine, renderCaptionLines, trimLineWords } from './caption-line.ts';

export type LiveCaptionsDeps = {
  readonly chat: CaptionChat;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Text for a line without words. */
  readonly notUnderstood: string;
  /** Formats the time of a late line, from ms of the session. */
  readonly formatTime: (startMs: number) => string;
  /** Called when a message shows these lines. `isNew` is true for its first time. */
  readonly onShown: (
    messagePlace: MessagePlace,
    numbers: readonly number[],
    isNew: boolean,
  ) => void;
  /** Called with a sentence for the operator. */
  readonly onTrouble: (message: LoggedText) => void;
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
 * Shows the captions of a session in one chat, and rewrites changed lines. The lines of a message stand in the order of
 * their beginnings, so that an answer stands above the question that cut it. Late lines come last, with their time.
 * Never throws.
 */
export class LiveCaptions {
  readonly #deps: LiveCaptionsDeps;
  #messages: readonly LiveCaptionMessage[] = [];
  readonly #erasedNumbers = new Set<number>();
  #latestMs = 0;
  #hasEnded = false;

  constructor(deps: LiveCaptionsDeps) {
    this.#deps = deps;
  }

  /** Returns whether the place is gone or closed, or the captions have ended. */
  get isShut(): boolean {
    return this.#hasEnded;
  }

  /** Tests whether a message is one of the last 20, whose lines still change. */
  hasMessage(messageId: MessageId): boolean {
    return (
      !this.#hasEnded &&
      this.#messages.some(({ place }) => place?.messageId === messageId)
    );
  }

  /** Finds the message that shows a line. */
  findPlace(number: number): MessagePlace | undefined {
    return this.#findMessage(number)?.place;
  }

  /** Shows a line, or rewrites the line with its number. A line without words is removed once it is over. */
  putLine(line: CaptionLine): void {
    const { number, state } = line;
    if (this.#hasEnded || this.#erasedNumbers.has(number)) return;
    if (trimLineWords(line, this.#deps.notUnderstood) === '') {
      if (!state) this.#removeLine(number);
      return;
    }
    const message = this.#findMessage(number);
    const rewritten = { ...line, time: message?.lines.get(number)?.time };
    if (message && this.#hasRoom(message, rewritten, maxChars)) {
      this.#writeLine(message, rewritten);
      return;
    }
    this.#removeLine(number);
    this.#writeLine(this.#getMessageWithRoom(line), {
      ...line,
      time: this.#noteTime(line),
    });
  }

  /** Adds a translation to a line that is still shown. */
  setTranslation(number: number, translation: string): void {
    const line = this.#findMessage(number)?.lines.get(number);
    if (line) this.putLine({ ...line, translation });
  }

  /** Removes lines for good: they are not shown again. */
  removeLines(numbers: readonly number[]): void {
    for (const number of numbers) {
      this.#erasedNumbers.add(number);
      this.#removeLine(number);
    }
  }

  /** Takes lines of deleted messages as removed for good. */
  onMessagesDeleted(messageIds: readonly MessageId[]): void {
    for (const message of this.#messages) {
      const { place } = message;
      if (place && messageIds.includes(place.messageId)) this.#eraseMessage(message);
    }
  }

  /** Waits until the chat shows all lines. */
  async waitUntilSettled(): Promise<void> {
    await Promise.all(this.#messages.map(({ sent }) => sent.waitUntilSettled()));
  }

  /** Shows no further line. Messages stay as they are. */
  endMessages(): void {
    this.#hasEnded = true;
  }

  #noteTime({ startMs }: CaptionLine) {
    const isLate = startMs < this.#latestMs - lateAfterMs;
    this.#latestMs = Math.max(this.#latestMs, startMs);
    return isLate ? this.#deps.formatTime(startMs) : undefined;
  }

  #findMessage(number: number) {
    return this.#messages.find(({ lines }) => lines.has(number));
  }

  #writeLine(message: LiveCaptionMessage, line: CaptionLine) {
    message.lines.set(line.number, line);
    this.#showMessage(message, line.state === 'partial' ? 'partial' : 'whole');
  }

  #getMessageWithRoom(line: CaptionLine) {
    const nowMs = this.#deps.clock.nowMs();
    const newest = this.#messages.at(-1);
    const isOpen = newest && nowMs - newest.openedAtMs < messageOpenMs;
    if (isOpen && this.#hasRoom(newest, line, maxOpenChars)) return newest;
    const sent = this.#deps.chat.openMessage(
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

  #hasRoom(message: LiveCaptionMessage, line: CaptionLine, maxMessageChars: number) {
    const lines = new Map(message.lines).set(line.number, line);
    return lines.size === 1 || this.#formatLines(lines).length <= maxMessageChars;
  }

  #formatLines(lines: LiveCaptionMessage['lines']) {
    return renderCaptionLines(
      [...lines.values()].sort(compareShown),
      this.#deps.notUnderstood,
    );
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
    if (!this.#hasEnded && (kind === 'forbidden' || kind === 'chat-gone')) {
      this.#hasEnded = true;
      this.#deps.onTrouble(
        writeSentence`The channel or thread for captions is gone, or closed to the bot: captions are not shown.`,
      );
    }
    if (!this.#messages.includes(message)) return;
    if (kind === 'shown') {
      const isNew = message.place === undefined;
      message.place ??= outcome.place;
      this.#deps.onShown(message.place, [...message.lines.keys()], isNew);
    }
    if (kind === 'message-gone') this.#eraseMessage(message);
    if (kind !== 'refused') return;
    this.#eraseMessage(message);
    this.#deps.onTrouble(
      writeSentence`Discord refused a message with captions: ${outcome.why}`,
    );
  }

  #eraseMessage(message: LiveCaptionMessage) {
    this.#messages = this.#messages.filter((shownMessage) => shownMessage !== message);
    for (const number of message.lines.keys()) this.#erasedNumbers.add(number);
  }
}

/** Compares lines of one message: by beginning, and late ones, which have a time, behind all others as they came. */
function compareShown(one: CaptionLine, other: CaptionLine) {
  const [isLate, isOtherLate] = [one, other].map(({ time }) =>
    Number(time !== undefined),
  );
  if (isLate || isOtherLate) return (isLate ?? 0) - (isOtherLate ?? 0);
  return compareBeginnings(one, other);
}
