import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { writeWav } from '#src/audio/wav.ts';
import { BotError } from '#src/base/errors.ts';
import { openEmbeddedSynthesizer } from '#src/speech/embedded/embedded-synthesizer.ts';
import type { Synthesizer } from '#src/speech/ports.ts';

/** Speaks what is typed in an embedded voice; the engine is opened by the first words. */
export class TypedVoice implements AsyncDisposable {
  readonly #folder: string;
  readonly #name: string;
  #engine: Promise<Synthesizer & AsyncDisposable> | undefined;
  #files = 0;

  /** `taken` is the bot's own embedded voice, which Adam does not get. */
  constructor(folder: string, taken: string | undefined) {
    this.#folder = folder;
    this.#name = taken === 'rms' ? 'awb' : 'rms';
  }

  /**
   * Path of a WAV that says `text`, which the caller deletes.
   *
   * Errors: BotError `speech.*`. Aborting `signal` throws its reason.
   */
  async record(text: string, signal: AbortSignal): Promise<string> {
    this.#engine ??= openEmbeddedSynthesizer();
    const engine = await this.#engine;
    const pieces: Pcm[] = [];
    for await (const pcm of engine.synthesize(text, { name: this.#name }, signal)) pieces.push(pcm);
    const [first] = pieces;
    if (!first)
      throw new BotError('speech.unspeakable', false, 'The embedded voice cannot say any of that.');
    const path = join(this.#folder, `typed-${++this.#files}.wav`);
    const samples = joinSamples(pieces.map((piece) => piece.samples));
    await writeFile(path, writeWav({ ...first, samples }));
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const engine = await this.#engine?.catch(() => undefined);
    await engine?.[Symbol.asyncDispose]();
  }
}
