import type {
  PersonalLine,
  VoiceChannelChatPoster,
} from '#src/conversation/ports/voice-channel-chat-poster.ts';
import type { ChannelRef } from '#src/conversation/ports/voice-link.ts';
import { maxMessageChars } from '#src/texts/plain.ts';

type WaitingLine = {
  readonly line: PersonalLine;
  readonly signal: AbortSignal;
  readonly done: PromiseWithResolvers<void>;
};

type ChannelLines = { waiting: readonly WaitingLine[]; isBusy: boolean };

/** Lines of one message. */
const mostLines = 10;
/** Characters of a mention, and of the line break behind a line. */
const mentionChars = 26;

/** Writes reminders, one message after the other for each channel: what has gathered meanwhile stands in the next one. */
export class ReminderMessages {
  readonly #notify: VoiceChannelChatPoster['notify'];
  readonly #channels = new Map<string, ChannelLines>();

  constructor(notify: VoiceChannelChatPoster['notify']) {
    this.#notify = notify;
  }

  /**
   * Resolves once Discord has accepted it. Errors: as `VoiceChannelChatPoster.notify`. Aborting `signal` throws `signal.reason` where it
   * still waits; a message that is being sent ends only with the last of its lines.
   */
  async write(channel: ChannelRef, line: PersonalLine, signal: AbortSignal): Promise<void> {
    const done = Promise.withResolvers<void>();
    const lines = this.#channels.get(channel.channelId) ?? { waiting: [], isBusy: false };
    this.#channels.set(channel.channelId, lines);
    lines.waiting = [...lines.waiting, { line, signal, done }];
    if (!lines.isBusy) void this.#writeAll(channel, lines);
    await done.promise;
  }

  /** Never throws. */
  async #writeAll(channel: ChannelRef, lines: ChannelLines): Promise<void> {
    lines.isBusy = true;
    await Promise.resolve(); // what is written in the same step stands in the same message
    while (lines.waiting.length > 0) {
      const next = firstMessage(lines.waiting.filter(({ signal }) => !signal.aborted));
      const dropped = lines.waiting.filter(({ signal }) => signal.aborted);
      for (const { signal, done } of dropped) done.reject(signal.reason);
      lines.waiting = lines.waiting.filter((one) => !next.includes(one) && !dropped.includes(one));
      if (next.length > 0) await this.#send(channel, next);
    }
    this.#channels.delete(channel.channelId);
  }

  async #send(channel: ChannelRef, lines: readonly WaitingLine[]): Promise<void> {
    const all = lines.map(({ line }) => line);
    try {
      await this.#notify(channel, all, abortedByAll(lines));
      for (const { done } of lines) done.resolve();
    } catch (error) {
      for (const { done } of lines) done.reject(error);
    }
  }
}

/** Aborted once all of these lines are. */
function abortedByAll(lines: readonly WaitingLine[]): AbortSignal {
  const over = new AbortController();
  for (const { signal } of lines) {
    const check = () => {
      if (lines.every((one) => one.signal.aborted)) over.abort(signal.reason);
    };
    signal.addEventListener('abort', check, { signal: over.signal });
  }
  return over.signal;
}

/** Lines that fit into one message, at least one. */
function firstMessage(waiting: readonly WaitingLine[]): readonly WaitingLine[] {
  let chars = 0;
  const end = waiting.findIndex(({ line }, n) => {
    chars += line.text.length + mentionChars;
    return n === mostLines || (n > 0 && chars > maxMessageChars);
  });
  return end < 0 ? waiting : waiting.slice(0, end);
}
