import { MessageFlags } from 'discord.js';
import type { ButtonRow } from '#src/discord/interactions/rendering.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import { LiveMessage, type LiveOutcome } from '#src/discord/outbox/live-message.ts';
import type { Outbox, RestBody } from '#src/discord/outbox/outbox.ts';
import type { CaptionChat } from '#src/ports/caption-chats.ts';
import type { DesiredMessage, DisplayOutcome } from '#src/ports/desired-message.ts';

/** Messages of captions notify no person, and show no preview of links. */
export const quiet = MessageFlags.SuppressEmbeds | MessageFlags.SuppressNotifications;

type ChatParts = {
  readonly outbox: Outbox;
  readonly timing: SyncTiming;
  readonly rows: (buttons: readonly string[]) => readonly ButtonRow[];
};

type Entry = { desired: DesiredMessage; readonly message: LiveMessage };

/** Most messages of a chat that are known; the oldest is forgotten first. */
const mostKnown = 1_000;

/** Messages of one chat, each by its key. */
export class WrittenChat implements CaptionChat {
  readonly channelId: string;
  readonly #parts: ChatParts;
  readonly #over: () => void;
  readonly #entries = new Map<string, Entry>();
  #report: (outcome: DisplayOutcome) => void = () => {};
  #isClosed = false;

  /** `over`: the chat is closed, and nothing waits any more. */
  constructor(channelId: string, parts: ChatParts, over: () => void) {
    this.channelId = channelId;
    this.#parts = parts;
    this.#over = over;
  }

  onOutcome(listener: (outcome: DisplayOutcome) => void): void {
    this.#report = listener;
  }

  show(desired: DesiredMessage): void {
    if (this.#isClosed) return;
    const { key, urgency } = desired;
    const entry = this.#entries.get(key) ?? { desired, message: this.#message(key) };
    entry.desired = desired;
    this.#entries.set(key, entry);
    const [oldest = ''] = this.#entries.keys();
    if (this.#entries.size > mostKnown) this.#entries.delete(oldest);
    entry.message.touch(urgency);
  }

  async flush(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const forget = this.#parts.timing.later(ms, resolve);
    await Promise.race([promise, this.#settled()]);
    forget();
  }

  close(): void {
    this.#isClosed = true;
    void this.#settled().then(this.#over);
  }

  /** Ends all that waits: nothing can be written from now on. */
  end(by: 'forbidden' | 'gone'): void {
    for (const { message } of this.#entries.values()) message.end();
    const key = '';
    this.#report(by === 'gone' ? { kind: by, key, what: 'chat' } : { kind: by, key });
    this.#isClosed = true;
    this.#over();
  }

  async #settled(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(({ message }) => message.settled()));
  }

  #message(key: string): LiveMessage {
    const { outbox, rows } = this.#parts;
    return new LiveMessage({
      outbox,
      channelId: this.channelId,
      flags: quiet,
      draw: () => {
        const { text = '', buttons = [] } = this.#entries.get(key)?.desired ?? {};
        if (text === '') return undefined;
        return captionBody(text, rows(buttons));
      },
      report: (outcome) => this.#outcome(key, outcome),
    });
  }

  #outcome(key: string, outcome: LiveOutcome): void {
    switch (outcome.kind) {
      case 'shown':
        this.#report({ ...outcome, key, atMs: this.#parts.timing.nowMs() });
        break;
      case 'message-gone':
        this.#report({ kind: 'gone', key, what: 'message' });
        break;
      case 'chat-gone':
        this.end('gone');
        break;
      case 'forbidden':
        this.end('forbidden');
        break;
      case 'deleted':
      case 'refused':
        this.#report({ ...outcome, key });
        break;
      case 'too-old': // it shows what it showed before
    }
  }
}

/** A message of captions; it pings no person. */
export function captionBody(text: string, components: readonly ButtonRow[]): RestBody {
  return { content: text, allowed_mentions: { parse: [] }, components };
}
