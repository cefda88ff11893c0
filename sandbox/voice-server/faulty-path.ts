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
  readonly isLost: boolean;
  readonly isDoubled: boolean;
  readonly isOvertaken: boolean;
};

/** One way of a UDP path with its faults. A perfect one delivers at once. After `closing` nothing arrives any more. */
export class FaultyPath {
  readonly #faults: PathFaults;
  readonly #closing: AbortSignal;
  readonly #random = seededRandom(1);
  readonly #queue: { readonly dueMs: number; readonly deliver: DeliverDatagram }[] = [];
  #overtakenDatagram: DeliverDatagram | undefined;
  #lastDueMs = 0;

  constructor(faults: PathFaults, closing: AbortSignal) {
    this.#faults = faults;
    this.#closing = closing;
  }

  /** Sends a datagram on its way: `deliver` is called now, later, twice or never. */
  passDatagram(deliver: DeliverDatagram): void {
    const { isLost, isDoubled, isOvertaken } = this.#drawFate();
    if (isLost) return;
    if (isOvertaken && !this.#overtakenDatagram) this.#holdDatagram(deliver);
    else this.#departDatagram(deliver);
    if (isDoubled) this.#departDatagram(deliver);
  }

  /** Draws the same count of numbers for each datagram, so that one kind of fault does not change another. */
  #drawFate(): DatagramFate {
    const { dead = false, loss = 0, duplicates = 0, reorder = 0 } = this.#faults;
    const lossDraw = this.#random();
    const duplicateDraw = this.#random();
    const reorderDraw = this.#random();
    return {
      isLost: dead || lossDraw < loss,
      isDoubled: duplicateDraw < duplicates,
      isOvertaken: reorderDraw < reorder,
    };
  }

  #holdDatagram(deliver: DeliverDatagram) {
    this.#overtakenDatagram = deliver;
    this.#runAfter(maxOvertakenMs, () => {
      if (this.#overtakenDatagram === deliver) this.#releaseOvertaken();
    });
  }

  #releaseOvertaken() {
    const deliver = this.#overtakenDatagram;
    this.#overtakenDatagram = undefined;
    if (deliver) this.#delayDatagram(deliver);
  }

  #departDatagram(deliver: DeliverDatagram) {
    this.#delayDatagram(deliver);
    this.#releaseOvertaken();
  }

  #delayDatagram(deliver: DeliverDatagram) {
    const { delayMs = 0, jitterMs = 0 } = this.#faults;
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
    const queue = this.#queue;
    while (queue[0] && queue[0].dueMs <= nowMs) queue.shift()?.deliver();
    this.#awaitNext();
  }

  #runAfter(ms: number, then: () => void) {
    realClock.sleep(ms, this.#closing).then(then, () => {}); // closed: nobody is there
  }
}
