import { durationMs } from '#src/audio/pcm.ts';
import { controllerUnder } from '#src/base/waiting.ts';
import { SharedTask } from '#src/speech/embedded/task-queue.ts';
import type { Listening, OnPartial, OnSoundSent, Transcriber, Transcript } from './ports.ts';
import { type SpokenSound, UtteranceSound } from './utterance-sound.ts';
import { shiftTranscript } from './word-times.ts';

/** The utterance so far, as it was sent. */
type RecognitionPass = { readonly length: number; readonly work: SharedTask<Transcript> };

/**
 * Listens with a recogniser that only takes whole utterances: each text costs the sound so far once more, and is asked for
 * in pauses alone.
 */
export class GrowingWindow implements Listening {
  readonly #transcriber: Transcriber;
  readonly #onPartial: OnPartial;
  readonly #over: AbortController;
  readonly #signal: AbortSignal;
  readonly #onSent: OnSoundSent;
  readonly #sound = new UtteranceSound();
  #last: RecognitionPass | undefined;
  #reported = '';

  constructor(
    transcriber: Transcriber,
    onPartial: OnPartial,
    signal: AbortSignal,
    onSent: OnSoundSent = () => undefined,
  ) {
    this.#transcriber = transcriber;
    this.#onSent = onSent;
    this.#onPartial = onPartial;
    this.#over = controllerUnder(signal);
    this.#signal = this.#over.signal;
  }

  push(samples: Int16Array): void {
    if (!this.#signal.aborted) this.#sound.push(samples);
  }

  async settle(signal: AbortSignal): Promise<Transcript> {
    const either = AbortSignal.any([this.#signal, signal]);
    either.throwIfAborted();
    return await (this.#known() ?? this.#recogniseSoFar()).result(either);
  }

  [Symbol.dispose](): void {
    this.#over.abort(new Error('not listened to any more'));
    this.#sound.drop();
  }

  /** Running or finished recognition, if only silence came after it. */
  #known(): SharedTask<Transcript> | undefined {
    const last = this.#last;
    return last?.work.useful && this.#sound.isSilentFrom(last.length) ? last.work : undefined;
  }

  #recogniseSoFar(): SharedTask<Transcript> {
    const { length } = this.#sound;
    const spoken = this.#sound.spoken();
    this.#onSent(durationMs(spoken.pcm));
    const work = new SharedTask((signal) =>
      this.#recognise(spoken, AbortSignal.any([signal, this.#signal])),
    );
    this.#last = { length, work };
    return work;
  }

  async #recognise({ pcm, fromMs }: SpokenSound, signal: AbortSignal): Promise<Transcript> {
    for await (const update of this.#transcriber.transcribe(pcm, signal)) {
      if (update.kind === 'final') return shiftTranscript(update.transcript, fromMs);
      if (update.text.length > this.#reported.length) this.#report(update.text, signal);
    }
    return { text: '' };
  }

  #report(text: string, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#reported = text;
    this.#onPartial(text);
  }
}
