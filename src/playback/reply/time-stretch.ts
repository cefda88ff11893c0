import openSonic from '@echogarden/sonic-wasm/sonic.js';
import { joinSamples, type Pcm, speakRateHz } from '#src/audio/pcm.ts';
import { RateConverter } from '#src/audio/resampler.ts';

const sonic = await openSonic();
/** Samples that Sonic gets at a time, so that its result does not depend on the pieces of the sound. */
const blockSamples = speakRateHz / 50;
const blockAt = sonic._malloc(2 * blockSamples);
/** Frees streams of sounds that are not wanted any more. */
const streams = new FinalizationRegistry<number>((stream) =>
  sonic._sonicDestroyStream(stream),
);

/**
 * Changes the speed of a sound that comes in pieces, at the same pitch; 24 kHz mono. By Sonic, which is made for speech.
 *
 * `speed` lies between 0.25 and 4.
 */
export class TimeStretch {
  readonly #stream = sonic._sonicCreateStream(speakRateHz, 1);
  #rest = new Int16Array();

  constructor(speed: number) {
    sonic._sonicSetSpeed(this.#stream, Math.min(4, Math.max(0.25, speed)));
    streams.register(this, this.#stream);
  }

  /** Gives the sound that is final so far: all but the last 60 ms or so. */
  push(samples: Int16Array): Int16Array {
    const all = joinSamples([this.#rest, samples]);
    const whole = all.length - (all.length % blockSamples);
    this.#rest = all.slice(whole);
    for (let at = 0; at < whole; at += blockSamples) {
      this.#write(all.subarray(at, at + blockSamples));
    }
    return this.#read();
  }

  /** Gives the rest of the sound; later pushes begin another. */
  flush(): Int16Array {
    this.#write(this.#rest);
    this.#rest = new Int16Array();
    sonic._sonicFlushStream(this.#stream);
    return this.#read();
  }

  #write(samples: Int16Array) {
    sonic.HEAP16.set(samples, blockAt / 2);
    sonic._sonicWriteShortToStream(this.#stream, blockAt, samples.length);
  }

  #read(): Int16Array {
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

/** A sound at `speakRateHz` and another speed, at the same pitch. */
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
