import { createChildController, waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { Listening, OnPartial, Transcriber, Transcript } from './speech-engine.ts';
import { createUtteranceSound, type UtteranceSound } from './utterance-sound.ts';

type Words = NonNullable<Transcript['words']>;

export function shiftWords(words: Words, byMs: number): Words {
  const at = (ms: number) => Math.max(0, ms + byMs);
  return words.map((word) => ({
    ...word,
    startMs: at(word.startMs),
    endMs: at(word.endMs),
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
  readonly #recognise;
  readonly #over;
  readonly #sound = createUtteranceSound();
  #last: ReturnType<typeof beginRecognitionPass> | undefined;

  constructor(recognise: RecogniseSoFar, signal: AbortSignal) {
    this.#recognise = recognise;
    this.#over = createChildController(signal);
  }

  push(samples: Int16Array, opus?: Uint8Array) {
    if (!this.#over.signal.aborted) this.#sound.push(samples, opus);
  }

  async settle(signal: AbortSignal): Promise<Transcript> {
    const either = AbortSignal.any([this.#over.signal, signal]);
    either.throwIfAborted();
    return await this.#getPass().waitForText(either);
  }

  [Symbol.dispose]() {
    this.#over.abort(new Error('not listened to any more'));
    this.#sound.drop();
  }

  #getPass() {
    const [last, sound] = [this.#last, this.#sound];
    if (last?.isUseful && sound.endsSilently(last.length)) return last;
    const recognise = (leaving: AbortSignal) =>
      this.#recognise(sound, AbortSignal.any([leaving, this.#over.signal]));
    this.#last = beginRecognitionPass(sound.length, recognise);
    return this.#last;
  }
}

/** The last caller that leaves ends the work. */
function beginRecognitionPass(
  length: number,
  work: (signal: AbortSignal) => Promise<Transcript>,
) {
  const left = new AbortController();
  const recognition = work(left.signal);
  let state: 'running' | 'completed' | 'failed' = 'running';
  let waiting = 0;
  recognition.then(
    () => {
      if (state === 'running') state = 'completed';
    },
    () => {
      state = 'failed';
    },
  );
  return {
    length,
    get isUseful(): boolean {
      return state !== 'failed';
    },
    /** Throws the error of the work. */
    async waitForText(signal: AbortSignal): Promise<Transcript> {
      waiting++;
      try {
        return await waitUnlessAborted(recognition, signal);
      } finally {
        if (--waiting === 0 && state === 'running') {
          state = 'failed';
          left.abort(signal.reason);
        }
      }
    },
  };
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
  let reported = '';
  return async (sound, signal) => {
    const pcm = sound.copySpoken();
    for await (const update of transcriber.transcribe(pcm, signal)) {
      if (update.kind === 'final') return update.transcript;
      if (update.text.length <= reported.length || signal.aborted) continue;
      reported = update.text;
      onPartial(reported);
    }
    return { text: '' };
  };
}

/** One utterance whose sound is kept until it may go to a recogniser. */
export class HeldListening implements Listening {
  readonly #open;
  readonly #over;
  readonly #signal;
  readonly #sound = createUtteranceSound();
  readonly #begun = Promise.withResolvers<Listening>();
  #inner: Listening | undefined;

  constructor(open: (signal: AbortSignal) => Listening, signal: AbortSignal) {
    this.#open = open;
    this.#over = createChildController(signal);
    this.#signal = this.#over.signal;
  }

  /** Sends the kept sound, and from now on all sound. */
  begin() {
    if (this.#inner || this.#signal.aborted) return;
    const inner = this.#open(this.#signal);
    this.#inner = inner;
    for (const { opus, samples } of this.#sound.listPieces()) inner.push(samples, opus);
    this.#sound.drop();
    this.#begun.resolve(inner);
  }

  push(samples: Int16Array, opus?: Uint8Array) {
    if (this.#signal.aborted) return;
    (this.#inner ?? this.#sound).push(samples, opus);
  }

  async settle(signal: AbortSignal): Promise<Transcript> {
    const either = AbortSignal.any([this.#signal, signal]);
    either.throwIfAborted();
    const inner = await waitUnlessAborted(this.#begun.promise, either);
    return await inner.settle(signal);
  }

  [Symbol.dispose]() {
    this.#inner?.[Symbol.dispose]();
    this.#over.abort(new Error('not listened to any more'));
  }
}
