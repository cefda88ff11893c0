import type { Clock } from '#src/base/clock.ts';
import type { MessageId } from '#src/base/ids.ts';
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

export type LiveCaptions = ReturnType<typeof createLiveCaptions>;

/**
 * Shows the captions of a session in one chat, and rewrites changed lines. Late lines
 * come last, with their time. Never throws.
 */
export function createLiveCaptions(options: LiveCaptionsOptions) {
  let messages: readonly LiveCaptionMessage[] = [];
  const erased = new Set<number>();
  let latestMs = 0;
  let hasEnded = false;

  function putLine(line: CaptionLine) {
    const { number, state } = line;
    if (hasEnded || erased.has(number)) return;
    if (trimLineWords(line, options.notUnderstood) === '') {
      if (!state) removeLine(number);
      return;
    }
    const former = findMessage(number);
    const rewritten = { ...line, time: former?.lines.get(number)?.time };
    if (former && hasRoom(former, rewritten, maxChars)) {
      writeLine(former, rewritten);
      return;
    }
    removeLine(number);
    writeLine(getMessageWithRoom(line), { ...line, time: noteTime(line) });
  }

  function noteTime({ startMs }: CaptionLine) {
    const isLate = startMs < latestMs - lateAfterMs;
    latestMs = Math.max(latestMs, startMs);
    return isLate ? options.formatTime(startMs) : undefined;
  }

  function findMessage(number: number) {
    return messages.find(({ lines }) => lines.has(number));
  }

  function writeLine(message: LiveCaptionMessage, line: CaptionLine) {
    message.lines.set(line.number, line);
    showMessage(message, line.state === 'partial' ? 'partial' : 'whole');
  }

  function getMessageWithRoom(line: CaptionLine) {
    const nowMs = options.clock.nowMs();
    const newest = messages.at(-1);
    const isOpen = newest && nowMs - newest.openedAtMs < messageOpenMs;
    if (isOpen && hasRoom(newest, line, maxOpenChars)) return newest;
    const sent = options.chat.openMessage(
      () => ({ text: formatLines(message.lines) }),
      (outcome) => handleOutcome(outcome, message),
    );
    const message: LiveCaptionMessage = {
      sent,
      openedAtMs: nowMs,
      lines: new Map(),
    };
    messages = [...messages, message].slice(-maxMessages);
    return message;
  }

  function hasRoom(message: LiveCaptionMessage, line: CaptionLine, mostChars: number) {
    const lines = new Map(message.lines).set(line.number, line);
    return lines.size === 1 || formatLines(lines).length <= mostChars;
  }

  function formatLines(lines: LiveCaptionMessage['lines']) {
    return renderLines([...lines.values()], options.notUnderstood);
  }

  /** Removes a line, and its message if empty. */
  function removeLine(number: number) {
    const message = findMessage(number);
    message?.lines.delete(number);
    if (message) showMessage(message, 'whole');
  }

  function showMessage(message: LiveCaptionMessage, urgency: LineProgress) {
    if (message.lines.size === 0) eraseMessage(message);
    message.sent.requestUpdate(urgency);
  }

  function handleOutcome(outcome: MessageOutcome, message: LiveCaptionMessage) {
    const { kind } = outcome;
    // A deleted channel does not mean that its words are to be forgotten.
    if (!hasEnded && (kind === 'forbidden' || kind === 'chat-gone')) {
      hasEnded = true;
      options.onTrouble(
        'The channel or thread for captions is gone, or closed to the bot: captions are not shown.',
      );
    }
    if (!messages.includes(message)) return;
    if (kind === 'shown') {
      const isNew = message.place === undefined;
      message.place ??= outcome.place;
      options.onShown(message.place, [...message.lines.keys()], isNew);
    }
    if (kind === 'message-gone') eraseMessage(message);
    if (kind !== 'refused') return;
    eraseMessage(message);
    options.onTrouble(`Discord refused a message with captions: ${outcome.why}`);
  }

  function eraseMessage(message: LiveCaptionMessage) {
    messages = messages.filter((one) => one !== message);
    for (const number of message.lines.keys()) erased.add(number);
  }

  return {
    /** Returns whether the place is gone or closed, or the captions have ended. */
    get isShut(): boolean {
      return hasEnded;
    },
    hasMessage(messageId: MessageId): boolean {
      return !hasEnded && messages.some(({ place }) => place?.messageId === messageId);
    },
    findPlace(number: number): MessagePlace | undefined {
      return findMessage(number)?.place;
    },
    putLine,
    setTranslation(number: number, translation: string) {
      const known = findMessage(number)?.lines.get(number);
      if (known) putLine({ ...known, translation });
    },
    removeLines(numbers: readonly number[]) {
      for (const number of numbers) {
        erased.add(number);
        removeLine(number);
      }
    },
    onMessagesDeleted(messageIds: readonly MessageId[]) {
      for (const message of messages) {
        if (messageIds.includes(message.place?.messageId ?? '')) eraseMessage(message);
      }
    },
    async waitUntilSettled() {
      await Promise.all(messages.map(({ sent }) => sent.waitUntilSettled()));
    },
    endMessages() {
      hasEnded = true;
    },
  };
}
