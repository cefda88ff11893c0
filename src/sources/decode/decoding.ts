import { musicRateHz, type Pcm } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import { DecodingProcess } from '#src/sources/decoding-process.ts';
import { refusals } from '#src/sources/fetch/refusals.ts';
import type { DecodePlan } from './decode-messages.ts';
import type { DecodedRateHz } from './decoder.ts';
import type { SoundTags } from './tags.ts';

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
/** Bytes given at a time, 2 s of MP3: each exchange costs as much as the mixing of half a second. */
const feedBytes = 32 * 1024;

/** Files that one process decodes before another is started: its memory is shared, and so are its crashes. */
const filesEach = 4;

/** A process, and the number of files that are decoded in it. */
type ProcessSeat = {
  readonly process: DecodingProcess;
  files: number;
  /** Ends the wait for its end. */
  rest: AbortController;
};

/** A process while it works for a file. */
type ProcessLease = Disposable & { readonly process: DecodingProcess };

/**
 * Turns bytes of unknown files into samples, in child processes that can be killed and may die, started when needed: one
 * for four files, and 8 at most, which share all further files. A file that breaks its process disturbs the others in it,
 * which may be read on in another process.
 */
export class Decoding implements AsyncDisposable {
  readonly #options: DecodingOptions;
  #seats: readonly ProcessSeat[] = [];

  constructor(options: DecodingOptions) {
    this.#options = options;
  }

  /** Decodes as `play` does, but to one channel at `rateHz`. */
  async *decode(
    bytes: AsyncIterable<Uint8Array>,
    rateHz: DecodedRateHz,
    signal: AbortSignal,
  ): AsyncGenerator<Int16Array> {
    for await (const { samples } of this.play(bytes, { want: rateHz }, signal)) yield samples;
  }

  /**
   * Sound in pieces of at most about a second, decoded as it is read; the first bytes decide the format.
   *
   * A file that was cut short gives its remaining sound. Errors: BotError `source.not_audio`, `source.unreachable` where
   * another file broke the process, and those of `bytes`. Aborting `signal` throws `signal.reason`; stopping early stops
   * reading `bytes`.
   */
  async *play(
    bytes: AsyncIterable<Uint8Array>,
    plan: DecodePlan,
    signal: AbortSignal,
  ): AsyncGenerator<Pcm> {
    using lease = this.#enter();
    const file = lease.process.open(plan);
    const { want } = plan;
    const isTrack = want === 'track';
    const shape = { rateHz: isTrack ? musicRateHz : want, channels: isTrack ? 2 : 1 } as const;
    let hasSound = false;
    try {
      for await (const { piece, isLast } of feedsOf(bytes)) {
        for (let hasMore = true, left = piece; hasMore; left = nothing) {
          signal.throwIfAborted();
          const fed = await unlessAborted(file.feed(left, isLast), signal);
          signal.throwIfAborted();
          hasSound ||= fed.hasSound;
          ({ hasMore } = fed);
          if (fed.samples.length > 0) yield { samples: fed.samples, ...shape };
        }
      }
      if (!hasSound) throw refusals.notAudio('it contains no sound');
    } finally {
      file.close();
    }
  }

  /** Tags of a file of the owner's. Errors: BotError `source.*`. Aborting `signal` throws `signal.reason`. */
  async readTags(path: string, signal: AbortSignal): Promise<SoundTags> {
    using lease = this.#enter();
    return await unlessAborted(lease.process.readTags(path), signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const seats = this.#seats;
    this.#seats = [];
    for (const { rest } of seats) rest.abort(new Error('over'));
    await Promise.all(seats.map(({ process }) => process.stop()));
  }

  #enter(): ProcessLease {
    const seat = this.#freeSeat();
    seat.rest.abort(new Error('there is something to decode'));
    seat.files++;
    return {
      process: seat.process,
      [Symbol.dispose]: () => {
        seat.files--;
        if (seat.files === 0) this.#rest(seat);
      },
    };
  }

  /** The least busy process, or a new one where all have enough to do. */
  #freeSeat(): ProcessSeat {
    this.#seats = this.#seats.filter(({ process }) => process.alive);
    const [least] = this.#seats.toSorted((a, b) => a.files - b.files);
    if (least && (least.files < filesEach || this.#seats.length >= mostProcesses)) return least;
    const { clock, entry = ownEntry, stepMs = usualStepMs } = this.#options;
    const process = new DecodingProcess({ clock, entry, stepMs });
    const seat = { process, files: 0, rest: new AbortController() };
    this.#seats = [...this.#seats, seat];
    return seat;
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

const nothing = new Uint8Array(0);

async function* feedsOf(bytes: AsyncIterable<Uint8Array>) {
  for await (const some of bytes) {
    for (let at = 0; at < some.length; at += feedBytes) {
      yield { piece: some.subarray(at, at + feedBytes), isLast: false };
    }
  }
  yield { piece: nothing, isLast: true };
}
