import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pcm } from '#src/audio/pcm.ts';
import { writeWav } from '#src/audio/wav.ts';
import { BotError } from '#src/base/errors.ts';
import { openEmbeddedSynthesizer } from '#src/speech/embedded/embedded-synthesizer.ts';
import type { Synthesizer } from '#src/speech/ports.ts';
import { joined } from './joined.ts';

export type VoiceOptions = {
  /** The bot's own embedded voice, which Adam does not get. */
  readonly taken: string | undefined;
  readonly open?: () => Promise<Synthesizer & AsyncDisposable>;
  /** Told once, before the engine is opened. */
  readonly onOpen: () => void;
};

/** Speaks what is typed; the engine is opened by the first words. */
export class TypedVoice implements AsyncDisposable {
  readonly #options: VoiceOptions;
  readonly #open = new AsyncDisposableStack();
  #engine: Promise<Synthesizer> | undefined;
  #folder: Promise<string> | undefined;
  #files = 0;

  constructor(options: VoiceOptions) {
    this.#options = options;
  }

  /**
   * Path of a WAV that says `text`; the caller takes it away with `forget`.
   *
   * Errors: BotError `speech.*`. Aborting `signal` throws its reason.
   */
  async record(text: string, signal: AbortSignal): Promise<string> {
    const engine = await this.#opened();
    const name = this.#options.taken === 'rms' ? 'awb' : 'rms';
    const pieces: Pcm[] = [];
    for await (const pcm of engine.synthesize(text, { name }, signal)) pieces.push(pcm);
    if (pieces.length === 0) {
      throw new BotError('speech.unspeakable', false, 'The embedded voice cannot say any of that.');
    }
    const path = join(await this.#place(), `${++this.#files}.wav`);
    await writeFile(path, writeWav(joined(pieces)));
    return path;
  }

  async forget(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine?.catch(() => undefined);
    await this.#open.disposeAsync();
  }

  #opened(): Promise<Synthesizer> {
    this.#engine ??= this.#openEngine();
    return this.#engine;
  }

  /** Opens the embedded engine; after a failure the next line tries again. */
  async #openEngine(): Promise<Synthesizer> {
    this.#options.onOpen();
    try {
      return this.#open.use(await (this.#options.open ?? openEmbeddedSynthesizer)());
    } catch (error) {
      this.#engine = undefined;
      throw error;
    }
  }

  #place(): Promise<string> {
    this.#folder ??= this.#makeFolder();
    return this.#folder;
  }

  async #makeFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'parley-typed-'));
    this.#open.defer(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }
}
