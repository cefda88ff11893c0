import { seededRandom } from '#sandbox/seeded-random.ts';
import type { PathFaults } from '#sandbox/voice/voice-ports.ts';
import { realClock } from '#src/base/clock.ts';

/** Datagrams on the path at once. Beyond this limit the newest is lost. */
const maxDatagramsOnPath = 500;
const maxDelayMs = 5000;
/** Time that a datagram waits for one to overtake it. */
const maxOvertakenMs = 60;

type DeliverDatagram = () => void;
type DatagramFate = {
  readonly lost: boolean;
  readonly twice: boolean;
  readonly waits: boolean;
};

/** One way of a UDP path with its faults. A perfect one delivers at once. */
export class FaultyPath {
  readonly #way: PathFaults;
  readonly #closing: AbortSignal;
  readonly #random = seededRandom(1);
  readonly #queue: { readonly dueMs: number; readonly deliver: DeliverDatagram }[] = [];
  #overtaken: DeliverDatagram | undefined;
  #lastDueMs = 0;

  /** Creates the path. After `closing` nothing arrives any more. */
  constructor(way: PathFaults, closing: AbortSignal) {
    this.#way = way;
    this.#closing = closing;
  }

  passDatagram(deliver: DeliverDatagram): void {
    const { lost, twice, waits } = this.#drawFate();
    if (lost) return;
    if (waits && !this.#overtaken) this.#holdDatagram(deliver);
    else this.#departDatagram(deliver);
    if (twice) this.#departDatagram(deliver);
  }

  /** Draws the same count of numbers for each datagram, so that one kind of fault does not change another. */
  #drawFate(): DatagramFate {
    const { dead = false, loss = 0, duplicates = 0, reorder = 0 } = this.#way;
    const [first, second, third] = [this.#random(), this.#random(), this.#random()];
    return {
      lost: dead || first < loss,
      twice: second < duplicates,
      waits: third < reorder,
    };
  }

  #holdDatagram(deliver: DeliverDatagram) {
    this.#overtaken = deliver;
    this.#runAfter(maxOvertakenMs, () => {
      if (this.#overtaken === deliver) this.#releaseHeld();
    });
  }

  #releaseHeld() {
    const overtaken = this.#overtaken;
    this.#overtaken = undefined;
    if (overtaken) this.#delayDatagram(overtaken);
  }

  #departDatagram(deliver: DeliverDatagram) {
    this.#delayDatagram(deliver);
    this.#releaseHeld();
  }

  #delayDatagram(deliver: DeliverDatagram) {
    const { delayMs = 0, jitterMs = 0 } = this.#way;
    const lateMs = Math.min(maxDelayMs, delayMs + this.#random() * jitterMs);
    if (lateMs === 0) {
      deliver();
      return;
    }
    if (this.#queue.length >= maxDatagramsOnPath) return;
    this.#lastDueMs = Math.max(this.#lastDueMs, realClock.nowMs() + lateMs);
    this.#queue.push({ dueMs: this.#lastDueMs, deliver });
    if (this.#queue.length === 1) this.#awaitNext();
  }

  /** Waits for the first of the queue, by one timer: many could fire out of order. */
  #awaitNext() {
    const [next] = this.#queue;
    if (next) this.#runAfter(next.dueMs - realClock.nowMs(), () => this.#deliverDue());
  }

  #deliverDue() {
    const nowMs = realClock.nowMs();
    while (this.#queue[0] && this.#queue[0].dueMs <= nowMs)
      this.#queue.shift()?.deliver();
    this.#awaitNext();
  }

  #runAfter(ms: number, then: () => void) {
    realClock.sleep(ms, this.#closing).then(then, () => {}); // closed: nobody is there
  }
}
