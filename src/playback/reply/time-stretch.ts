import openSonic from '@echogarden/sonic-wasm/sonic.js';
import { joinSamples, type Pcm, speakRateHz } from '#src/audio/pcm.ts';
import { RateConverter } from '#src/audio/resampler.ts';

const sonic = await openSonic();
/** Sonic gets equal blocks, so that its result does not depend on the pieces. */
const blockSamples = speakRateHz / 50;
const blockAt = sonic._malloc(2 * blockSamples);
const streams = new FinalizationRegistry<number>((stream) =>
  sonic._sonicDestroyStream(stream),
);

/**
 * Changes the speed of mono sound at 24 kHz, at the same pitch, with Sonic. `speed` is 2 for twice
 * as fast, and is limited to 0.25 to 4.
 */
export class TimeStretch {
  readonly #stream = sonic._sonicCreateStream(speakRateHz, 1);
  #remainder = new Int16Array();

  constructor(speed: number) {
    sonic._sonicSetSpeed(this.#stream, Math.min(4, Math.max(0.25, speed)));
    streams.register(this, this.#stream);
  }

  /** Adds sound. Returns what is final; up to about 60 ms are held back. */
  push(samples: Int16Array): Int16Array {
    const sound = joinSamples([this.#remainder, samples]);
    const whole = sound.length - (sound.length % blockSamples);
    this.#remainder = sound.slice(whole);
    for (let at = 0; at < whole; at += blockSamples) {
      this.#writeBlock(sound.subarray(at, at + blockSamples));
    }
    return this.#readStretched();
  }

  /** Returns the samples held back. A later push begins a new sound. */
  flush(): Int16Array {
    this.#writeBlock(this.#remainder);
    this.#remainder = new Int16Array();
    sonic._sonicFlushStream(this.#stream);
    return this.#readStretched();
  }

  #writeBlock(samples: Int16Array) {
    sonic.HEAP16.set(samples, blockAt / 2);
    sonic._sonicWriteShortToStream(this.#stream, blockAt, samples.length);
  }

  #readStretched() {
    const pieces: Int16Array[] = [];
    for (;;) {
      const count = sonic._sonicReadShortFromStream(
        this.#stream,
        blockAt,
        blockSamples,
      );
      if (count <= 0) return joinSamples(pieces);
      pieces.push(sonic.HEAP16.slice(blockAt / 2, blockAt / 2 + count));
    }
  }
}

/** Changes the speed of any sound at the same pitch. Yields mono at 24 kHz, and `speed` is as for `TimeStretch`. */
export async function* changeSpeed(
  sound: AsyncIterable<Pcm>,
  speed: number,
): AsyncGenerator<Pcm> {
  const rate = new RateConverter(speakRateHz);
  const stretch = new TimeStretch(speed);
  const toPcm = (samples: Int16Array): Pcm => ({
    samples,
    rateHz: speakRateHz,
    channels: 1,
  });
  for await (const piece of sound) {
    for (const samples of rate.push(piece)) yield toPcm(stretch.push(samples));
  }
  yield toPcm(stretch.push(rate.flush()));
  yield toPcm(stretch.flush());
}
