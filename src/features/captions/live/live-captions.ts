import type { Clock } from '#src/base/clock.ts';
import type { CaptionChat } from '#src/conversation/ports/caption-chats.ts';
import type {
  DesiredMessage,
  DisplayOutcome,
  MessagePlace,
} from '#src/conversation/ports/desired-message.ts';
import type { CaptionLine, CaptionTexts } from './caption-line.ts';
import { type LinePart, partsOf, renderParts } from './line-rendering.ts';

export type LiveCaptionsOptions = {
  readonly chat: CaptionChat;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly texts: CaptionTexts;
  /** Wall clock at 0 ms of the lines. */
  readonly startedAtWallMs: () => number;
  /** These messages show this line now, or, where it is long, parts of it in this order. */
  readonly onPlaced: (number: number, places: readonly MessagePlace[]) => void;
  /** Called when a person deleted the messages that showed these lines. */
  readonly onDeleted: (numbers: readonly number[]) => void;
  /** Called when nothing can be shown there any more, or Discord refuses some lines. */
  readonly onTrouble: (trouble: LiveCaptionsTrouble) => void;
  /** A line is final; all its words are shown since that instant of the monotonic clock. */
  readonly onShown: (number: number, atMs: number) => void;
};

export type LiveCaptionsTrouble = 'gone' | 'forbidden' | 'refused';

/** Most characters of a message that a further line is added to, and of any message: 10 fewer than Discord takes. */
const [maxOpenChars, maxChars] = [1_500, 1_990];
/** Time after its first line, in ms, in which lines are added to a message. */
const openMs = 10 * 60_000;
/** Age of a message, in ms, up to which its lines change; Discord hardly takes changes after an hour (error 30046). */
const changeMs = 50 * 60_000;
/** Age of a message, in ms, after which it is left as it is. */
const leftAfterMs = 60 * 60_000;
/** Desired texts of a message whose outcome is awaited. */
const mostPending = 64;

/** A part of a line, and where it stands. */
type PlacedPart = LinePart & { readonly orderMs: number; readonly message: Message };

type ShownLine = {
  readonly line: CaptionLine;
  readonly parts: readonly PlacedPart[];
  /** When all its words were shown first. */
  shownAtMs?: number;
  isReported: boolean;
};

/** Words of each part of a message, by the key of the part. */
type Content = ReadonlyMap<string, string>;

/** A message: the parts that it is to show, and those that it shows. */
type Message = {
  readonly key: string;
  readonly openedAtMs: number;
  parts: readonly PlacedPart[];
  desiredText?: string;
  readonly pending: Map<string, Content>;
  shown: Content;
  place?: MessagePlace;
  isPlain: boolean;
};

/**
 * Captions of one session in one chat. Lines are added to the newest message in order of speech until it is full; a line from
 * before that message goes last, with its time. A line that changes is rewritten where it stands. Never throws.
 */
export class LiveCaptions {
  readonly #options: LiveCaptionsOptions;
  readonly #lines = new Map<number, ShownLine>();
  /** Lines that are never shown again. */
  readonly #erased = new Set<number>();
  /** Listeners to the outcome of messages that are no captions, by their keys. */
  readonly #outcomeListeners = new Map<string, (outcome: DisplayOutcome) => void>();
  readonly #touched = new Map<Message, DesiredMessage['urgency']>();
  #messages: readonly Message[] = [];
  #opened = 0;
  /** Start of the latest line in a message before the newest. */
  #fullUntilMs = Number.NEGATIVE_INFINITY;
  #isShut = false;

  constructor(options: LiveCaptionsOptions) {
    this.#options = options;
    options.chat.onOutcome((outcome) => this.#handleOutcome(outcome));
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

  /** Messages of the parts of a line, in order, as far as they are posted; then those of its translation. */
  placesOf(number: number): readonly MessagePlace[] {
    const parts = this.#lines.get(number)?.parts ?? [];
    const places = parts.map(({ message }) => message.place);
    const unposted = places.indexOf(undefined);
    const known = (unposted < 0 ? places : places.slice(0, unposted)).filter(isKnown);
    const texts = parts.filter(({ kind }) => kind === 'text').length;
    return known.filter(
      ({ messageId }, n) =>
        n < texts || known.findIndex((other) => other.messageId === messageId) === n,
    );
  }

  /** Adds or changes a line. */
  put(line: CaptionLine): void {
    const { number } = line;
    if (this.#isShut || this.#erased.has(number)) return;
    this.#leaveOld();
    const known = this.#lines.get(number);
    const wanted = partsOf(line, this.#options.texts);
    if (wanted.length === 0 && line.state !== 'final') return;
    const isNew = wordsIn(wanted) !== wordsIn(known?.parts ?? []);
    const urgency = isNew && line.state !== 'partial' ? 'whole' : 'partial';
    const shown: ShownLine = {
      line,
      parts: this.#placed(wanted, known?.parts ?? [], urgency),
      isReported: known?.isReported ?? false,
      ...(!isNew && { shownAtMs: known?.shownAtMs }),
    };
    if (wanted.length > 0) this.#lines.set(number, shown);
    else this.#lines.delete(number);
    this.#perform();
    this.#report(shown, this.#options.clock.nowMs());
  }

  /** Shows the translation of a line that is final. */
  translate(number: number, translation: string): void {
    const line = this.#lines.get(number)?.line;
    if (line) this.put({ ...line, translation });
  }

  /** Takes lines out of their messages for good. */
  remove(numbers: readonly number[]): void {
    for (const number of numbers) this.#erase(number);
    this.#perform();
  }

  /** Handles messages that a person deleted: the lines that they showed are deleted, too. */
  messagesDeleted(messageIds: readonly string[]): void {
    for (const message of this.#messages) {
      if (messageIds.includes(message.place?.messageId ?? '')) this.#deleteWithLines(message);
    }
    this.#perform();
  }

  /** A message that is no caption: the notice, or the name of a newcomer. `report` must not throw. */
  post(desired: DesiredMessage, report?: (outcome: DisplayOutcome) => void): void {
    if (this.#isShut) return;
    if (report) this.#outcomeListeners.set(desired.key, report);
    this.#options.chat.show(desired);
  }

  /** Resolves when nothing waits any more, or after `ms`; nothing more is shown then. */
  async close(ms: number): Promise<void> {
    await this.#options.chat.flush(ms);
    this.#isShut = true;
    this.#options.chat.close();
  }

  /** These parts where they stand, or else where they find room. */
  #placed(
    wanted: readonly LinePart[],
    former: readonly PlacedPart[],
    urgency: DesiredMessage['urgency'],
  ): readonly PlacedPart[] {
    const placed: PlacedPart[] = [];
    for (const part of wanted) {
      const known = former.find((one) => keyOf(one) === keyOf(part));
      const there = known && this.#rewritten(known, part, urgency);
      placed.push(there ?? this.#added(part, placed.at(-1), urgency));
    }
    const keys = new Set(wanted.map(keyOf));
    for (const one of former) if (!keys.has(keyOf(one))) this.#take(one, urgency);
    return placed;
  }

  /** The part in its place; undefined where that has no room, or is too old. */
  #rewritten(
    known: PlacedPart,
    part: LinePart,
    urgency: DesiredMessage['urgency'],
  ): PlacedPart | undefined {
    const { isLate, message, orderMs } = known;
    const changed = { ...part, isLate, message, orderMs };
    const parts = message.parts.map((one) => (one === known ? changed : one));
    if (parts.length > 1 && !this.#fits(message, parts, maxChars)) {
      this.#take(known, urgency);
      return undefined;
    }
    message.parts = parts;
    this.#touch(message, urgency);
    return changed;
  }

  /** The part behind the one before it, or else in the newest message. */
  #added(
    part: LinePart,
    before: PlacedPart | undefined,
    urgency: DesiredMessage['urgency'],
  ): PlacedPart {
    if (before) {
      const { isLate, message, orderMs } = before;
      const added = { ...part, isLate, message, orderMs };
      const parts = message.parts.toSpliced(message.parts.indexOf(before) + 1, 0, added);
      if (this.#fits(message, parts, maxChars)) {
        message.parts = parts;
        this.#touch(message, urgency);
        return added;
      }
    }
    return this.#addedLast(part, urgency);
  }

  /** The part in the newest message, if that is open and has room, or else in a further one. */
  #addedLast(part: LinePart, urgency: DesiredMessage['urgency']): PlacedPart {
    const newest = this.#messages.at(-1);
    const added = newest && this.#inOrder(part, newest);
    const isOpen = newest && this.#options.clock.nowMs() - newest.openedAtMs < openMs;
    if (newest && added && isOpen && this.#fits(newest, added.parts, maxOpenChars)) {
      newest.parts = added.parts;
      this.#touch(newest, urgency);
      return added.part;
    }
    const message = this.#open();
    const { part: first, parts } = this.#inOrder(part, message);
    message.parts = parts;
    this.#touch(message, urgency);
    return first;
  }

  /** The part among those of a message: in order of speech, or last where it began before the message. */
  #inOrder(
    part: LinePart,
    message: Message,
  ): { readonly part: PlacedPart; readonly parts: readonly PlacedPart[] } {
    const { startMs } = part.line;
    const isLate = startMs < this.#fullUntilMs;
    const lastMs = message.parts.at(-1)?.orderMs ?? this.#fullUntilMs;
    const placed = { ...part, isLate, message, orderMs: isLate ? lastMs : startMs };
    const after = message.parts.findIndex(({ orderMs }) => orderMs > placed.orderMs);
    const at = after < 0 ? message.parts.length : after;
    return { part: placed, parts: message.parts.toSpliced(at, 0, placed) };
  }

  #open(): Message {
    const starts = this.#messages.at(-1)?.parts.map(({ orderMs }) => orderMs) ?? [];
    this.#fullUntilMs = Math.max(this.#fullUntilMs, ...starts);
    this.#opened += 1;
    const message: Message = {
      key: `captions ${this.#opened}`,
      openedAtMs: this.#options.clock.nowMs(),
      parts: [],
      pending: new Map(),
      shown: new Map(),
      isPlain: false,
    };
    this.#messages = [...this.#messages, message];
    return message;
  }

  #fits({ openedAtMs }: Message, parts: readonly LinePart[], most: number): boolean {
    const isYoung = this.#options.clock.nowMs() - openedAtMs < changeMs;
    return isYoung && renderParts(parts, this.#options.startedAtWallMs()).length <= most;
  }

  /** Takes a part out of its message. */
  #take(part: PlacedPart, urgency: DesiredMessage['urgency']): void {
    const { message } = part;
    message.parts = message.parts.filter((one) => one !== part);
    this.#touch(message, urgency);
  }

  #touch(message: Message, urgency: DesiredMessage['urgency']): void {
    if (this.#touched.get(message) !== 'whole') this.#touched.set(message, urgency);
  }

  #erase(number: number): void {
    this.#erased.add(number);
    for (const part of this.#lines.get(number)?.parts ?? []) this.#take(part, 'whole');
    this.#lines.delete(number);
  }

  /** Shows what has changed; a message without lines is deleted. */
  #perform(): void {
    for (const [message, urgency] of this.#touched) this.#show(message, urgency);
    this.#touched.clear();
  }

  #show(message: Message, urgency: DesiredMessage['urgency']): void {
    const { desiredText = '', isPlain, key, parts, pending } = message;
    if (parts.length === 0) this.#messages = this.#messages.filter((one) => one !== message);
    const rendered = renderParts(parts, this.#options.startedAtWallMs());
    const text = isPlain ? plainText(rendered) : rendered;
    if (text === desiredText) return;
    message.desiredText = text;
    pending.delete(text);
    pending.set(text, new Map(parts.map((part) => [keyOf(part), part.words])));
    const [oldest] = pending.keys();
    if (oldest !== undefined && pending.size > mostPending) pending.delete(oldest);
    if (!this.#isShut) this.#options.chat.show({ key, text, urgency });
  }

  #handleOutcome(outcome: DisplayOutcome): void {
    this.#outcomeListeners.get(outcome.key)?.(outcome);
    if (outcome.kind === 'forbidden') this.#shut('forbidden');
    // The deletion of a channel or thread does not say that its words are to be forgotten.
    else if (outcome.kind === 'gone' && outcome.what === 'chat') this.#shut('gone');
    const message = this.#messages.find(({ key }) => key === outcome.key);
    if (!message || this.#isShut) return;
    switch (outcome.kind) {
      case 'shown':
        this.#confirm(message, outcome);
        break;
      case 'too-old':
        this.#repost(message);
        break;
      case 'gone':
        this.#deleteWithLines(message);
        break;
      case 'refused':
        this.#refused(message);
        break;
      case 'deleted':
      case 'forbidden':
    }
    this.#perform();
  }

  #shut(trouble: LiveCaptionsTrouble): void {
    if (this.#isShut) return;
    this.#isShut = true;
    this.#options.onTrouble(trouble);
  }

  #confirm(
    message: Message,
    { atMs, place, text }: Extract<DisplayOutcome, { readonly kind: 'shown' }>,
  ): void {
    const isFirst = message.place === undefined;
    message.place = place;
    message.shown = message.pending.get(text) ?? message.shown;
    for (const older of message.pending.keys()) {
      message.pending.delete(older);
      if (older === text) break;
    }
    for (const number of new Set(message.parts.map(({ line }) => line.number))) {
      if (isFirst) this.#options.onPlaced(number, this.placesOf(number));
      const shown = this.#lines.get(number);
      if (shown) this.#report(shown, atMs);
    }
  }

  /** Tells once that all words of a final line are shown. */
  #report(shown: ShownLine, atMs: number): void {
    const { line, parts } = shown;
    const texts = parts.filter(({ kind }) => kind === 'text');
    if (line.state === 'partial' || shown.isReported || texts.length === 0) return;
    const isShown = texts.every((part) => part.message.shown.get(keyOf(part)) === part.words);
    if (isShown) shown.shownAtMs ??= atMs;
    if (line.state !== 'final' || shown.shownAtMs === undefined) return;
    shown.isReported = true;
    this.#options.onShown(line.number, shown.shownAtMs);
  }

  /** Deletes a message that Discord does not change any more; its lines are posted again. */
  #repost(message: Message): void {
    const { parts } = message;
    message.parts = [];
    this.#touch(message, 'whole');
    this.#perform();
    this.#move(parts);
  }

  /** Puts parts that stand nowhere any more into the newest message. */
  #move(parts: readonly PlacedPart[]): void {
    for (const part of parts) {
      const shown = this.#lines.get(part.line.number);
      if (!shown) continue;
      const { message: _, orderMs: __, ...bare } = part;
      const moved = this.#addedLast(bare, 'whole');
      const placed = shown.parts.map((one) => (one === part ? moved : one));
      this.#lines.set(part.line.number, { ...shown, parts: placed });
    }
  }

  /** A person deleted a message: the lines that it showed are gone; others of it are shown elsewhere. */
  #deleteWithLines(message: Message): void {
    const { parts, shown } = message;
    this.#messages = this.#messages.filter((one) => one !== message);
    const gone = parts.filter((part) => shown.has(keyOf(part))).map(({ line }) => line.number);
    const numbers = [...new Set(gone)];
    for (const number of numbers) this.#erase(number);
    this.#touched.delete(message);
    this.#move(parts.filter(({ line }) => !numbers.includes(line.number)));
    if (numbers.length > 0) this.#options.onDeleted(numbers);
  }

  /** It goes once more as plain text; where that is refused, too, its lines are given up. */
  #refused(message: Message): void {
    delete message.desiredText;
    if (!message.isPlain) {
      message.isPlain = true;
      this.#touch(message, 'whole');
      return;
    }
    message.desiredText = 'refused';
    for (const { line } of message.parts) this.#erase(line.number);
    this.#options.onTrouble('refused');
  }

  /** Messages of an hour ago are left as they are, with their lines. */
  #leaveOld(): void {
    const nowMs = this.#options.clock.nowMs();
    const [oldest] = this.#messages;
    if (!oldest || this.#messages.length === 1) return;
    if (nowMs - oldest.openedAtMs < leftAfterMs) return;
    this.#messages = this.#messages.slice(1);
    for (const { line } of oldest.parts) this.#lines.delete(line.number);
  }
}

/** Key of a part in any message. */
function keyOf({ index, kind, line }: LinePart): string {
  return `${line.number} ${kind} ${index}`;
}

/** Spoken words of parts, without the mark of what goes on. */
function wordsIn(parts: readonly LinePart[]): string {
  const texts = parts.filter(({ kind }) => kind === 'text');
  return texts.map(({ words }) => words).join('\n');
}

/** Without times, and without characters that Discord renders or resolves. */
function plainText(markdown: string): string {
  return markdown.replace(/<t:\d+:T> |^-# |[\\*_~`|<>[\]@#]/gm, '');
}

function isKnown(place: MessagePlace | undefined): place is MessagePlace {
  return place !== undefined;
}
