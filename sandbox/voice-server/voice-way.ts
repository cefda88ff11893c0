import { seededRandom } from '#sandbox/seeded-random.ts';
import type { PathFaults } from '#sandbox/voice/voice-ports.ts';
import { realClock } from '#src/base/clock.ts';

/** Datagrams on the way at once; the newest is lost beyond it. */
const onTheWayLimit = 500;
const longestDelayMs = 5000;
/** Time that a datagram waits for one to overtake it. */
const overtakenMs = 60;

type Deliver = () => void;
type DatagramFate = { readonly lost: boolean; readonly twice: boolean; readonly waits: boolean };

/** One way of a UDP path with its faults. A perfect one delivers at once. */
export class VoiceWay {
  readonly #way: PathFaults;
  readonly #closing: AbortSignal;
  readonly #random = seededRandom(1);
  readonly #queue: { readonly dueMs: number; readonly deliver: Deliver }[] = [];
  #overtaken: Deliver | undefined;
  #lastDueMs = 0;

  /** After `closing` nothing arrives any more. */
  constructor(way: PathFaults, closing: AbortSignal) {
    this.#way = way;
    this.#closing = closing;
  }

  pass(deliver: Deliver): void {
    const { lost, twice, waits } = this.#draw();
    if (lost) return;
    if (waits && !this.#overtaken) this.#hold(deliver);
    else this.#depart(deliver);
    if (twice) this.#depart(deliver);
  }

  /** Draws the same count of numbers for each datagram, so that one kind of fault does not change another. */
  #draw(): DatagramFate {
    const { dead = false, loss = 0, duplicates = 0, reorder = 0 } = this.#way;
    const [first, second, third] = [this.#random(), this.#random(), this.#random()];
    return { lost: dead || first < loss, twice: second < duplicates, waits: third < reorder };
  }

  #hold(deliver: Deliver): void {
    this.#overtaken = deliver;
    this.#after(overtakenMs, () => {
      if (this.#overtaken === deliver) this.#release();
    });
  }

  #release(): void {
    const overtaken = this.#overtaken;
    this.#overtaken = undefined;
    if (overtaken) this.#travel(overtaken);
  }

  #depart(deliver: Deliver): void {
    this.#travel(deliver);
    this.#release();
  }

  #travel(deliver: Deliver): void {
    const { delayMs = 0, jitterMs = 0 } = this.#way;
    const lateMs = Math.min(longestDelayMs, delayMs + this.#random() * jitterMs);
    if (lateMs === 0) {
      deliver();
      return;
    }
    if (this.#queue.length >= onTheWayLimit) return;
    this.#lastDueMs = Math.max(this.#lastDueMs, realClock.nowMs() + lateMs);
    this.#queue.push({ dueMs: this.#lastDueMs, deliver });
    if (this.#queue.length === 1) this.#await();
  }

  /** One timer for the first of the queue: many could fire out of order. */
  #await(): void {
    const [next] = this.#queue;
    if (next) this.#after(next.dueMs - realClock.nowMs(), () => this.#arrive());
  }

  #arrive(): void {
    const nowMs = realClock.nowMs();
    while (this.#queue[0] && this.#queue[0].dueMs <= nowMs) this.#queue.shift()?.deliver();
    this.#await();
  }

  #after(ms: number, then: () => void): void {
    realClock.sleep(ms, this.#closing).then(then, () => {}); // closed: nobody is there
  }
}
