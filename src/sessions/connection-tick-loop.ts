import { setImmediate } from 'node:timers/promises';
import {
  type ConnectionParts,
  handle,
  tellSaid,
} from '#src/conversation/connection/connection-parts.ts';

/** Interval of endpointing, in ms, while a person speaks or is answered: an utterance can end between packets. */
const tickMs = 20;
/** The same in a pause, whose end is waited for. */
const pauseTickMs = 10;
/** Shortest interval, in ms, between two steps that packets and frames cause: they come unevenly, and from several people. */
const leastTickMs = 15;
/** Time, in ms, without packet and frame after which a timer causes the steps. */
const undrivenMs = 40;
/** Interval in ms at which the state for the panel is checked while something goes on. */
const checkMs = 100;
/** The same while only tracks sound, which are shown in steps of 5 s, and while only what was shown passes by itself. */
const slowCheckMs = 1_000;
/** Time in ms for which anything that happened counts as going on. */
const freshMs = 2_000;
/** Time in ms for which it is checked slowly afterwards: longer than what passes by itself, as the window after Ask. */
const settleMs = 20_000;
/** A step that comes so late, in ms, comes after a hold of the main thread: what people said meanwhile waits in the socket. */
const heldMs = 100;
/** Turns of the event loop that read all of it: Node reads 32 datagrams in one, and a socket holds several hundred. */
const heldTurns = 32;
/** Longest time in ms without a check: meanwhile a yes for today may end, and a budget begin anew. */
const longestQuietMs = 60_000;

/**
 * The clock of one connection: ends utterances in pauses, and follows what passes by itself.
 *
 * While no person speaks or waits and nothing plays, it sleeps until it is woken or its next deadline.
 */
export class ConnectionTickLoop {
  readonly #parts: ConnectionParts;
  #nowMs: number;
  /** Instant of the last packet or frame. */
  #drivenAtMs = Number.NEGATIVE_INFINITY;
  /** It waits for its next step of endpointing. */
  #isTicking = false;
  /** A packet or a frame has ended that wait. */
  #isDriven = false;
  /** Instant at which something happened last. */
  #wokenAtMs: number;
  #checkAtMs: number;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#nowMs = this.#checkAtMs = this.#wokenAtMs = parts.context.parts.clock.nowMs();
  }

  /** Never returns. Aborting `signal` throws `signal.reason`. */
  async run(signal: AbortSignal): Promise<never> {
    const { mix, parts, wakeup } = this.#parts.context;
    const { clock } = parts;
    const wake = () => wakeup.wake();
    using _ = mix.tracks.listen(wake);
    signal.addEventListener('abort', wake);
    try {
      for (;;) {
        this.#step(signal);
        const waitMs = this.#waitMs();
        const dueMs = this.#nowMs + waitMs;
        const isWoken = await wakeup.wait(this.#timerMs(waitMs));
        if (this.#isDriven) await packetsFirst(1, signal);
        if (clock.nowMs() - dueMs > heldMs) await packetsFirst(heldTurns, signal);
        this.#isDriven = false;
        this.#nowMs = clock.nowMs();
        if (isWoken) this.#wokenAtMs = this.#nowMs;
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  /** A packet has come, or the link asks for a frame: that ends the wait for a step of endpointing. */
  drive(): void {
    const { parts, wakeup } = this.#parts.context;
    this.#drivenAtMs = parts.clock.nowMs();
    if (!this.#isTicking || this.#drivenAtMs - this.#nowMs < leastTickMs) return;
    this.#isDriven = true;
    wakeup.end();
  }

  #step(signal: AbortSignal): void {
    signal.throwIfAborted();
    const { context, inputs, interruptions } = this.#parts;
    const atMs = this.#nowMs;
    for (const { speakerId, noticed } of inputs.tick(atMs)) handle(speakerId, noticed, this.#parts);
    context.talk.noticeSound();
    interruptions.tick();
    if (atMs >= this.#checkAtMs) this.#check();
  }

  #check(): void {
    const { link, context } = this.#parts;
    this.#checkAtMs = this.#nowMs + checkMs;
    attend(this.#parts);
    const isCompany = link.people().some(({ isBot }) => !isBot);
    context.mix.attend(isCompany);
    checkFeatures(this.#parts);
    this.#parts.show();
  }

  /** Until the next step, unless it is woken. */
  #waitMs(): number {
    const { context, inputs } = this.#parts;
    const { addressing, mix, talk } = context;
    if (inputs.isPausing) return pauseTickMs;
    const { floor, turns } = talk.state;
    const isBusy = floor.current !== undefined || turns.some(({ open }) => open.length > 0);
    if (isBusy || inputs.isBusy(this.#nowMs)) return tickMs;
    const sinceMs = this.#nowMs - this.#wokenAtMs;
    if (sinceMs < freshMs) return checkMs;
    const dueMs = addressing.closesAtMs - this.#nowMs;
    const isPassing = sinceMs < settleMs || mix.tracks.isMoving;
    return Math.min(isPassing ? slowCheckMs : longestQuietMs, Math.max(checkMs, dueMs));
  }

  /** Until the timer of a step in `waitMs`: later while packets or frames cause the steps. */
  #timerMs(waitMs: number): number {
    this.#isTicking = waitMs === tickMs;
    const isFlowing = this.#nowMs - this.#drivenAtMs < undrivenMs;
    return this.#isTicking && isFlowing ? undrivenMs : waitMs;
  }
}

/** Timers fire before sockets are read: without this, what was said during a hold counts as silence and ends the utterance. */
async function packetsFirst(turns: number, signal: AbortSignal): Promise<void> {
  for (let turn = 0; turn < turns && !signal.aborted; turn++) await setImmediate();
}

/** Drops people who may not be heard any more, in the middle of a word, and tells the conversation who is there. */
export function attend({ inputs, context: { gate, talk } }: ConnectionParts): void {
  talk.syncPeople();
  inputs.keep((speakerId) => gate.mayHear(speakerId));
}

/** Tells features who is there, and what is being said. */
function checkFeatures({ link, context, output }: ConnectionParts): void {
  context.features.attend(link.people());
  const { sent } = output;
  if (sent) tellSaid(context, sent);
}
