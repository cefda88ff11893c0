import { seededRandom } from '#sandbox/seeded-random.ts';
import type { MessageOutcome } from '#src/ports/caption-chats.ts';
import type { DesiredMessage } from '#test/fakes/caption-chats.ts';

type Slot = {
  readonly n: number;
  readonly report: (outcome: MessageOutcome) => void;
  waiting: DesiredMessage | undefined;
  shown: string | undefined;
  isDeleted: boolean;
};

/** Faults of desired messages. */
export type Luck = {
  /** Share of edits of a message that was deleted meanwhile. */
  readonly deleted?: number;
  readonly slowestMs: number;
};

/** A chat that does one thing at a time, slowly, and sometimes not at all; virtual time. */
export class SlowChat {
  readonly #random: () => number;
  readonly #luck: Luck;
  readonly #slots = new Map<string, Slot>();
  #busy: { readonly desired: DesiredMessage; readonly doneAtMs: number } | undefined;
  #posted = 0;

  constructor(seed: number, luck: Luck) {
    this.#random = seededRandom(seed);
    this.#luck = luck;
  }

  show(desired: DesiredMessage, report: (outcome: MessageOutcome) => void): void {
    const slot = this.#slots.get(desired.key);
    if (slot) slot.waiting = desired;
    else
      this.#slots.set(desired.key, {
        n: ++this.#posted,
        report,
        waiting: desired,
        shown: undefined,
        isDeleted: false,
      });
  }

  /** Reports the message that is done by then, and begins the next one. */
  step(atMs: number): void {
    if (this.#busy && this.#busy.doneAtMs > atMs) return;
    const desired = this.#busy?.desired;
    const report = desired && this.#slots.get(desired.key)?.report;
    const outcome = desired && this.#finish(desired);
    this.#busy = undefined;
    const waiting = [...this.#slots.values()].filter((slot) => slot.waiting);
    const next =
      waiting.find(({ shown }) => shown === undefined) ??
      waiting.find((slot) => slot.waiting?.urgency === 'whole') ??
      waiting[0];
    if (next?.waiting) {
      const doneAtMs = atMs + 20 + this.#random() * this.#luck.slowestMs;
      this.#busy = { desired: next.waiting, doneAtMs };
      next.waiting = undefined;
    }
    if (outcome) report?.(outcome);
  }

  isIdle(): boolean {
    return !this.#busy && [...this.#slots.values()].every(({ waiting }) => !waiting);
  }

  /** Text of each message, in order of posting. */
  messages(): readonly string[] {
    return [...this.#slots.values()].flatMap(({ shown }) => (shown ? [shown] : []));
  }

  #finish({ key, text }: DesiredMessage): MessageOutcome {
    const slot = this.#slots.get(key);
    if (!slot) throw new Error('Unknown key.');
    if (text === '') {
      this.#slots.delete(key);
      return { kind: 'deleted' };
    }
    slot.isDeleted ||= slot.shown !== undefined && this.#random() < (this.#luck.deleted ?? 0);
    if (slot.isDeleted) {
      slot.shown = undefined;
      return { kind: 'message-gone' };
    }
    slot.shown = text;
    const place = { channelId: 'c', messageId: `${slot.n}` };
    return { kind: 'shown', place, text };
  }
}
