import { availableParallelism, loadavg } from 'node:os';
import { withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import type { GlimpseOptions } from '#src/ports/room-view.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import {
  type LocalTranscriberOptions,
  openLocalTranscriber,
} from '#src/speech/local/local-transcriber.ts';
import type { Transcriber, UtterancePcm } from '#src/speech/speech-engine.ts';

/** A glimpse that takes longer shows words of the past, on a machine that has other work. */
const maxGlimpseMs = 2_500;
/** Rest after a late glimpse. */
const restMs = 5_000;

type LocalGlimpserOptions = {
  readonly clock: Clock;
  /** Whether other work fills the processors, so that answers would wait for a glimpse. */
  readonly isMachineFull: () => boolean;
  /** Opens the recogniser, in the first glimpse. */
  readonly open: (models: LocalModels) => Promise<Transcriber>;
};

/**
 * Whisper once more, in a process that gets only the time that no other one wants, so that no answer waits for it. It
 * hears one glimpse at a time, and starts with the first one.
 */
export class LocalGlimpser implements AsyncDisposable {
  readonly #options: LocalGlimpserOptions;
  readonly #models = new LocalModels({ isBackground: true });
  #transcriber: Promise<Transcriber> | undefined;
  #isBusy = false;
  #restUntilMs = 0;

  constructor(options: LocalGlimpserOptions) {
    this.#options = options;
  }

  /** Recognises the words so far. Undefined without words, and while the machine is busy. Throws `signal.reason`. */
  async glimpse(
    pcm: UtterancePcm,
    options: GlimpseOptions,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { clock, isMachineFull } = this.#options;
    const mustRest = clock.nowMs() < this.#restUntilMs || isMachineFull();
    if (this.#isBusy || mustRest) return undefined;
    this.#isBusy = true;
    try {
      return await this.#recognise(pcm, options, signal);
    } finally {
      this.#isBusy = false;
    }
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#models[Symbol.asyncDispose]();
  }

  async #recognise(pcm: UtterancePcm, options: GlimpseOptions, signal: AbortSignal) {
    const { clock, open } = this.#options;
    this.#transcriber ??= open(this.#models);
    const transcriber = await this.#transcriber;
    const late = new AbortController();
    const either = AbortSignal.any([signal, late.signal]);
    const work = readFinalText(transcriber, pcm, options, either);
    return await withTimeout(work, maxGlimpseMs, clock, () => {
      this.#restUntilMs = clock.nowMs() + restMs;
      const error = new Error('the machine has other work');
      late.abort(error);
      return error;
    });
  }
}

/** Opens a glimpser beside the local recogniser of the bot. */
export function createLocalGlimpser(
  clock: Clock,
  recogniser: Omit<LocalTranscriberOptions, 'models'>,
): LocalGlimpser {
  return new LocalGlimpser({
    clock,
    isMachineFull: () => (loadavg()[0] ?? 0) > availableParallelism(),
    open: (models) => openLocalTranscriber({ models, ...recogniser }),
  });
}

async function readFinalText(
  transcriber: Transcriber,
  pcm: UtterancePcm,
  options: GlimpseOptions,
  signal: AbortSignal,
) {
  const updates = transcriber.transcribe(pcm, signal, { ...options, isLive: true });
  for await (const update of updates)
    if (update.kind === 'final') return update.transcript.text;
  return undefined;
}
