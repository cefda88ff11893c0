import { durationMs } from '#src/audio/pcm.ts';
import { controllerUnder, unlessAborted } from '#src/base/waiting.ts';
import type { Listening, OnPartial, OnSoundSent, Transcriber, Transcript } from './ports.ts';
import { UtteranceSound } from './utterance-sound.ts';

type Words = NonNullable<Transcript['words']>;

/** Words shifted later by `byMs`; negative: earlier, but not before 0. */
export function shiftWords(words: Words, byMs: number): Words {
  const at = (ms: number) => Math.max(0, ms + byMs);
  return words.map((word) => ({ ...word, startMs: at(word.startMs), endMs: at(word.endMs) }));
}

/** Moment for a look before the end of an utterance: in any pause, or in one that is likely to be the end. */
export type InterimMoment = 'paused' | 'long-pause';

/** Most sound sent to a recogniser of whole utterances, by the length of its speech; a little more is free at the start. */
export const mostSentShare = 1.3;
const shares = { paused: 1.2, 'long-pause': mostSentShare };
const creditMs = 5_000;

/**
 * Budget of sound for looks at the unfinished utterances of one session by a recogniser of whole utterances, as a share
 * of speech: a look in a pause costs the utterance so far once more if its speaker continues. A third of the budget is
 * reserved for long pauses, so that frequent pauses of one speaker do not delay the words of all.
 */
export class InterimBudget {
  #spokenMs = 0;
  #sentMs = 0;

  /** Reports an utterance that has ended: the length of its speech. */
  spoke(ms: number): void {
    this.#spokenMs += ms;
  }

  /** Reports sound that is sent. */
  sent(ms: number): void {
    this.#sentMs += ms;
  }

  /** Whether `ms` of an utterance may be sent now though its end will send them again. */
  affords(ms: number, moment: InterimMoment): boolean {
    return this.#sentMs + 2 * ms <= shares[moment] * (this.#spokenMs + ms) + creditMs;
  }
}

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

/**
 * Listens with any recogniser; one that only takes whole utterances gets each as far as it has come, in its pauses: each text
 * costs the sound so far once more.
 */
export function listenWith(
  transcriber: Transcriber,
  onPartial: OnPartial,
  signal: AbortSignal,
  onSent?: OnSoundSent,
): Listening {
  return (
    transcriber.listen?.(onPartial, signal) ??
    new GrowingWindow(wholeBy(transcriber, onPartial, onSent), signal)
  );
}

/** Partials are reported as long as they grow. */
function wholeBy(
  transcriber: Transcriber,
  onPartial: OnPartial,
  onSent?: OnSoundSent,
): RecogniseSoFar {
  let reported = '';
  return async (sound, signal) => {
    const pcm = sound.spoken();
    onSent?.(durationMs(pcm));
    for await (const update of transcriber.transcribe(pcm, signal)) {
      if (update.kind === 'final') return update.transcript;
      if (update.text.length <= reported.length || signal.aborted) continue;
      reported = update.text;
      onPartial(reported);
    }
    return { text: '' };
  };
}
