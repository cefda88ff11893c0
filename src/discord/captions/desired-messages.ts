import type {
  DesiredMessage,
  DisplayOutcome,
  MessagePlace,
} from '#src/conversation/ports/desired-message.ts';

import type { WriteFailure } from './write-failure.ts';

/** Fields of a message that its desired message sets. */
export type WrittenMessage = Pick<DesiredMessage, 'text' | 'buttons' | 'mentions'>;

/** One request about a message. */
export type MessageOperation =
  | {
      readonly kind: 'post';
      readonly key: string;
      readonly message: WrittenMessage;
      readonly nonce: string;
    }
  | {
      readonly kind: 'edit';
      readonly key: string;
      readonly message: WrittenMessage;
      readonly place: MessagePlace;
    }
  | { readonly kind: 'delete'; readonly key: string; readonly place: MessagePlace }
  /** Asks whether a message that is not known to be there was posted at about that instant. */
  | {
      readonly kind: 'find';
      readonly key: string;
      readonly text: string;
      readonly sinceMs: number;
      /** Messages that are known as others. */
      readonly otherIds: ReadonlySet<string>;
    };

/** Answer of Discord. */
export type MessageResult =
  /** `text` is that of the message as it stands there now. */
  | { readonly kind: 'posted'; readonly place: MessagePlace; readonly text: string }
  | { readonly kind: 'edited' | 'deleted' }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'failed'; readonly failure: WriteFailure };

/** Wish that waits for its request. */
export type WaitingMessage = {
  readonly operation: 'post' | 'edit' | 'delete';
  readonly key: string;
  readonly urgency: 'whole' | 'partial';
  readonly sinceMs: number;
};

type Entry = {
  readonly key: string;
  place?: MessagePlace;
  shown?: string;
  desired?: DesiredMessage;
  /** The desired message whose request is under way. */
  begun?: DesiredMessage;
  /** Since when it waits for its text, in its urgency: the highest of those not fulfilled. */
  sinceMs: number;
  urgency: DesiredMessage['urgency'];
  nonce: string;
  /** A post that may or may not have come through. */
  tried?: { readonly message: WrittenMessage; readonly sinceMs: number };
  gone?: 'message' | 'chat';
};

/** Messages that wait while Discord is away; a further one loses the oldest. An hour of ten people is 300. */
const mostWaiting = 1_000;
/** Messages of a chat whose places are known; the oldest is forgotten first, and its desired messages need a `place`. */
const mostKnown = 10_000;
/** Discord looks for a nonce in "the past few minutes". Source: Discord docs, "Create Message", `enforce_nonce`. */
const nonceLifeMs = 60_000;
/** Longest time, in ms, that a request without an answer may still be under way at Discord. */
const straggleMs = 10_000;

/**
 * Messages of one chat: the wanted text of each, the shown one, and the next request about it. Asks no clock and sends
 * nothing.
 */
export class DesiredMessages {
  readonly #entries = new Map<string, Entry>();
  /** Entries in the order of their first desired message. */
  readonly #waiting = new Map<string, Entry>();
  readonly #underWay = new Set<string>();
  readonly #report: (outcome: DisplayOutcome) => void;
  readonly #makeNonce: () => string;
  #closedBy: 'forbidden' | 'gone' | undefined;

  constructor(report: (outcome: DisplayOutcome) => void, makeNonce: () => string) {
    this.#report = report;
    this.#makeNonce = makeNonce;
  }

  get isIdle(): boolean {
    return this.#waiting.size === 0;
  }

  /** Takes the place of an older desired message for the same key. */
  put(desired: DesiredMessage, nowMs: number): void {
    const { key } = desired;
    const entry = this.#entry(key, nowMs);
    if (!entry.place && desired.place) entry.place = desired.place;
    if (this.#closedBy || entry.gone) {
      this.#refuse(entry, desired.text === '');
      return;
    }
    const { desired: former, begun } = entry;
    const isFirst = !former || former === begun;
    const isMoreUrgent = desired.urgency === 'whole' && entry.urgency === 'partial';
    if (isFirst || isMoreUrgent) {
      entry.sinceMs = nowMs;
      entry.urgency = desired.urgency;
    }
    entry.desired = desired;
    this.#waiting.set(key, entry);
    if (this.#isShown(entry) && entry.place) {
      this.#end(entry);
      this.#report({ kind: 'shown', key, place: entry.place, text: desired.text, atMs: nowMs });
    } else if (this.#isNothing(entry)) this.#deleted(entry);
    if (this.#waiting.size > mostWaiting) this.#dropOldest();
  }

  /** Wishes without a request under way; posts in the order they are to be made. */
  *waiting(): Generator<WaitingMessage> {
    for (const { key, desired, place, sinceMs, urgency } of this.#waiting.values()) {
      if (!desired || this.#underWay.has(key)) continue;
      const operation = place ? (desired.text === '' ? 'delete' : 'edit') : 'post';
      yield { operation, key, urgency, sinceMs };
    }
  }

  /** The request that brings a desired message about; its result goes to `done`. */
  begin(key: string, nowMs: number): MessageOperation | undefined {
    const entry = this.#waiting.get(key);
    if (!entry?.desired) return undefined;
    this.#underWay.add(key);
    const { desired, place, tried } = entry;
    entry.begun = desired;
    if (place) {
      if (desired.text === '') return { kind: 'delete', key, place };
      return { kind: 'edit', key, place, message: desired };
    }
    if (!tried) return { kind: 'post', key, message: desired, nonce: entry.nonce };
    const ageMs = nowMs - tried.sinceMs;
    if (ageMs < nonceLifeMs && desired.text !== '') {
      return { kind: 'post', key, message: tried.message, nonce: entry.nonce };
    }
    const { text } = tried.message;
    return { kind: 'find', key, text, sinceMs: tried.sinceMs, otherIds: this.#placedIds() };
  }

  /** Instant before which a desired message that is begun would be decided too early. */
  notBeforeMs(key: string): number {
    const { tried, desired } = this.#waiting.get(key) ?? {};
    return tried && desired?.text === '' ? tried.sinceMs + straggleMs : 0;
  }

  /** Takes the result of a request, reports the outcome, and decides about a desired message that has not come true. */
  done(operation: MessageOperation, result: MessageResult, sentAtMs: number, nowMs: number): void {
    this.#underWay.delete(operation.key);
    const entry = this.#entries.get(operation.key);
    if (!entry) return;
    const isOldText = entry.begun !== entry.desired && entry.begun?.urgency === 'whole';
    if (isOldText && result.kind === 'failed') entry.urgency = 'whole';
    delete entry.begun;
    switch (result.kind) {
      case 'posted':
        entry.place = result.place;
        delete entry.tried;
        this.#shows(entry, operation, result.text, nowMs);
        break;
      case 'edited':
        if (operation.kind === 'edit') this.#shows(entry, operation, operation.message.text, nowMs);
        break;
      case 'deleted':
        this.#deleted(entry);
        return;
      case 'not-found':
        delete entry.tried;
        entry.nonce = this.#makeNonce();
        break;
      case 'failed':
        this.#failed(entry, operation, result.failure, sentAtMs);
        return;
    }
    if (this.#isShown(entry)) this.#end(entry);
    else if (this.#isNothing(entry)) this.#deleted(entry);
  }

  /** Messages were deleted; those of this chat are written no more. */
  gone(messageIds: ReadonlySet<string>): void {
    for (const entry of this.#entries.values()) {
      if (entry.place && messageIds.has(entry.place.messageId) && !entry.gone) {
        entry.gone = 'message';
        const { desired } = entry;
        if (desired && !this.#underWay.has(entry.key)) this.#refuse(entry, desired.text === '');
      }
    }
  }

  /** Ends all desired messages: writing is impossible from now on. */
  end(by: 'forbidden' | 'gone'): void {
    this.#closedBy ??= by;
    for (const entry of this.#waiting.values()) {
      this.#underWay.delete(entry.key);
      this.#refuse(entry, by === 'gone' && entry.desired?.text === '');
    }
  }

  #entry(key: string, nowMs: number): Entry {
    const known = this.#entries.get(key);
    if (known) return known;
    const entry: Entry = { key, sinceMs: nowMs, urgency: 'partial', nonce: this.#makeNonce() };
    this.#entries.set(key, entry);
    for (const oldest of this.#entries.values()) {
      if (this.#entries.size <= mostKnown) break;
      if (!oldest.desired) this.#entries.delete(oldest.key);
      else break;
    }
    return entry;
  }

  #placedIds(): ReadonlySet<string> {
    const places = [...this.#entries.values()].map(({ place }) => place?.messageId);
    return new Set(places.filter((id) => id !== undefined));
  }

  /** Compares the sent text, as Discord takes spaces away at both ends. */
  #shows(entry: Entry, operation: MessageOperation, text: string, atMs: number): void {
    const { key, place } = entry;
    const sent = 'message' in operation ? operation.message : { text: '' };
    const isAsSent = sent.text.trim() === text.trim();
    entry.shown = faceOf(isAsSent ? sent : { text });
    if (place) this.#report({ kind: 'shown', key, place, text: isAsSent ? sent.text : text, atMs });
  }

  #isShown({ desired, place, shown, key }: Entry): boolean {
    return desired && place && !this.#underWay.has(key) ? faceOf(desired) === shown : false;
  }

  /** True where a message is to be deleted that was never posted. */
  #isNothing({ desired, place, tried, key }: Entry): boolean {
    return desired?.text === '' && !place && !tried && !this.#underWay.has(key);
  }

  #deleted(entry: Entry): void {
    entry.gone = 'message';
    this.#end(entry);
    this.#report({ kind: 'deleted', key: entry.key });
  }

  #failed(
    entry: Entry,
    operation: MessageOperation,
    failure: WriteFailure,
    sentAtMs: number,
  ): void {
    switch (failure.kind) {
      case 'too-old':
        this.#end(entry);
        this.#report({ kind: 'too-old', key: entry.key });
        break;
      case 'message-gone':
        entry.gone = 'message';
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
        this.#report({ kind: 'refused', key: entry.key, why: failure.why });
        break;
      case 'unknown':
        if (operation.kind === 'post') {
          entry.tried ??= { message: operation.message, sinceMs: sentAtMs };
        }
        break;
      case 'limited':
      case 'unsent':
        break;
    }
  }

  /** A message that was to be deleted and is gone is as wished. */
  #refuse(entry: Entry, isToGo: boolean): void {
    const { key, gone } = entry;
    this.#end(entry);
    if (isToGo && (gone || this.#closedBy === 'gone')) this.#report({ kind: 'deleted', key });
    else if (this.#closedBy === 'forbidden' && !gone) this.#report({ kind: 'forbidden', key });
    else this.#report({ kind: 'gone', key, what: this.#closedBy === 'gone' ? 'chat' : 'message' });
  }

  #end(entry: Entry): void {
    delete entry.desired;
    this.#waiting.delete(entry.key);
  }

  #dropOldest(): void {
    for (const entry of this.#waiting.values()) {
      if (this.#underWay.has(entry.key)) continue;
      this.#end(entry);
      const why = `more than ${mostWaiting} messages waited for Discord`;
      this.#report({ kind: 'refused', key: entry.key, why });
      return;
    }
  }
}

function faceOf({ text, buttons = [] }: WrittenMessage): string {
  return JSON.stringify([text.trim(), buttons]);
}
