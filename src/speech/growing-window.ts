import { controllerUnder, unlessAborted } from '#src/base/waiting.ts';
import type { Listening, Transcript } from './ports.ts';
import { UtteranceSound } from './utterance-sound.ts';

/** Text of the sound so far; reads it before its first wait. */
export type RecogniseSoFar = (sound: UtteranceSound, signal: AbortSignal) => Promise<Transcript>;

/**
 * Listens by recognising the sound so far in pauses alone. All who wait for the text share one recognition, which serves until
 * more than silence comes.
 */
export class GrowingWindow implements Listening {
  readonly #recognise: RecogniseSoFar;
  readonly #over: AbortController;
  readonly #sound = new UtteranceSound();
  #last: RecognitionPass | undefined;

  constructor(recognise: RecogniseSoFar, signal: AbortSignal) {
    this.#recognise = recognise;
    this.#over = controllerUnder(signal);
  }

  push(samples: Int16Array): void {
    if (!this.#over.signal.aborted) this.#sound.push(samples);
  }

  async settle(signal: AbortSignal): Promise<Transcript> {
    const either = AbortSignal.any([this.#over.signal, signal]);
    either.throwIfAborted();
    return await this.#pass().result(either);
  }

  [Symbol.dispose](): void {
    this.#over.abort(new Error('not listened to any more'));
    this.#sound.drop();
  }

  #pass(): RecognitionPass {
    const [last, sound] = [this.#last, this.#sound];
    if (last?.isUseful && sound.isSilentFrom(last.length)) return last;
    const recognise = (leaving: AbortSignal) =>
      this.#recognise(sound, AbortSignal.any([leaving, this.#over.signal]));
    this.#last = new RecognitionPass(sound.length, recognise);
    return this.#last;
  }
}

/** Recognition of the first `length` samples: it is aborted when the last waiting caller leaves before its end. */
class RecognitionPass {
  readonly length: number;
  /** Running or done; one that failed or was abandoned has no output any more. */
  isUseful = true;
  readonly #left = new AbortController();
  readonly #result: Promise<Transcript>;
  #isRunning = true;
  #waiting = 0;

  constructor(length: number, work: (signal: AbortSignal) => Promise<Transcript>) {
    this.length = length;
    this.#result = work(this.#left.signal);
    const end = (isUseful: boolean) => () => {
      this.isUseful &&= isUseful;
      this.#isRunning = false;
    };
    this.#result.then(end(true), end(false));
  }

  /** Errors: as the work. Aborting `signal` throws `signal.reason`. */
  async result(signal: AbortSignal): Promise<Transcript> {
    this.#waiting++;
    try {
      return await unlessAborted(this.#result, signal);
    } finally {
      if (--this.#waiting === 0 && this.#isRunning) {
        this.isUseful = false;
        this.#left.abort(signal.reason);
      }
    }
  }
}
