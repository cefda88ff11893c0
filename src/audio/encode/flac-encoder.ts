import { registerFlacEncoder } from '@mediabunny/flac-encoder';
import {
  AudioSample,
  AudioSampleSource,
  FlacOutputFormat,
  Output,
  StreamTarget,
  type StreamTargetChunk,
} from 'mediabunny';
import { speakRateHz } from '#src/audio/pcm.ts';
import { withTimeout } from '#src/base/bounded-wait.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { SoundEncoder } from './sound-encoders.ts';

registerFlacEncoder();

/** Samples of each frame but the last. libFLAC writes a frame once it has a sample of the next one. */
const frameSamples = 4096;
/** A push takes some ms. A thread that has ended, or refused a frame, tells nobody. */
const stepMs = 10_000;

/** Writes FLAC by libFLAC in WebAssembly, on a thread of its own: https://www.rfc-editor.org/rfc/rfc9639.html */
export class FlacEncoder implements SoundEncoder {
  readonly #clock: Pick<Clock, 'later'>;
  readonly #source = new AudioSampleSource({ codec: 'flac' });
  readonly #output: Output;
  readonly #pieces: Uint8Array[] = [];
  #writtenBytes = 0;
  #writtenFrames = 0;
  #pushedSamples = 0;
  #onFrame: (() => void) | undefined;
  #opening: Promise<void> | undefined;
  #isLost = false;

  constructor(clock: Pick<Clock, 'later'> = realClock) {
    this.#clock = clock;
    const writable = new WritableStream<StreamTargetChunk>({
      write: (chunk) => this.#keepChunk(chunk),
    });
    this.#output = new Output({
      format: new FlacOutputFormat({ onFrame: () => this.#countFrame() }),
      target: new StreamTarget(writable),
    });
    this.#output.addAudioTrack(this.#source);
  }

  /** Returns the head of the file and all frames that are whole with these samples. Throws BotError `speech.failed`. */
  async push(samples: Int16Array): Promise<Uint8Array> {
    if (samples.length > 0) await this.#waitFor(this.#encode(samples));
    return this.#takePieces();
  }

  /** Returns the last frames. Throws as `push` does. */
  async end(): Promise<Uint8Array> {
    if (this.#opening !== undefined) await this.#waitFor(this.#output.finalize());
    return this.#takePieces();
  }

  /** Ends the thread of an encoder whose sound is not wanted any more. */
  async close(): Promise<void> {
    if (this.#opening === undefined || this.#output.state === 'finalized') return;
    const ending = this.#output.cancel().catch(() => undefined);
    if (!this.#isLost) await this.#waitFor(ending);
  }

  async #waitFor(work: Promise<void>) {
    await withTimeout(work, stepMs, this.#clock, () => {
      this.#isLost = true;
      return new BotError('speech.failed', true, 'The thread that makes FLAC is gone.');
    });
  }

  async #encode(samples: Int16Array) {
    this.#opening ??= this.#output.start();
    await this.#opening;
    const sample = new AudioSample({
      data: samples.slice(),
      format: 's16',
      numberOfChannels: 1,
      sampleRate: speakRateHz,
      timestamp: this.#pushedSamples / speakRateHz,
    });
    this.#pushedSamples += samples.length;
    await this.#source.add(sample);
    sample.close();
    await this.#waitForFrames();
  }

  #countFrame() {
    this.#writtenFrames++;
    this.#onFrame?.();
  }

  /** Waits for the thread, or who hears the sound would wait for it until the next samples come. */
  async #waitForFrames() {
    const wholeFrames = Math.floor((this.#pushedSamples - 1) / frameSamples);
    while (this.#writtenFrames < wholeFrames)
      await new Promise<void>((resolve) => {
        this.#onFrame = resolve;
      });
  }

  #keepChunk({ data, position }: StreamTargetChunk) {
    // The length in the head, which is written last, has left long ago: a stream has none.
    if (position < this.#writtenBytes) return;
    this.#writtenBytes += data.length;
    this.#pieces.push(data.slice());
  }

  #takePieces() {
    return Buffer.concat(this.#pieces.splice(0));
  }
}
