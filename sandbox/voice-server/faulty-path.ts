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

export type FaultyPath = ReturnType<typeof createFaultyPath>;

/** One way of a UDP path with its faults. A perfect one delivers at once. After `closing` nothing arrives any more. */
export function createFaultyPath(way: PathFaults, closing: AbortSignal) {
  const random = seededRandom(1);
  const queue: { readonly dueMs: number; readonly deliver: DeliverDatagram }[] = [];
  let heldBack: DeliverDatagram | undefined;
  let lastDueMs = 0;

  /** Draws the same count of numbers for each datagram, so that one kind of fault does not change another. */
  function drawFate(): DatagramFate {
    const { dead = false, loss = 0, duplicates = 0, reorder = 0 } = way;
    const [first, second, third] = [random(), random(), random()];
    return {
      lost: dead || first < loss,
      twice: second < duplicates,
      waits: third < reorder,
    };
  }

  function holdDatagram(deliver: DeliverDatagram) {
    heldBack = deliver;
    runAfter(maxOvertakenMs, () => {
      if (heldBack === deliver) releaseHeld();
    });
  }

  function releaseHeld() {
    const overtaken = heldBack;
    heldBack = undefined;
    if (overtaken) delayDatagram(overtaken);
  }

  function departDatagram(deliver: DeliverDatagram) {
    delayDatagram(deliver);
    releaseHeld();
  }

  function delayDatagram(deliver: DeliverDatagram) {
    const { delayMs = 0, jitterMs = 0 } = way;
    const lateMs = Math.min(maxDelayMs, delayMs + random() * jitterMs);
    if (lateMs === 0) {
      deliver();
      return;
    }
    if (queue.length >= maxDatagramsOnPath) return;
    lastDueMs = Math.max(lastDueMs, realClock.nowMs() + lateMs);
    queue.push({ dueMs: lastDueMs, deliver });
    if (queue.length === 1) awaitNext();
  }

  /** Waits for the first of the queue, by one timer: many could fire out of order. */
  function awaitNext() {
    const [next] = queue;
    if (next) runAfter(next.dueMs - realClock.nowMs(), () => deliverDue());
  }

  function deliverDue() {
    const nowMs = realClock.nowMs();
    while (queue[0] && queue[0].dueMs <= nowMs) queue.shift()?.deliver();
    awaitNext();
  }

  function runAfter(ms: number, then: () => void) {
    realClock.sleep(ms, closing).then(then, () => {}); // closed: nobody is there
  }

  return {
    passDatagram(deliver: DeliverDatagram) {
      const { lost, twice, waits } = drawFate();
      if (lost) return;
      if (waits && !heldBack) holdDatagram(deliver);
      else departDatagram(deliver);
      if (twice) departDatagram(deliver);
    },
  };
}
