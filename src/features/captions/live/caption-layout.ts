import type { DisplayOutcome, MessagePlace } from '#src/conversation/ports/desired-message.ts';

import {
  type CaptionLine,
  type CaptionTexts,
  changedLine,
  isEnded,
  isWithoutWords,
  type LayoutChange,
} from './caption-line.ts';
import {
  comparePlaces,
  type LaidLine,
  type LinePart,
  laidLine,
  type WantedPart,
  wantedParts,
} from './line-part.ts';
import type { LiveMessage } from './live-message.ts';
import { MessageList } from './message-list.ts';

export type LayoutOptions = {
  /** Wall clock at 0 ms of its lines; read anew for each message, as that clock may be put back. */
  readonly startedAtWallMs: number;
  readonly texts: CaptionTexts;
};

/**
 * Which lines stand in which message of a chat, from the lines as they become known. All `atMs` are of one monotonic
 * clock. Lines of messages older than an hour are forgotten, so what it holds is bounded.
 */
export class CaptionLayout {
  readonly #texts: CaptionTexts;
  readonly #list: MessageList;
  readonly #lines = new LaidLines();
  #deletedLines: number[] = [];
  #refusedLines: number[] = [];
  #isAway = false;

  constructor(options: LayoutOptions) {
    this.#texts = options.texts;
    this.#list = new MessageList(options);
  }

  /** Adds or changes a line; once it has ended only as `CaptionLine.state` tells. */
  put(line: CaptionLine, atMs: number): LayoutChange {
    this.#forgetOld(atMs);
    const known = this.#lines.get(line.number);
    const next = this.#lines.isPast(line.number) ? undefined : changedLine(known?.line, line);
    if (!next) return this.#change(atMs);
    const laid = known ?? laidLine(next, atMs);
    laid.line = next;
    laid.putAtMs = atMs;
    if (isWithoutWords(next)) this.#end(laid);
    else this.#layOut(laid, atMs);
    return this.#change(atMs);
  }

  /** Lines are forgotten: whatever message shows something of them is to show it no more. */
  remove(numbers: readonly number[], atMs: number): LayoutChange {
    for (const number of numbers) {
      const laid = this.#lines.get(number);
      if (laid) this.#erase(laid);
      this.#lines.addPast(number);
    }
    this.#touchForgotten();
    return this.#change(atMs);
  }

  /** Applies the outcome of a desired message. */
  outcome(outcome: DisplayOutcome, atMs: number): LayoutChange {
    const message = this.#list.all().find(({ key }) => key === outcome.key);
    if (outcome.kind === 'gone' && outcome.what === 'chat') {
      this.#isAway = true;
      this.#deleteWithLines(this.#list.all(), atMs);
    } else if (outcome.kind === 'forbidden') {
      this.#isAway = true;
    } else if (message) {
      this.#settle(message, outcome, atMs);
    }
    return this.#change(atMs);
  }

  /** Removes messages that were deleted in Discord, with their lines. */
  messagesDeleted(messageIds: readonly string[], atMs: number): LayoutChange {
    const ids = new Set(messageIds);
    const isDeleted = (message: LiveMessage) => ids.has(message.place()?.messageId ?? '');
    this.#deleteWithLines(this.#list.all().filter(isDeleted), atMs);
    return this.#change(atMs);
  }

  /** Messages of the parts of a line, in order, as far as they are posted; then others that show something of it. */
  placesOf(number: number): readonly MessagePlace[] {
    return this.#list.placesOf(number, this.#lines.get(number)?.parts ?? []);
  }

  /** Whether messages show the words of a line as they were last put, all of them. */
  isShown(number: number): boolean {
    const texts = this.#lines.get(number)?.parts.filter(({ kind }) => kind === 'text') ?? [];
    const isPartShown = (part: LinePart) => this.#list.homeOf(part)?.shows(part) === part.words;
    return texts.length > 0 && texts.every(isPartShown);
  }

  /** Whether it still changes this message. */
  holds(messageId: string): boolean {
    return this.#list.all().some((message) => message.place()?.messageId === messageId);
  }

  #layOut(laid: LaidLine, atMs: number): void {
    const isRefused = laid.refusedText === laid.line.text;
    if (isRefused && isEnded(laid.line)) this.#refusedLines.push(laid.number);
    const wanted = isRefused ? [] : wantedParts(laid.line, this.#texts);
    const isSame = (part: LinePart) => (other: WantedPart) =>
      other.kind === part.kind && other.index === part.index;
    for (const part of laid.parts.filter((one) => !wanted.some(isSame(one)))) {
      this.#list.remove(part);
    }
    const before = laid.parts;
    laid.parts = [];
    for (const one of wanted) {
      const part = before.find((other) => isSame(other)(one));
      laid.parts.push(part ?? { of: laid, ...one, order: { atMs: laid.startMs, late: 0 } });
    }
    for (const [n, part] of laid.parts.entries()) this.#show(part, wanted[n] ?? part, atMs);
    this.#lines.keep(laid);
  }

  #show(part: LinePart, wanted: WantedPart, atMs: number): void {
    const home = this.#list.homeOf(part);
    const isChanged = part.words !== wanted.words;
    Object.assign(part, wanted);
    if (!home) this.#list.place(part, atMs);
    else if (isChanged) this.#list.changed(part, atMs);
    else if (home.acceptsChanges(atMs)) this.#list.touch(home);
  }

  #settle(message: LiveMessage, outcome: DisplayOutcome, atMs: number): void {
    switch (outcome.kind) {
      case 'shown':
        this.#confirm(message, outcome, atMs);
        return;
      case 'too-old':
        this.#leaveAsShown(message, atMs);
        return;
      case 'gone':
        this.#deleteWithLines([message], atMs);
        return;
      case 'refused':
        this.#showPlain(message, atMs);
        return;
      case 'deleted':
      case 'forbidden':
        return;
    }
  }

  #confirm(
    message: LiveMessage,
    { text, place }: Extract<DisplayOutcome, { readonly kind: 'shown' }>,
    atMs: number,
  ): void {
    if (message.confirm(text, place, atMs)) this.#list.located(message);
    if (!message.isSealed() || this.#reclaim(message)) return;
    message.outdate();
    this.#list.touch(message);
  }

  /** Moves the parts that a message does not show; all parts where it shows removed ones, and is to be deleted. */
  #leaveAsShown(message: LiveMessage, atMs: number): void {
    message.seal();
    message.reject();
    this.#list.touch(message);
    const isToGo = !this.#reclaim(message) || message.showsRemoved();
    const moving = isToGo ? message.parts() : message.unshownParts();
    for (const part of moving) this.#list.remove(part);
    for (const part of moving) this.#list.placeLate(part, atMs);
  }

  /** Takes parts back that it shows, and that stand in a later message by now; false where one cannot leave that. */
  #reclaim(message: LiveMessage): boolean {
    let areAllBack = true;
    for (const part of message.shownParts()) {
      const home = this.#list.homeOf(part);
      if (!home || home === message || message.shows(part) !== part.words) continue;
      if (home.shows(part) === undefined) this.#list.putBack(part, message);
      else areAllBack = false;
    }
    return areAllBack;
  }

  /** It goes once more as plain text; what is new in it is refused with that. */
  #showPlain(message: LiveMessage, atMs: number): void {
    this.#list.touch(message);
    if (message.retriesRefused()) return;
    if (message.showsRemoved()) {
      this.#leaveAsShown(message, atMs);
      return;
    }
    if (message.goPlain()) return;
    message.seal();
    this.#reclaim(message);
    for (const laid of new Set(message.unshownParts().map(({ of }) => of))) {
      laid.refusedText = laid.line.text;
      this.#layOut(laid, atMs);
    }
  }

  /** Lines that these messages showed are gone; others of theirs are shown elsewhere. */
  #deleteWithLines(messages: readonly LiveMessage[], atMs: number): void {
    const gone = [...messages];
    for (const message of gone) {
      const isGone = (part: LinePart) => {
        const home = this.#list.homeOf(part);
        return home !== undefined && (home === message || home.shows(part) === undefined);
      };
      const lines = new Set(
        message
          .shownParts()
          .filter(isGone)
          .map(({ of }) => of),
      );
      message.vanish();
      for (const laid of lines) {
        this.#erase(laid);
        this.#deletedLines.push(laid.number);
      }
    }
    const left = gone.flatMap((message) => message.parts()).sort(comparePlaces);
    for (const part of left) this.#list.remove(part);
    for (const part of left) this.#list.place(part, atMs);
    for (const message of gone) this.#list.touch(message);
    this.#touchForgotten();
  }

  #erase(laid: LaidLine): void {
    laid.isRemoved = true;
    this.#end(laid);
  }

  #touchForgotten(): void {
    for (const message of this.#list.all()) {
      if (message.showsRemoved()) this.#list.touch(message);
    }
  }

  /** The line is in no message any more, and comes into none. */
  #end(laid: LaidLine): void {
    for (const part of laid.parts) this.#list.remove(part);
    this.#lines.delete(laid.number);
    this.#lines.addPast(laid.number);
  }

  #forgetOld(atMs: number): void {
    for (let oldest = this.#tooOld(atMs); oldest; oldest = this.#tooOld(atMs)) {
      const parts = new Set(oldest.parts());
      this.#list.dropOldest();
      for (const { of } of parts) {
        of.parts = of.parts.filter((part) => !parts.has(part));
        if (of.parts.length === 0) this.#lines.forget(of);
      }
    }
    this.#lines.forgetWordless(atMs - forgottenAfterMs);
  }

  #tooOld(atMs: number): LiveMessage | undefined {
    const [oldest, next] = this.#list.all();
    if (!oldest || !next) return undefined;
    const age = oldest.ageMs(atMs);
    const isOld =
      age === undefined
        ? atMs - oldest.openedAtMs >= unshownForgottenAfterMs
        : age >= forgottenAfterMs;
    return isOld ? oldest : undefined;
  }

  #change(atMs: number): LayoutChange {
    const desired = this.#isAway ? [] : this.#list.desired(atMs);
    const placed: number[] = [];
    for (const laid of this.#list.takeMoved()) {
      const ids = this.placesOf(laid.number).map(({ messageId }) => messageId);
      const postedIn = ids.join(' ');
      if (postedIn === '' || postedIn === laid.postedIn) continue;
      laid.postedIn = postedIn;
      placed.push(laid.number);
    }
    const [deletedLines, refusedLines] = [this.#deletedLines, this.#refusedLines];
    this.#deletedLines = [];
    this.#refusedLines = [];
    return { desired, placed, deletedLines, refusedLines };
  }
}

/** Ms after which messages are forgotten: posted ones 10 minutes after their last change; ones never confirmed. */
const [forgottenAfterMs, unshownForgottenAfterMs] = [60 * 60_000, 120 * 60_000];

/** Lines by number, and which numbers nothing changes any more. */
class LaidLines {
  readonly #lines = new Map<number, LaidLine>();
  /** Lines in no message, longest untouched first. */
  readonly #wordless = new Set<LaidLine>();
  readonly #past = new Set<number>();

  get(number: number): LaidLine | undefined {
    return this.#lines.get(number);
  }

  isPast(number: number): boolean {
    return this.#past.has(number);
  }

  keep(laid: LaidLine): void {
    this.#lines.set(laid.number, laid);
    this.#wordless.delete(laid);
    if (laid.parts.length === 0) this.#wordless.add(laid);
  }

  delete(number: number): void {
    const laid = this.#lines.get(number);
    this.#lines.delete(number);
    if (laid) this.#wordless.delete(laid);
  }

  addPast(number: number): void {
    this.#past.add(number);
    if (this.#past.size <= maxPastLines) return;
    const [oldest] = this.#past;
    if (oldest !== undefined) this.#past.delete(oldest);
  }

  /** A line that has not ended may still come, as a new one. */
  forget(laid: LaidLine): void {
    this.delete(laid.number);
    if (isEnded(laid.line)) this.addPast(laid.number);
  }

  /** Forgets lines in no message that were last put before then. */
  forgetWordless(beforeMs: number): void {
    for (const laid of this.#wordless) {
      if (laid.putAtMs > beforeMs) return;
      this.forget(laid);
    }
  }
}

/** Numbers of forgotten lines that are told from new ones: 34 minutes of ten people at 120 utterances a minute. */
const maxPastLines = 4_096;
