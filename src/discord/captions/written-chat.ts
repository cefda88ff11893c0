import type { CaptionChat } from '#src/conversation/ports/caption-chats.ts';
import type {
  DesiredMessage,
  DisplayOutcome,
  MessagePlace,
} from '#src/conversation/ports/desired-message.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import { newNonce } from '#src/discord/nonce.ts';
import type { MessageOperation, MessageResult } from './message-requests.ts';
import type { WriteFailure } from './write-failure.ts';

/** Message that waits for its request. */
export type WaitingMessage = {
  readonly kind: 'post' | 'edit' | 'delete';
  readonly key: string;
  readonly urgency: DesiredMessage['urgency'];
  readonly sinceMs: number;
  /** Earliest instant of the request. */
  readonly fromMs: number;
};

type Entry = {
  readonly key: string;
  readonly nonce: string;
  place?: MessagePlace;
  shown?: string;
  desired?: DesiredMessage;
  /** Beginning of the wait, and highest urgency since then. */
  sinceMs: number;
  urgency: DesiredMessage['urgency'];
  isUnderWay: boolean;
  /** A post that may or may not have come through. */
  tried?: { readonly text: string; readonly sinceMs: number };
  isGone: boolean;
};

/** Most messages that wait while Discord is away; a further one drops the oldest. An hour of ten people is 300. */
const mostWaiting = 1_000;
/** Most messages of a chat with a known place; the oldest is forgotten first. */
const mostKnown = 10_000;
/** Longest time, in ms, that a request without an answer may still be under way at Discord. */
const straggleMs = 10_000;
/** Waits after failed requests double from the first to the last of these. */
const [firstRetryMs, longestRetryMs] = [500, 30_000];

/** Events of a chat that its outbox follows. */
type ChatListener = {
  /** A message waits. */
  waits(): void;
  /** The chat is closed, and nothing waits any more. */
  over(): void;
};

/** Messages of one chat: the desired and the shown text of each, and the next request. It sends nothing itself. */
export class WrittenChat implements CaptionChat {
  readonly channelId: string;
  readonly #timing: SyncTiming;
  readonly #listener: ChatListener;
  readonly #entries = new Map<string, Entry>();
  /** Entries in the order of their first desired message. */
  readonly #waiting = new Set<Entry>();
  readonly #flushes = new Set<() => void>();
  #report: (outcome: DisplayOutcome) => void = () => {};
  #closedBy: 'forbidden' | 'gone' | undefined;
  #isClosed = false;
  #failures = 0;
  #notBeforeMs = 0;

  constructor(channelId: string, timing: SyncTiming, listener: ChatListener) {
    this.channelId = channelId;
    this.#timing = timing;
    this.#listener = listener;
  }

  onOutcome(listener: (outcome: DisplayOutcome) => void): void {
    this.#report = listener;
  }

  show(desired: DesiredMessage): void {
    if (this.#isClosed) return;
    const entry = this.#entry(desired.key);
    entry.place ??= desired.place;
    if (this.#closedBy || entry.isGone) {
      this.#refuse(entry, desired.text === '');
      return;
    }
    if (!entry.desired || (desired.urgency === 'whole' && entry.urgency === 'partial')) {
      entry.sinceMs = this.#timing.nowMs();
      entry.urgency = desired.urgency;
    }
    entry.desired = desired;
    this.#waiting.add(entry);
    if (!entry.isUnderWay && this.#isShown(entry)) this.#confirm(entry, desired.text);
    if (!entry.isUnderWay) this.#settle(entry);
    if (this.#waiting.size > mostWaiting) this.#dropOldest();
    if (this.#waiting.size > 0) this.#listener.waits();
  }

  async flush(ms: number): Promise<void> {
    if (this.#waiting.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const forget = this.#timing.later(ms, resolve);
    this.#flushes.add(resolve);
    await promise;
    forget();
    this.#flushes.delete(resolve);
  }

  close(): void {
    this.#isClosed = true;
    this.#settled();
  }

  /** Messages without a request under way; posts in the order in which they are to be made. */
  waiting(): readonly WaitingMessage[] {
    return [...this.#waiting].flatMap(({ key, desired, place, tried, isUnderWay, ...entry }) => {
      if (!desired || isUnderWay) return [];
      const isToGo = desired.text === '';
      const kind = place ? (isToGo ? 'delete' : 'edit') : 'post';
      const decidedMs = tried && isToGo ? tried.sinceMs + straggleMs : 0;
      const fromMs = Math.max(this.#notBeforeMs, decidedMs);
      return [{ kind, key, fromMs, urgency: entry.urgency, sinceMs: entry.sinceMs } as const];
    });
  }

  /** The request that shows the desired message; its result goes to `done`. */
  begin(key: string): MessageOperation | undefined {
    const entry = this.#entries.get(key);
    if (!entry?.desired) return undefined;
    entry.isUnderWay = true;
    const { desired: message, nonce, place, tried } = entry;
    if (place && message.text === '') return { kind: 'delete', key, place };
    if (place) return { kind: 'edit', key, place, message };
    if (!tried) return { kind: 'post', key, message, nonce };
    const ids = [...this.#entries.values()].map((other) => other.place?.messageId);
    return { kind: 'find', key, ...tried, otherIds: new Set(ids) };
  }

  /** Takes the result of a request that began at `sentAtMs`. */
  done(operation: MessageOperation, result: MessageResult, sentAtMs: number): void {
    const entry = this.#entries.get(operation.key);
    if (!entry) return;
    entry.isUnderWay = false;
    if (result.kind !== 'failed') this.#failures = 0;
    switch (result.kind) {
      case 'posted':
        entry.place = result.place;
        delete entry.tried;
        this.#shows(entry, operation, result.text);
        break;
      case 'edited':
        this.#shows(entry, operation);
        break;
      case 'deleted':
        this.#deleted(entry);
        break;
      case 'not-found':
        delete entry.tried;
        break;
      case 'failed':
        this.#failed(entry, operation, result.failure, sentAtMs);
    }
    this.#settle(entry);
    this.#settled();
  }

  /** Forgets messages that were deleted. */
  gone(messageIds: ReadonlySet<string>): void {
    for (const entry of this.#entries.values()) {
      if (!entry.place || entry.isGone || !messageIds.has(entry.place.messageId)) continue;
      entry.isGone = true;
      if (entry.desired && !entry.isUnderWay) this.#refuse(entry, entry.desired.text === '');
    }
    this.#settled();
  }

  /** Ends all that waits: nothing can be written from now on. */
  end(by: 'forbidden' | 'gone'): void {
    this.#closedBy ??= by;
    for (const entry of this.#waiting) {
      this.#refuse(entry, by === 'gone' && entry.desired?.text === '');
    }
    this.#settled();
  }

  #entry(key: string): Entry {
    const known = this.#entries.get(key);
    if (known) return known;
    const state = { isUnderWay: false, isGone: false } as const;
    const entry: Entry = { key, nonce: newNonce(), sinceMs: 0, urgency: 'partial', ...state };
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.values();
    if (oldest && !oldest.desired && this.#entries.size > mostKnown) {
      this.#entries.delete(oldest.key);
    }
    return entry;
  }

  /** Compares the sent text, as Discord takes spaces away at both ends. */
  #shows(entry: Entry, operation: MessageOperation, shown?: string): void {
    const sent = 'message' in operation ? operation.message : undefined;
    const isAsSent = sent !== undefined && (shown ?? sent.text).trim() === sent.text.trim();
    const text = isAsSent ? sent.text : (shown ?? '');
    entry.shown = faceOf(isAsSent ? sent : { text });
    entry.sinceMs = this.#timing.nowMs();
    entry.urgency = entry.desired?.urgency ?? 'partial';
    this.#confirm(entry, text);
  }

  #confirm({ key, place }: Entry, text: string): void {
    if (place) this.#report({ kind: 'shown', key, place, text, atMs: this.#timing.nowMs() });
  }

  #isShown({ desired, place, shown }: Entry): boolean {
    return desired !== undefined && place !== undefined && faceOf(desired) === shown;
  }

  /** Ends what is shown as desired, and what is to be deleted and was never posted. */
  #settle(entry: Entry): void {
    const { desired, place, tried } = entry;
    if (this.#isShown(entry)) this.#end(entry);
    else if (desired?.text === '' && !place && !tried) this.#deleted(entry);
  }

  #deleted(entry: Entry): void {
    entry.isGone = true;
    this.#end(entry);
    this.#report({ kind: 'deleted', key: entry.key });
  }

  #failed(
    entry: Entry,
    operation: MessageOperation,
    failure: WriteFailure,
    sentAtMs: number,
  ): void {
    const { key } = entry;
    switch (failure.kind) {
      case 'too-old':
        this.#end(entry);
        this.#report({ kind: 'too-old', key });
        break;
      case 'message-gone':
        entry.isGone = true;
        this.#refuse(entry, operation.kind === 'delete');
        break;
      case 'chat-gone':
        this.end('gone');
        break;
      case 'forbidden':
      case 'archived':
        this.end('forbidden');
        break;
      case 'refused':
        this.#end(entry);
        this.#report({ kind: 'refused', key, why: failure.why });
        break;
      case 'unknown':
      case 'unsent':
        if (operation.kind === 'post' && failure.kind === 'unknown') {
          entry.tried = { text: operation.message.text, sinceMs: sentAtMs };
        }
        this.#rest();
        break;
      case 'limited':
        break;
    }
  }

  #rest(): void {
    const restMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(this.#failures, 10));
    this.#failures++;
    this.#notBeforeMs = this.#timing.nowMs() + restMs;
  }

  /** A message that was to be deleted and is gone is as desired. */
  #refuse(entry: Entry, isToGo: boolean): void {
    const { key, isGone } = entry;
    const isChatGone = this.#closedBy === 'gone';
    this.#end(entry);
    if (isToGo && (isGone || isChatGone)) this.#report({ kind: 'deleted', key });
    else if (this.#closedBy === 'forbidden' && !isGone) this.#report({ kind: 'forbidden', key });
    else this.#report({ kind: 'gone', key, what: isChatGone ? 'chat' : 'message' });
  }

  #end(entry: Entry): void {
    delete entry.desired;
    this.#waiting.delete(entry);
  }

  #dropOldest(): void {
    const oldest = [...this.#waiting].find(({ isUnderWay }) => !isUnderWay);
    if (!oldest) return;
    this.#end(oldest);
    const why = `more than ${mostWaiting} messages waited for Discord`;
    this.#report({ kind: 'refused', key: oldest.key, why });
  }

  #settled(): void {
    if (this.#waiting.size > 0) return;
    for (const resolve of this.#flushes) resolve();
    if (this.#isClosed) this.#listener.over();
  }
}

function faceOf({ text, buttons = [] }: Pick<DesiredMessage, 'text' | 'buttons'>): string {
  return JSON.stringify([text.trim(), buttons]);
}
