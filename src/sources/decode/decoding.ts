import type { Clock } from '#src/base/clock.ts';
import { DecodingProcess, endedProcess } from '#src/sources/decoding-process.ts';
import { refusals } from '#src/sources/fetch/refusals.ts';
import { DecodingLane, type ProcessLease } from './decoding-lane.ts';

export type DecodingOptions = {
  readonly clock: Clock;
  /** The program of a decoding process; the decoders' own when left out. */
  readonly entry?: URL;
  readonly stepMs?: number;
};

/** Longest call of a decoder is 30 ms (measured, 4 kB, cold); a busy machine gets much more. */
const usualStepMs = 5_000;
/** Time without work, in ms, after which a process and its memory are given up. */
const idleMs = 30_000;
/** Each takes about 57 MB of its own and 4 threads (measured with all decoders loaded, 2026-11-21). */
const mostProcesses = 8;

/** A process, and the files that are decoded in it, by the names of their lanes. */
type ProcessSeat = {
  readonly process: DecodingProcess;
  files: readonly { readonly lane: string }[];
  /** Ends the wait for its end. */
  rest: AbortController;
};

/** Limit of processes that a person's files may end within `countedMs`; beyond it none of theirs is decoded for `refusedMs`. */
const crashLimits = { crashes: 2, countedMs: 10 * 60_000, refusedMs: 60_000 } as const;
/** Most people who are remembered; one more drops the oldest entry. */
const mostPeople = 1_000;

/**
 * Turns bytes of unknown files into samples, in child processes that can be killed and may die, started when needed: one for
 * each lane that has something to decode, and 8 at most. Lanes beyond that share the process that has least to do.
 */
export class Decoding implements AsyncDisposable {
  readonly #options: DecodingOptions;
  readonly #crashes: DecoderCrashes;
  readonly #common = this.lane('');
  #seats: readonly ProcessSeat[] = [];

  constructor(options: DecodingOptions) {
    this.#options = options;
    this.#crashes = new DecoderCrashes(options.clock);
  }

  /** Calls `DecodingLane.decode` in the lane without a name. */
  decode(...asked: Parameters<DecodingLane['decode']>): ReturnType<DecodingLane['decode']> {
    return this.#common.decode(...asked);
  }

  /** Files decoded in a lane of one name share a process; those that end one count against `personId`. */
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

  async [Symbol.asyncDispose](): Promise<void> {
    const seats = this.#seats;
    this.#seats = [];
    for (const { rest } of seats) rest.abort(new Error('over'));
    await Promise.all(seats.map(({ process }) => process.stop()));
  }

  #enter(lane: string): ProcessLease {
    const seat = this.#seatFor(lane);
    seat.rest.abort(new Error('there is something to decode'));
    const file = { lane };
    seat.files = [...seat.files, file];
    if (!this.#seats.includes(seat)) this.#seats = [...this.#seats, seat];
    return {
      process: seat.process,
      [Symbol.dispose]: () => {
        seat.files = seat.files.filter((one) => one !== file);
        if (seat.files.length === 0) this.#rest(seat);
      },
    };
  }

  /** Process for a lane: the one it already uses, else an idle one, a new one, or the least busy one. */
  #seatFor(lane: string): ProcessSeat {
    this.#seats = this.#seats.filter(({ process }) => process.alive);
    const own = this.#seats.find(({ files }) => files.some((file) => file.lane === lane));
    const [least] = this.#seats.toSorted((a, b) => a.files.length - b.files.length);
    if (own) return own;
    if (least && (least.files.length === 0 || this.#seats.length >= mostProcesses)) return least;
    const { clock, entry = ownEntry, stepMs = usualStepMs } = this.#options;
    const process = new DecodingProcess({ clock, entry, stepMs });
    return { process, files: [], rest: new AbortController() };
  }

  #rest(seat: ProcessSeat): void {
    seat.rest = new AbortController();
    this.#options.clock.sleep(idleMs, seat.rest.signal).then(
      () => {
        this.#seats = this.#seats.filter((other) => other !== seat);
        seat.process.stop().catch(() => undefined);
      },
      () => undefined, // needed again
    );
  }
}

const ownEntry = new URL('../decoder-main.ts', import.meta.url);

/** Counts decoding processes that files have ended, by the people who sent the files. */
class DecoderCrashes {
  readonly #clock: Clock;
  /** Times of the crashes, in ms, the newest last; by person id. */
  readonly #atMs = new Map<string, readonly number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws BotError `source.blocked` for a person whose files ended too many processes lately. */
  check(personId: string): void {
    const crashes = this.#recent(personId);
    const last = crashes.at(-1) ?? Number.NEGATIVE_INFINITY;
    const isRefused = this.#clock.nowMs() - last < crashLimits.refusedMs;
    if (crashes.length >= crashLimits.crashes && isRefused) throw refusals.blocked();
  }

  /** Records the error with which a file of this person failed; only the end of a process counts. */
  note(personId: string, error: unknown): void {
    if (!endedProcess(error)) return;
    const crashes = [...this.#recent(personId), this.#clock.nowMs()];
    this.#atMs.delete(personId);
    this.#atMs.set(personId, crashes.slice(-crashLimits.crashes));
    const [oldest] = this.#atMs.keys();
    if (this.#atMs.size > mostPeople && oldest !== undefined) this.#atMs.delete(oldest);
  }

  #recent(personId: string): readonly number[] {
    const fromMs = this.#clock.nowMs() - crashLimits.countedMs;
    return (this.#atMs.get(personId) ?? []).filter((atMs) => atMs > fromMs);
  }
}
