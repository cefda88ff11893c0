import { findSetLanguage } from '#src/base/language/expected-language.ts';
import type {
  OnPartial,
  Transcriber,
  Transcript,
  TranscriptionOptions,
} from '#src/speech/speech-engine.ts';
import type { RunningCalls } from './running-calls.ts';
import { readNumbers } from './spoken-sound.ts';

/** Something that a person said aloud, and the instants of its first and last packet in ms. */
export type SaidWords = {
  readonly by: string;
  readonly text: string;
  readonly fromMs: number;
  /** Instant, in ms, at which the words are over. An open microphone sends on. */
  readonly toMs: number;
};

export type RecogniserOptions = {
  readonly calls: RunningCalls;
  readonly saidOf: (number: number) => SaidWords | undefined;
  /** Called with each person whose sound it gets. */
  readonly onHeard: (by: string) => void;
  /** Text in place of the words. A planted fault. */
  readonly misheard: string | undefined;
  /** Takes sound while it is spoken. */
  readonly listens: boolean;
};

type Recognise = (
  samples: Int16Array,
  signal: AbortSignal,
  options?: TranscriptionOptions,
) => Promise<Transcript>;

const times = [60, 400, 20_000] as const;
/** Samples between two partial texts. */
const partialSamples = 6_400;
/** Samples at 16 kHz in which a word is said. */
const wordSamples = 5_600;

/** A recogniser that knows what was said by the numbers in the sound. It obeys a set language, and detects English else. */
export function makeTranscriber(options: RecogniserOptions): Transcriber {
  const { calls, misheard, onHeard, saidOf } = options;
  const recogniseNumbers: Recognise = async (samples, signal, request) => {
    const sayings = readNumbers(samples).flatMap((number) => saidOf(number) ?? []);
    const by = sayings.map((saying) => saying.by);
    by.forEach(onHeard);
    await calls.call('recognise', times, signal, { by });
    const text = misheard ?? sayings.map((saying) => saying.text).join(' ');
    return { text, language: findSetLanguage(request?.language) ?? 'en' };
  };
  return {
    async *transcribe({ samples }, signal, request) {
      yield {
        kind: 'final',
        transcript: await recogniseNumbers(samples, signal, request),
      };
    },
    ...(options.listens && {
      listen: (
        onPartial: OnPartial,
        signal: AbortSignal,
        request?: TranscriptionOptions,
      ) =>
        createSimulatedListening(
          options,
          (samples, until) => recogniseNumbers(samples, until, request),
          onPartial,
          signal,
        ),
    }),
  };
}

/** One utterance that is understood while it is spoken. */
function createSimulatedListening(
  options: RecogniserOptions,
  recognise: Recognise,
  onPartial: OnPartial,
  signal: AbortSignal,
) {
  const abort = new AbortController();
  let heardSamples = new Int16Array();
  let reported = 0;
  const until = AbortSignal.any([abort.signal, signal]);

  /** The words so far; the last one may be another. */
  function reportPartial() {
    const { length } = heardSamples;
    reported = length;
    const numbers = readNumbers(heardSamples);
    const sayings = numbers.flatMap((number) => options.saidOf(number) ?? []);
    for (const { by } of sayings) options.onHeard(by);
    const words = sayings.flatMap(({ text }) => text.split(' '));
    const text = words.slice(0, Math.ceil(length / wordSamples)).join(' ');
    const isWrong = options.calls.luck.draw(`partial ${numbers} ${length}`) < 0.1;
    const { signal } = abort;
    queueMicrotask(() => {
      if (!signal.aborted && text !== '') onPartial(isWrong ? `${text} oh` : text);
    });
  }

  const listening = {
    push(samples: Int16Array) {
      if (until.aborted) return;
      const all = new Int16Array(heardSamples.length + samples.length);
      all.set(heardSamples);
      all.set(samples, heardSamples.length);
      heardSamples = all;
      if (all.length - reported >= partialSamples) reportPartial();
    },

    async settle(signal: AbortSignal) {
      return await recognise(heardSamples, AbortSignal.any([until, signal]));
    },

    [Symbol.dispose]() {
      abort.abort(new Error('not listened to any more'));
    },
  };
  options.calls.kept.note('listening', listening);
  return listening;
}
