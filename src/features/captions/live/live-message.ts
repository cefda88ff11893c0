import type { DesiredMessage, MessagePlace } from '#src/conversation/ports/desired-message.ts';

import { comparePlaces, type LinePart } from './line-part.ts';
import { renderParts } from './line-rendering.ts';

/** Words of each part that a message shows, or was to show. */
type ShownContent = ReadonlyMap<LinePart, string>;

/** Most characters of a message that a further line is added to the end of. */
const maxOpenChars = 1_500;
/** Time after its first line, in ms, in which lines are added to the end of a message. */
const openMs = 10 * 60_000;
/** Most characters of a message: 10 fewer than Discord takes. */
const maxChars = 1_990;
/** Age of a message, in ms, up to which it is changed; Discord hardly takes changes after an hour (error 30046). */
const maxAgeMs = 50 * 60_000;
/** Wishes without an outcome that are known apart; older ones count as never shown. */
const maxPending = 64;

/** One message of captions: what it is to show, and what it shows. */
export class LiveMessage {
  readonly key: string;
  readonly openedAtMs: number;
  readonly #startedAtWallMs: number;
  #parts: LinePart[] = [];
  #desiredText: string | undefined;
  #pending: { readonly text: string; readonly content: ShownContent }[] = [];
  #shown: ShownContent = new Map();
  /** Whole words that were wished for as such. */
  #urged = new WeakMap<LinePart, string>();
  #place: MessagePlace | undefined;
  #shownSinceMs: number | undefined;
  #isSealed = false;
  #isPlain = false;
  #isOutdated = false;

  constructor(key: string, openedAtMs: number, startedAtWallMs: number) {
    this.key = key;
    this.openedAtMs = openedAtMs;
    this.#startedAtWallMs = startedAtWallMs;
  }

  parts(): readonly LinePart[] {
    return this.#parts;
  }

  place(): MessagePlace | undefined {
    return this.#place;
  }

  /** Ms since it was posted; undefined before. */
  ageMs(atMs: number): number | undefined {
    return this.#shownSinceMs === undefined ? undefined : atMs - this.#shownSinceMs;
  }

  /** Whether its lines may still be changed. */
  acceptsChanges(atMs: number): boolean {
    return !this.#isSealed && (this.ageMs(atMs) ?? 0) < maxAgeMs;
  }

  /** Whether this part may be added after all others. */
  acceptsNext(part: LinePart, atMs: number): boolean {
    if (atMs - this.openedAtMs >= openMs) return false;
    return this.acceptsChanges(atMs) && this.#lengthWith(part) <= maxOpenChars;
  }

  /** Whether this part may be put among the others; `isNewest`: what does not fit then goes into a message after it. */
  acceptsLate(part: LinePart, atMs: number, isNewest: boolean): boolean {
    if (!this.acceptsChanges(atMs)) return false;
    return isNewest || this.#lengthWith(part) <= maxChars;
  }

  add(part: LinePart): void {
    const after = this.#parts.findIndex((other) => comparePlaces(part, other) < 0);
    this.#parts.splice(after < 0 ? this.#parts.length : after, 0, part);
  }

  remove(part: LinePart): void {
    this.#parts = this.#parts.filter((other) => other !== part);
  }

  /** Parts at its end that do not fit. */
  overflow(): readonly LinePart[] {
    let fitting = this.#parts.length;
    while (fitting > 1 && this.#length(this.#parts.slice(0, fitting)) > maxChars) fitting--;
    return this.#parts.slice(fitting);
  }

  isSealed(): boolean {
    return this.#isSealed;
  }

  /** No line is changed or added any more; lines are only taken out. */
  seal(): void {
    this.#isSealed = true;
  }

  /** It shows what it should not, and is written once more although it is sealed. */
  outdate(): void {
    this.#isOutdated = true;
  }

  /** Words it shows of a part. */
  shows(part: LinePart): string | undefined {
    return this.#shown.get(part);
  }

  /** Parts whose words it does not show yet. */
  unshownParts(): readonly LinePart[] {
    return this.#parts.filter((part) => this.#shown.get(part) !== part.words);
  }

  shownParts(): readonly LinePart[] {
    return [...this.#shown.keys()];
  }

  /** It shows lines, or may soon, that were forgotten. */
  showsRemoved(): boolean {
    const contents = [this.#shown, ...this.#pending.map(({ content }) => content)];
    return contents.some((content) => content.keys().some(({ of }) => of.isRemoved));
  }

  /** Text to show, if it differs from the last one; an empty text deletes the message. */
  desired(): DesiredMessage | undefined {
    if (this.#parts.length === 0 && this.#desiredText === undefined) return undefined;
    const isFinished = this.#isSealed && this.#parts.length > 0 && !this.#isOutdated;
    if (isFinished && !this.showsRemoved()) return undefined;
    this.#isOutdated = false;
    const rendered = renderParts(this.#parts, this.#startedAtWallMs);
    const text = this.#isPlain ? plainText(rendered) : rendered;
    if (text === this.#desiredText) return undefined;
    const urgency = this.#urge() ? 'whole' : 'partial';
    this.#desiredText = text;
    this.#pending.push({ text, content: contentOf(this.#parts) });
    if (this.#pending.length > maxPending) this.#pending.shift();
    return { key: this.key, text, urgency };
  }

  /** True the first time. */
  confirm(text: string, place: MessagePlace, atMs: number): boolean {
    const n = this.#pending.findLastIndex((desired) => desired.text === text);
    if (n >= 0) this.#shown = this.#pending[n]?.content ?? this.#shown;
    this.#pending.splice(0, n + 1);
    this.#shownSinceMs ??= atMs;
    const isFirst = this.#place === undefined;
    this.#place = place;
    return isFirst;
  }

  /** The last desired messages came to nothing; one that still waits may yet be fulfilled, so an empty message is deleted, too. */
  reject(): void {
    this.#pending = [];
    this.#urged = new WeakMap();
  }

  /**
   * A desired message was refused; true where it may have been another than the last one. That is wished once more then, so that
   * what becomes of it is known.
   */
  retriesRefused(): boolean {
    const isCertain = this.#pending.length <= 1;
    if (!isCertain) this.#desiredText = undefined;
    this.reject();
    return !isCertain;
  }

  /** From now on it shows its text without formatting; false where it does already. */
  goPlain(): boolean {
    if (this.#isPlain) return false;
    this.#isPlain = true;
    this.#desiredText = undefined;
    return true;
  }

  /** It shows nothing any more. */
  vanish(): void {
    this.#isSealed = true;
    this.#shown = new Map();
    this.#pending = [];
    this.#desiredText = undefined;
    this.#place = undefined;
  }

  #lengthWith(part: LinePart): number {
    const after = this.#parts.findIndex((other) => comparePlaces(part, other) < 0);
    return this.#length(this.#parts.toSpliced(after < 0 ? this.#parts.length : after, 0, part));
  }

  #length(parts: readonly LinePart[]): number {
    return renderParts(parts, this.#startedAtWallMs).length;
  }

  /**
   * Whole words of an utterance are to be shown that no earlier desired message was urgent for, or forgotten ones still are. A desired message
   * that is urgent stays so until it comes true, whatever takes its place: each utterance is counted once.
   */
  #urge(): boolean {
    const isNew = (part: LinePart) =>
      part.kind === 'text' &&
      part.of.line.state !== 'partial' &&
      this.#shown.get(part) !== part.words &&
      this.#urged.get(part) !== part.words;
    const urgent = this.#parts.filter(isNew);
    for (const part of urgent) this.#urged.set(part, part.words);
    return urgent.length > 0 || this.showsRemoved();
  }
}

/** Without times, and without characters that Discord renders or resolves. */
function plainText(markdown: string): string {
  return markdown.replace(/<t:\d+:T> |^-# |[\\*_~`|<>[\]@#]/gm, '');
}

function contentOf(parts: readonly LinePart[]): ShownContent {
  return new Map(parts.map((part) => [part, part.words]));
}
