import { seededRandom } from '#sandbox/seeded-random.ts';
import type { DesiredMessage, DisplayOutcome } from '#src/ports/desired-message.ts';

type Slot = {
  readonly n: number;
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

  show(desired: DesiredMessage): void {
    const slot = this.#slots.get(desired.key);
    if (slot) slot.waiting = desired;
    else
      this.#slots.set(desired.key, {
        n: ++this.#posted,
        waiting: desired,
        shown: undefined,
        isDeleted: false,
      });
  }

  /** Outcome of the desired message that is done by then; begins the next one. */
  step(atMs: number): DisplayOutcome | undefined {
    if (this.#busy && this.#busy.doneAtMs > atMs) return undefined;
    const outcome = this.#busy && this.#finish(this.#busy.desired, atMs);
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
    return outcome;
  }

  isIdle(): boolean {
    return !this.#busy && [...this.#slots.values()].every(({ waiting }) => !waiting);
  }

  /** Text of each message, in order of posting. */
  messages(): readonly string[] {
    return [...this.#slots.values()].flatMap(({ shown }) => (shown ? [shown] : []));
  }

  #finish({ key, text }: DesiredMessage, atMs: number): DisplayOutcome {
    const slot = this.#slots.get(key);
    if (!slot) throw new Error('Unknown key.');
    if (text === '') {
      this.#slots.delete(key);
      return { kind: 'deleted', key };
    }
    slot.isDeleted ||= slot.shown !== undefined && this.#random() < (this.#luck.deleted ?? 0);
    if (slot.isDeleted) {
      slot.shown = undefined;
      return { kind: 'gone', key, what: 'message' };
    }
    slot.shown = text;
    const place = { channelId: 'c', messageId: `${slot.n}` };
    return { kind: 'shown', key, place, text, atMs };
  }
}
