import type { Clock } from '#src/base/clock.ts';
import { DecodingLane, type ThreadLease } from './decoding-lane.ts';
import { DecodingThread } from './decoding-thread.ts';
import { ThreadCrashes } from './thread-crashes.ts';

export type DecodingOptions = {
  readonly clock: Clock;
  /** The decoders' own thread when left out. */
  readonly entry?: URL;
  readonly stepMs?: number;
};

/** Longest call of a decoder is 30 ms (measured, 4 kB, cold); a busy machine gets much more. */
const usualStepMs = 5_000;
/** With nothing to decode a thread and its memory are given back. */
const idleMs = 30_000;
/** Each takes about 22 MB (measured with all decoders, 2026-11-20). */
export const mostThreads = 8;

/** A thread, and the lanes that have something to decode in it, with how much. */
type Seat = {
  readonly thread: DecodingThread;
  readonly lanes: Map<string, number>;
  /** Ends the wait for its end. */
  rest: AbortController;
};

/**
 * Turns bytes of unknown files into samples, in threads that can be killed, started when needed: one for each lane that
 * has something to decode, and 8 at most. Lanes beyond that share the thread that has least to do.
 */
export class Decoding implements AsyncDisposable {
  readonly #options: DecodingOptions;
  readonly #crashes: ThreadCrashes;
  readonly #common = this.lane('');
  #seats: readonly Seat[] = [];

  constructor(options: DecodingOptions) {
    this.#options = options;
    this.#crashes = new ThreadCrashes(options.clock);
  }

  /** As `DecodingLane.play`, in a lane of those who name none. */
  play(...asked: Parameters<DecodingLane['play']>): ReturnType<DecodingLane['play']> {
    return this.#common.play(...asked);
  }

  /** As `DecodingLane.decode`, in a lane of those who name none. */
  decode(...asked: Parameters<DecodingLane['decode']>): ReturnType<DecodingLane['decode']> {
    return this.#common.decode(...asked);
  }

  /** Files decoded in a lane of one name share a thread; those that end one count against `personId`. */
  lane(name: string, personId?: string): DecodingLane {
    const crashes = personId === undefined ? undefined : this.#crashes;
    return new DecodingLane({
      enter: () => {
        crashes?.check(`${personId}`);
        return this.#enter(name);
      },
      failed: (error) => crashes?.note(`${personId}`, error),
    });
  }

  /** Threads that are alive, idle ones among them. */
  get threads(): number {
    return this.#seats.filter(({ thread }) => thread.alive).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const seats = this.#seats;
    this.#seats = [];
    for (const { rest } of seats) rest.abort(new Error('over'));
    await Promise.all(seats.map(({ thread }) => thread.stop()));
  }

  #enter(lane: string): ThreadLease {
    const seat = this.#seatFor(lane);
    seat.rest.abort(new Error('there is something to decode'));
    seat.lanes.set(lane, (seat.lanes.get(lane) ?? 0) + 1);
    if (!this.#seats.includes(seat)) this.#seats = [...this.#seats, seat];
    let isLeft = false;
    return {
      thread: seat.thread,
      [Symbol.dispose]: () => {
        if (!isLeft) this.#leave(seat, lane);
        isLeft = true;
      },
    };
  }

  /** Where it decodes already, else a thread that is idle, a new one, or the one that has least to do. */
  #seatFor(lane: string): Seat {
    this.#seats = this.#seats.filter(({ thread }) => thread.alive);
    const own = this.#seats.find(({ lanes }) => lanes.has(lane));
    const idle = this.#seats.find(({ lanes }) => lanes.size === 0);
    const free = own ?? idle;
    if (free) return free;
    const { clock, entry = ownEntry, stepMs = usualStepMs } = this.#options;
    const [least] = this.#seats.toSorted((a, b) => filesIn(a) - filesIn(b));
    if (least && this.#seats.length >= mostThreads) return least;
    const thread = new DecodingThread({ clock, entry, stepMs });
    return { thread, lanes: new Map(), rest: new AbortController() };
  }

  #leave(seat: Seat, lane: string): void {
    const files = (seat.lanes.get(lane) ?? 1) - 1;
    if (files > 0) seat.lanes.set(lane, files);
    else seat.lanes.delete(lane);
    if (seat.lanes.size > 0) return;
    seat.rest = new AbortController();
    this.#options.clock.sleep(idleMs, seat.rest.signal).then(
      () => {
        this.#seats = this.#seats.filter((other) => other !== seat);
        seat.thread.stop().catch(() => undefined);
      },
      () => undefined, // needed again
    );
  }
}

const ownEntry = new URL('./decode-worker.ts', import.meta.url);

function filesIn({ lanes }: Seat): number {
  return [...lanes.values()].reduce((sum, files) => sum + files, 0);
}
