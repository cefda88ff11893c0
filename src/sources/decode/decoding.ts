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

/** A process, and the files that are decoded in it, by the names of their lanes. */
type ProcessSeat = {
  readonly process: DecodingProcess;
  files: readonly { readonly lane: string }[];
  /** Ends the wait for its end. */
  rest: AbortController;
};

/** A process while it works for a lane. */
type ProcessLease = Disposable & { readonly process: DecodingProcess };

/**
 * Turns bytes of unknown files into samples, in child processes that can be killed and may die, started when needed: one for
 * each lane that has something to decode, and 8 at most. Lanes beyond that share the process that has least to do. A file
 * that breaks its process disturbs the other files of its lane, and no other lane.
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
    lane = '',
  ): AsyncGenerator<Int16Array> {
    for await (const { samples } of this.play(lane, bytes, { want: rateHz }, signal)) yield samples;
  }

  /**
   * Sound in pieces of at most about a second, decoded as it is read; the first bytes decide the format.
   *
   * A file that was cut short gives its remaining sound. Errors: BotError `source.not_audio`, `source.unreachable` where
   * another file of the lane broke the process, and those of `bytes`. Aborting `signal` throws `signal.reason`; stopping early stops reading `bytes`.
   */
  async *play(
    lane: string,
    bytes: AsyncIterable<Uint8Array>,
    plan: DecodePlan,
    signal: AbortSignal,
  ): AsyncGenerator<Pcm> {
    using lease = this.#enter(lane);
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
    using lease = this.#enter('');
    return await unlessAborted(lease.process.readTags(path), signal);
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

const nothing = new Uint8Array(0);

async function* feedsOf(bytes: AsyncIterable<Uint8Array>) {
  for await (const some of bytes) {
    for (let at = 0; at < some.length; at += feedBytes) {
      yield { piece: some.subarray(at, at + feedBytes), isLast: false };
    }
  }
  yield { piece: nothing, isLast: true };
}
