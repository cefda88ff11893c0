import { existsSync } from 'node:fs';
import { BotError } from '#src/base/errors.ts';
import type { GuildId } from '#src/base/ids.ts';
import { findWasmRuntime, getModelFolder } from '#src/speech/local/folders.ts';
import type {
  Transcriber,
  Transcript,
  TranscriptionOptions,
  UtterancePcm,
} from '#src/speech/speech-engine.ts';

/** Nobody meters this recogniser, so its caller names the server. */
export type LocalTranscriptionOptions = TranscriptionOptions & {
  readonly guildId: GuildId;
  readonly isLive: boolean;
};

/** A free recogniser on this machine, for words that no other recogniser may get. */
export interface LocalRecogniser {
  /** False if the runtime or the model is missing, as far as it is known. */
  readonly isAvailable: boolean;
  /**
   * Recognises one utterance, 16 kHz mono, and loads the model first. The text is empty without words. Throws
   * BotError `speech.failed`.
   */
  recognise(
    pcm: UtterancePcm,
    signal: AbortSignal,
    options: LocalTranscriptionOptions,
  ): Promise<Transcript>;
}

/** Tests whether the runtime and the standard model of local recognition are there. Loads neither. */
export function isLocalRecogniserInstalled(): boolean {
  try {
    if (!findWasmRuntime()) import.meta.resolve('onnxruntime-node');
  } catch {
    return false;
  }
  return existsSync(getModelFolder('whisper-base-int4'));
}

/** After a failure the model is not tried again for this time, in ms. */
const restMs = 60_000;

/** A recogniser that is opened by its first utterance, so that nobody who never needs it waits for its model. */
export class LazyRecogniser implements LocalRecogniser {
  readonly #open: () => Promise<Transcriber>;
  readonly #nowMs: () => number;
  readonly #isInstalled: boolean;
  #opening: Promise<Transcriber> | undefined;
  #restUntilMs = Number.NEGATIVE_INFINITY;

  /** `isInstalled`: its runtime and its model are there. */
  constructor(
    open: () => Promise<Transcriber>,
    isInstalled: boolean,
    nowMs: () => number,
  ) {
    this.#open = open;
    this.#isInstalled = isInstalled;
    this.#nowMs = nowMs;
  }

  /** False if nothing is installed, and for a minute after a failure to open it. */
  get isAvailable(): boolean {
    return this.#isInstalled && this.#nowMs() >= this.#restUntilMs;
  }

  /** Recognises one utterance. Throws BotError `speech.failed`, also while it rests. */
  async recognise(
    pcm: UtterancePcm,
    signal: AbortSignal,
    options: LocalTranscriptionOptions,
  ): Promise<Transcript> {
    const transcriber = await this.#getTranscriber();
    for await (const update of transcriber.transcribe(pcm, signal, options))
      if (update.kind === 'final') return update.transcript;
    return { text: '' };
  }

  async #getTranscriber() {
    if (!this.isAvailable)
      throw new BotError('speech.failed', true, 'The local recogniser is missing.');
    this.#opening ??= this.#open();
    try {
      return await this.#opening;
    } catch (error) {
      this.#opening = undefined;
      this.#restUntilMs = this.#nowMs() + restMs;
      throw error;
    }
  }
}
