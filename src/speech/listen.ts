import { createChildController, waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { Listening, OnPartial, Transcriber, Transcript } from './speech-engine.ts';
import { UtteranceSound } from './utterance-sound.ts';

type TimedWords = NonNullable<Transcript['words']>;

/** Moves the times of words by `byMs`, but not before 0. */
export function shiftWords(timedWords: TimedWords, byMs: number): TimedWords {
  const shiftMs = (ms: number) => Math.max(0, ms + byMs);
  return timedWords.map((word) => ({
    ...word,
    startMs: shiftMs(word.startMs),
    endMs: shiftMs(word.endMs),
  }));
}

/**
 * Share of speech that is sent when each pause sends the utterance so far: 1.4 measured on
 * `test/fixtures/human`, 2.4 with free speech.
 */
export const usualSentShare = 1.5;

/** Recognises the sound so far, which is read before the first wait. */
export type RecogniseSoFar = (
  sound: UtteranceSound,
  signal: AbortSignal,
) => Promise<Transcript>;

/** Recognises the sound so far in pauses alone. Callers share a recognition until more than silence follows. */
export class PauseListening implements Listening {
  readonly #recognise: RecogniseSoFar;
  readonly #ending: AbortController;
  readonly #sound = new UtteranceSound();
  #lastPass: RecognitionPass | undefined;

  /** Aborting `signal` ends the work, as disposing does. */
  constructor(recognise: RecogniseSoFar, signal: AbortSignal) {
    this.#recognise = recognise;
    this.#ending = createChildController(signal);
  }

  /** Adds sound until disposed. Nothing is sent before `settle`. */
  push(samples: Int16Array, opus?: Uint8Array): void {
    if (!this.#ending.signal.aborted) this.#sound.push(samples, opus);
  }

  /** Returns the text of all sound so far, from the last recognition if only silence followed it. */
  async settle(signal: AbortSignal): Promise<Transcript> {
    const either = AbortSignal.any([this.#ending.signal, signal]);
    either.throwIfAborted();
    return await this.#getPass().waitForText(either);
  }

  /** Ends all recognition and drops the sound. */
  [Symbol.dispose](): void {
    this.#ending.abort(new Error('not listened to any more'));
    this.#sound.dropSound();
  }

  #getPass() {
    const [lastPass, sound] = [this.#lastPass, this.#sound];
    if (lastPass?.isUseful && sound.endsSilently(lastPass.length)) return lastPass;
    const recogniseSound = (unneeded: AbortSignal) =>
      this.#recognise(sound, AbortSignal.any([unneeded, this.#ending.signal]));
    this.#lastPass = new RecognitionPass(sound.length, recogniseSound);
    return this.#lastPass;
  }
}

/** One recognition of the sound so far, for several callers. The last caller that leaves ends the work. */
class RecognitionPass {
  /** Samples of the utterance that are recognised. */
  readonly length: number;
  readonly #unneeded = new AbortController();
  readonly #recognition: Promise<Transcript>;
  #state: 'running' | 'completed' | 'failed' = 'running';
  #waitingCallers = 0;

  constructor(length: number, work: (signal: AbortSignal) => Promise<Transcript>) {
    this.length = length;
    this.#recognition = work(this.#unneeded.signal);
    this.#recognition.then(
      () => {
        if (this.#state === 'running') this.#state = 'completed';
      },
      () => {
        this.#state = 'failed';
      },
    );
  }

  /** False once the work has failed or was ended. */
  get isUseful(): boolean {
    return this.#state !== 'failed';
  }

  /** Throws the error of the work. */
  async waitForText(signal: AbortSignal): Promise<Transcript> {
    this.#waitingCallers++;
    try {
      return await waitUnlessAborted(this.#recognition, signal);
    } finally {
      if (--this.#waitingCallers === 0 && this.#state === 'running') {
        this.#state = 'failed';
        this.#unneeded.abort(signal.reason);
      }
    }
  }
}

/** Listens with any recogniser: one of whole utterances gets the sound so far in each pause. */
export function openListening(
  transcriber: Transcriber,
  onPartial: OnPartial,
  signal: AbortSignal,
): Listening {
  return (
    transcriber.listen?.(onPartial, signal) ??
    new PauseListening(createWholeRecogniser(transcriber, onPartial), signal)
  );
}

/** Creates a recogniser of the sound so far, which reports growing partials. */
function createWholeRecogniser(
  transcriber: Transcriber,
  onPartial: OnPartial,
): RecogniseSoFar {
  let lastPartial = '';
  return async (sound, signal) => {
    const pcm = sound.copySpoken();
    for await (const update of transcriber.transcribe(pcm, signal)) {
      if (update.kind === 'final') return update.transcript;
      if (update.text.length <= lastPartial.length || signal.aborted) continue;
      lastPartial = update.text;
      onPartial(lastPartial);
    }
    return { text: '' };
  };
}

/** One utterance whose sound is kept until it may go to a recogniser. */
export class HeldListening implements Listening {
  readonly #open: (signal: AbortSignal) => Listening;
  readonly #ending: AbortController;
  readonly #signal: AbortSignal;
  readonly #sound = new UtteranceSound();
  readonly #opening = Promise.withResolvers<Listening>();
  #inner: Listening | undefined;

  /** Aborting `signal` ends the work, as disposing does. */
  constructor(open: (signal: AbortSignal) => Listening, signal: AbortSignal) {
    this.#open = open;
    this.#ending = createChildController(signal);
    this.#signal = this.#ending.signal;
  }

  /** Sends the kept sound, and from now on all sound. */
  begin(): void {
    if (this.#inner || this.#signal.aborted) return;
    const inner = this.#open(this.#signal);
    this.#inner = inner;
    for (const { opus, samples } of this.#sound.listPieces()) inner.push(samples, opus);
    this.#sound.dropSound();
    this.#opening.resolve(inner);
  }

  /** Keeps sound until `begin`, and sends it afterwards. */
  push(samples: Int16Array, opus?: Uint8Array): void {
    if (this.#signal.aborted) return;
    (this.#inner ?? this.#sound).push(samples, opus);
  }

  /** Returns the text of all sound so far. Waits for `begin`. */
  async settle(signal: AbortSignal): Promise<Transcript> {
    const either = AbortSignal.any([this.#signal, signal]);
    either.throwIfAborted();
    const inner = await waitUnlessAborted(this.#opening.promise, either);
    return await inner.settle(signal);
  }

  /** Ends the work. Sound that was not sent goes nowhere. */
  [Symbol.dispose](): void {
    this.#inner?.[Symbol.dispose]();
    this.#ending.abort(new Error('not listened to any more'));
  }
}
