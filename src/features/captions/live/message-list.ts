import type { DesiredMessage, MessagePlace } from '#src/conversation/ports/desired-message.ts';

import { comparePlaces, type LaidLine, type LinePart } from './line-part.ts';
import { LiveMessage } from './live-message.ts';

/** Messages of a chat in the order they are posted, and which part of a line stands in which. */
export class MessageList {
  readonly #session: { readonly startedAtWallMs: number };
  #messages: LiveMessage[] = [];
  readonly #homes = new WeakMap<LinePart, LiveMessage>();
  readonly #touched = new Set<LiveMessage>();
  readonly #unfitted = new Set<LiveMessage>();
  readonly #moved = new Set<LaidLine>();
  #opened = 0;
  #late = 0;

  constructor(session: { readonly startedAtWallMs: number }) {
    this.#session = session;
  }

  all(): readonly LiveMessage[] {
    return this.#messages;
  }

  homeOf(part: LinePart): LiveMessage | undefined {
    return this.#homes.get(part);
  }

  /** Messages of the parts of a line, in order, as far as they are posted; then others that show something of it. */
  placesOf(number: number, parts: readonly LinePart[]): readonly MessagePlace[] {
    const texts = parts.filter(({ kind }) => kind === 'text');
    const homes = texts.map((part) => this.homeOf(part)?.place());
    const unposted = homes.indexOf(undefined);
    const places = (unposted < 0 ? homes : homes.slice(0, unposted)).filter(isKnown);
    const others = this.#messages
      .filter((message) =>
        [...message.parts(), ...message.shownParts()].some(({ of }) => of.number === number),
      )
      .map((message) => message.place())
      .filter(isKnown)
      .filter(({ messageId }) => !places.some((place) => place.messageId === messageId));
    return [...places, ...others];
  }

  /** Puts a part where it belongs in order of speech, or else after all others, with its time. */
  place(part: LinePart, atMs: number): void {
    const late = part.of.parts.find((other) => other.order.late > 0 && this.#homes.has(other));
    if (late && part.order.late === 0) part.order = late.order;
    const home = this.#homeInOrder(part, atMs);
    if (home) this.#add(part, home);
    else this.placeLate(part, atMs);
  }

  /** Puts a part after all others, with its time. */
  placeLate(part: LinePart, atMs: number): void {
    this.#makeLate(part);
    this.#add(part, this.#homeAtEnd(part, atMs));
  }

  /** Puts a part back where it is still shown. */
  putBack(part: LinePart, message: LiveMessage): void {
    this.remove(part);
    part.order = { atMs: part.of.startMs, late: 0 };
    this.#add(part, message);
  }

  /** Makes room for a part that became longer, or moves it. */
  changed(part: LinePart, atMs: number): void {
    const home = this.#homes.get(part);
    if (!home) return;
    this.touch(home);
    if (!home.acceptsChanges(atMs)) {
      this.remove(part);
      this.placeLate(part, atMs);
    } else if (home !== this.#messages.at(-1) && home.overflow().length > 0) {
      this.remove(part);
      this.place(part, atMs);
    }
  }

  remove(part: LinePart): void {
    const home = this.#homes.get(part);
    if (!home) return;
    home.remove(part);
    this.#homes.delete(part);
    this.touch(home);
  }

  /** Its text may be another one now. */
  touch(message: LiveMessage): void {
    this.#touched.add(message);
    this.#unfitted.add(message);
  }

  /** Its lines have a place now. */
  located(message: LiveMessage): void {
    for (const { of } of message.parts()) this.#moved.add(of);
  }

  /** Forgets the oldest message. */
  dropOldest(): void {
    const oldest = this.#messages.shift();
    if (oldest) this.#touched.delete(oldest);
    for (const part of oldest?.parts() ?? []) this.#homes.delete(part);
  }

  /** Moves what does not fit, and deletes what is empty. */
  desired(atMs: number): readonly DesiredMessage[] {
    this.#fit(atMs);
    const touched = this.#messages.filter((message) => this.#touched.has(message));
    const desired = touched.map((message) => message.desired());
    this.#messages = this.#messages.filter(
      (message) => !this.#touched.has(message) || message.parts().length > 0,
    );
    this.#touched.clear();
    return desired.filter((message) => message !== undefined);
  }

  /** Lines that came into another message since the last call, or whose message is known since then. */
  takeMoved(): readonly LaidLine[] {
    const moved = [...this.#moved];
    this.#moved.clear();
    return moved;
  }

  /** Message in which a part stands in order; none where that is full or too old. */
  #homeInOrder(part: LinePart, atMs: number): LiveMessage | undefined {
    const last = this.#lastPart();
    if (!last || comparePlaces(last, part) < 0) return this.#homeAtEnd(part, atMs);
    const n = this.#messages.findLastIndex((message) => {
      const [first] = message.parts();
      return first && comparePlaces(first, part) <= 0;
    });
    const newest = this.#messages.at(-1);
    return this.#messages
      .slice(Math.max(n, 0), this.#isAfterAllOf(part, this.#messages[n]) ? n + 2 : n + 1)
      .find((message) => message.acceptsLate(part, atMs, message === newest));
  }

  #isAfterAllOf(part: LinePart, message: LiveMessage | undefined): boolean {
    const last = message?.parts().at(-1);
    return !last || comparePlaces(last, part) < 0;
  }

  #homeAtEnd(part: LinePart, atMs: number): LiveMessage {
    const newest = this.#messages.at(-1);
    return newest?.acceptsNext(part, atMs) ? newest : this.#open(atMs);
  }

  #makeLate(part: LinePart): void {
    this.#late += 1;
    part.order = { atMs: this.#lastPart()?.order.atMs ?? part.of.startMs, late: this.#late };
  }

  #lastPart(): LinePart | undefined {
    return this.#messages
      .findLast((message) => message.parts().length > 0)
      ?.parts()
      .at(-1);
  }

  #open(atMs: number): LiveMessage {
    this.#opened += 1;
    const key = `captions ${this.#opened}`;
    const message = new LiveMessage(key, atMs, this.#session.startedAtWallMs);
    this.#messages.push(message);
    return message;
  }

  #add(part: LinePart, message: LiveMessage): void {
    message.add(part);
    this.#homes.set(part, message);
    this.#moved.add(part.of);
    this.touch(message);
  }

  #fit(atMs: number): void {
    for (const message of this.#unfitted) {
      this.#unfitted.delete(message);
      const beyond = message.overflow();
      const isNewest = message === this.#messages.at(-1);
      const next = isNewest && beyond.length > 0 ? this.#open(atMs) : undefined;
      for (const part of beyond) {
        this.remove(part);
        if (next) this.#add(part, next);
        else this.place(part, atMs);
      }
    }
  }
}

function isKnown(place: MessagePlace | undefined): place is MessagePlace {
  return place !== undefined;
}
