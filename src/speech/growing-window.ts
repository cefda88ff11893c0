import { durationMs, listenRateHz } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { controllerUnder } from '#src/base/waiting.ts';
import { SharedTask } from '#src/speech/embedded/task-queue.ts';
import type { Listening, LookAhead, OnPartial, Transcriber, Transcript } from './ports.ts';
import { type SpokenSound, UtteranceSound } from './utterance-sound.ts';
import { shiftTranscript } from './word-times.ts';

/** Sound before the first partial; the next ones come at doubling lengths. */
const firstPartialSamples = 0.8 * listenRateHz;
/** All sound sent for one utterance may be this many times its own length, and a little: then partials stop. */
const costFactor = 3;
const freeSamples = 5 * listenRateHz;

const unlimited: LookAhead = { mayStart: () => true, sent: () => undefined };

/** The utterance so far, as it was sent. */
type RecognitionPass = { readonly length: number; readonly work: SharedTask<Transcript> };

/**
 * Listens with a recogniser that only takes whole utterances: each text costs the sound so far once more.
 *
 * One request at a time; a settle ends the partial under way, unless that one already holds all but silence. A partial
 * that fails is left out.
 */
export class GrowingWindow implements Listening {
  readonly #transcriber: Transcriber;
  readonly #onPartial: OnPartial;
  readonly #over: AbortController;
  readonly #signal: AbortSignal;
  readonly #lookAhead: LookAhead;
  readonly #sound = new UtteranceSound();
  #last: RecognitionPass | undefined;
  #partial: AbortController | undefined;
  #settling = 0;
  #nextPartialAt = firstPartialSamples;
  #sent = 0;
  #reported = '';

  constructor(
    transcriber: Transcriber,
    onPartial: OnPartial,
    signal: AbortSignal,
    lookAhead: LookAhead = unlimited,
  ) {
    this.#transcriber = transcriber;
    this.#lookAhead = lookAhead;
    this.#onPartial = onPartial;
    this.#over = controllerUnder(signal);
    this.#signal = this.#over.signal;
  }

  push(samples: Int16Array): void {
    if (this.#signal.aborted) return;
    this.#sound.push(samples);
    const due = this.#sound.length >= this.#nextPartialAt;
    const isIdle = !this.#partial && this.#settling === 0;
    if (due && isIdle && this.#affordable() && this.#lookAhead.mayStart()) void this.#peek();
  }

  async settle(signal: AbortSignal): Promise<Transcript> {
    const either = AbortSignal.any([this.#signal, signal]);
    either.throwIfAborted();
    this.#settling++;
    try {
      const last = this.#known();
      const partial = this.#partial;
      if (last && partial) {
        const transcript = await last.work.result(either).catch(unlessLate);
        either.throwIfAborted();
        if (transcript) return transcript;
      } else if (last) return await last.work.result(either);
      partial?.abort();
      return await this.#recogniseSoFar().result(either);
    } finally {
      this.#settling--;
    }
  }

  [Symbol.dispose](): void {
    this.#over.abort(new Error('not listened to any more'));
    this.#sound.drop();
  }

  /** Never throws: a partial is a favour. */
  async #peek(): Promise<void> {
    const partial = new AbortController();
    this.#partial = partial;
    try {
      const signal = AbortSignal.any([this.#signal, partial.signal]);
      const { text } = await this.#recogniseSoFar().result(signal);
      this.#report(text, signal);
    } catch {
      // The next settle reports the error.
    } finally {
      this.#partial = undefined;
    }
  }

  /** Running or finished recognition, if only silence came after it. */
  #known(): RecognitionPass | undefined {
    const last = this.#last;
    return last?.work.useful && this.#sound.isSilentFrom(last.length) ? last : undefined;
  }

  #recogniseSoFar(): SharedTask<Transcript> {
    const { length } = this.#sound;
    const spoken = this.#sound.spoken();
    this.#sent += spoken.pcm.samples.length;
    this.#lookAhead.sent(durationMs(spoken.pcm));
    this.#nextPartialAt = Math.max(this.#nextPartialAt, 2 * length);
    const work = new SharedTask((signal) =>
      this.#recognise(spoken, AbortSignal.any([signal, this.#signal])),
    );
    this.#last = { length, work };
    return work;
  }

  /** Reserves the final recognition, which is sure to follow. */
  #affordable(): boolean {
    const { length } = this.#sound;
    return this.#sent + 2 * length <= costFactor * length + freeSamples;
  }

  async #recognise({ pcm, fromMs }: SpokenSound, signal: AbortSignal): Promise<Transcript> {
    for await (const update of this.#transcriber.transcribe(pcm, signal)) {
      if (update.kind === 'final') return shiftTranscript(update.transcript, fromMs);
      if (update.text.length > this.#reported.length) this.#report(update.text, signal);
    }
    return { text: '' };
  }

  #report(text: string, signal: AbortSignal): void {
    if (signal.aborted || text === this.#reported) return;
    this.#reported = text;
    this.#onPartial(text);
  }
}

/** Swallows an error that is worth another try; throws one of lateness, as it has been waited for already. */
function unlessLate(error: unknown): undefined {
  if (error instanceof BotError && error.code === 'provider.late') throw error;
}
