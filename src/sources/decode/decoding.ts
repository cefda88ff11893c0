import type { Pcm } from '#src/audio/pcm.ts';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { DecodingProcess } from '#src/sources/decoding-process.ts';
import { refusals } from '#src/sources/fetch/sound-refusals.ts';
import type { DecodePlan } from './decode-messages.ts';

export type DecodingOptions = {
  readonly clock: Clock;
  /** The program of a decoding process; the decoders' own when left out. */
  readonly entry?: URL;
  readonly stepMs?: number;
};

/** Longest call of a decoder is 30 ms (measured, 4 kB, cold); a busy machine gets much more. */
const usualStepMs = 5_000;
/** Each takes about 57 MB of its own and 4 threads (measured with all decoders loaded). */
const mostProcesses = 8;
/** Bytes given at a time, 2 s of MP3: each exchange costs as much as the mixing of half a second. */
const feedBytes = 32 * 1024;

/** Files that one process decodes before another is started: its memory is shared, and so are its crashes. */
const filesEach = 4;

/**
 * Turns bytes of unknown files into samples, in child processes that can be killed and may die, started when needed: one
 * for four files, and 8 at most, which share all further files. A file that breaks its process disturbs the others in it,
 * which may be read on in another process.
 */
export class Decoding implements AsyncDisposable {
  readonly #options;
  #processes: readonly DecodingProcess[] = [];

  constructor(options: DecodingOptions) {
    this.#options = options;
  }

  /**
   * Sound in pieces of at most about a second, decoded as it is read; the first bytes decide the format.
   *
   * A file that was cut short gives its remaining sound. Errors: BotError `source.not_audio`, `source.unreachable` where
   * another file broke the process, and those of `bytes`. Aborting `signal` throws `signal.reason`; stopping early stops
   * reading `bytes`.
   */
  async *play(
    bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    plan: DecodePlan,
    signal: AbortSignal,
  ): AsyncGenerator<Pcm> {
    using file = this.#findLeastBusy().open(plan);
    const { rateHz, channels } = plan;
    let hasSound = false;
    for await (const { piece, isLast } of toFeeds(bytes)) {
      for (let hasMore = true, left = piece; hasMore; left = noBytes) {
        signal.throwIfAborted();
        const fed = await waitUnlessAborted(file.feed(left, isLast), signal);
        signal.throwIfAborted();
        hasSound ||= fed.hasSound;
        ({ hasMore } = fed);
        if (fed.samples.length > 0) yield { samples: fed.samples, rateHz, channels };
      }
    }
    if (!hasSound) throw refusals.notAudio('it contains no sound');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.stop()));
  }

  /** The least busy process, or a new one where all have enough to do. */
  #findLeastBusy() {
    this.#processes = this.#processes.filter(({ alive }) => alive);
    const [least] = this.#processes.toSorted((a, b) => a.files - b.files);
    if (least && (least.files < filesEach || this.#processes.length >= mostProcesses))
      return least;
    const { clock, entry = ownEntry, stepMs = usualStepMs } = this.#options;
    const process = new DecodingProcess({ clock, entry, stepMs });
    this.#processes = [...this.#processes, process];
    return process;
  }
}

const ownEntry = new URL('../decoder-main.ts', import.meta.url);

const noBytes = new Uint8Array(0);

async function* toFeeds(bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  for await (const some of bytes) {
    for (let at = 0; at < some.length; at += feedBytes) {
      yield { piece: some.subarray(at, at + feedBytes), isLast: false };
    }
  }
  yield { piece: noBytes, isLast: true };
}
