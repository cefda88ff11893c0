import type { SoundChunk } from '#src/audio/sound-source.ts';
import type { Clock } from '#src/base/clock.ts';
import { unlessAborted } from '#src/provider/unless-aborted.ts';
import type { DecodePlan, Fed } from './decode-messages.ts';
import type { DecodedRateHz } from './decoder.ts';
import { DecodingThread } from './decoding-thread.ts';
import { refusals } from './refusals.ts';

export type DecodingOptions = {
  readonly clock: Clock;
  /** The decoders' own thread when left out. */
  readonly entry?: URL;
  readonly stepMs?: number;
};

/** Longest call of a decoder is 30 ms (measured, 4 kB, cold); a busy machine gets much more. */
const usualStepMs = 5_000;
/** More at a time would let one file keep the others waiting. */
const feedBytes = 8 * 1024;
/** With nothing to decode the thread and its memory are given back. */
const idleMs = 30_000;

/** Turns bytes of unknown files into samples, in one thread for all that can be killed, started when needed. */
export class Decoding implements AsyncDisposable {
  readonly #options: DecodingOptions;
  #thread: DecodingThread | undefined;
  #users = 0;
  #rest = new AbortController();

  constructor(options: DecodingOptions) {
    this.#options = options;
  }

  /** As `play`, but one channel at `rateHz`. */
  async *decode(
    bytes: AsyncIterable<Uint8Array>,
    rateHz: DecodedRateHz,
    signal: AbortSignal,
  ): AsyncGenerator<Int16Array> {
    const plan: DecodePlan = { want: { kind: 'mono', rateHz } };
    for await (const chunk of this.play(bytes, plan, signal)) {
      if (chunk.kind === 'pcm') yield chunk.pcm.samples;
    }
  }

  /**
   * Sound in pieces of at most about a second, decoded as it is read: what it is shows in the first bytes.
   *
   * A file that was cut short gives what is there. Errors: BotError `source.not_audio`, one that `isDisplaced`, and those
   * of `bytes`. Aborting `signal` throws `signal.reason`; stopping early stops reading `bytes`.
   */
  async *play(
    bytes: AsyncIterable<Uint8Array>,
    plan: DecodePlan,
    signal: AbortSignal,
  ): AsyncGenerator<SoundChunk> {
    const thread = this.#enter();
    const id = thread.open(plan);
    let hasSound = false;
    try {
      for await (const { piece, isLast } of feedsOf(bytes)) {
        for (let rest: Fed | undefined, left = piece; !rest || rest.hasMore; left = nothing) {
          signal.throwIfAborted();
          rest = await unlessAborted(thread.feed(id, left, isLast), signal);
          hasSound ||= rest.hasSound;
          for (const chunk of rest.chunks) {
            signal.throwIfAborted();
            yield chunk;
          }
        }
      }
      if (!hasSound) throw refusals.notAudio('it holds no sound');
    } finally {
      thread.close(id);
      this.#leave();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#rest.abort(new Error('over'));
    await this.#thread?.stop();
  }

  #enter(): DecodingThread {
    this.#rest.abort(new Error('there is something to decode'));
    this.#users++;
    if (this.#thread?.alive) return this.#thread;
    const { clock, entry = ownEntry, stepMs = usualStepMs } = this.#options;
    this.#thread = new DecodingThread({ clock, entry, stepMs });
    return this.#thread;
  }

  #leave(): void {
    this.#users--;
    if (this.#users > 0) return;
    this.#rest = new AbortController();
    this.#options.clock.sleep(idleMs, this.#rest.signal).then(
      () => (this.#users > 0 ? undefined : this.#thread?.stop().catch(() => undefined)),
      () => undefined, // needed again
    );
  }
}

const nothing = new Uint8Array(0);
const ownEntry = new URL('./decode-worker.ts', import.meta.url);

type Feed = { readonly piece: Uint8Array; readonly isLast: boolean };

async function* feedsOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Feed> {
  for await (const some of bytes) {
    for (let from = 0; from < some.length; from += feedBytes) {
      yield { piece: some.subarray(from, from + feedBytes), isLast: false };
    }
  }
  yield { piece: nothing, isLast: true };
}
