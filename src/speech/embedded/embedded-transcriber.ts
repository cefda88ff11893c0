import { listenRateHz } from '#src/audio/pcm.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { embedded } from '#src/provider/models/models.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import { isListenable, UtteranceSound } from '#src/speech/utterance-sound.ts';
import { Engine } from './engine.ts';
import type { SphinxJob } from './pocketsphinx-worker.ts';

export type EmbeddedTranscriberOptions = {
  /** Rules of likely requests, as of `RecognitionGrammar`; hints are its names. */
  readonly rules?: string;
  readonly clock?: Clock;
};

const longestSamples = 30 * listenRateHz;
const startLimitMs = 60_000;
/** Measured: a tenth of the sound; a busy machine gets twenty times that. */
const limitMs = (samples: number) => 5000 + (samples / listenRateHz) * 2000;

/**
 * English without any server: PocketSphinx in a worker thread, good for clear, close speech in plain words.
 *
 * An utterance is heard up to its first 30 s, one after the other. One recogniser is kept, since it adapts.
 */
export async function openEmbeddedTranscriber(
  options: EmbeddedTranscriberOptions = {},
): Promise<Transcriber & AsyncDisposable> {
  const { clock = realClock, rules } = options;
  const engine = await Engine.open<SphinxJob, string>({
    name: 'embedded recogniser',
    entry: new URL('./pocketsphinx-worker.ts', import.meta.url),
    startLimitMs,
    clock,
  });
  return {
    async *transcribe(pcm, signal, { hints: names = [] } = {}) {
      signal.throwIfAborted();
      let text = '';
      if (isListenable(pcm)) {
        const grammar = rules === undefined ? undefined : { rules, names };
        const samples = spokenPart(pcm.samples);
        const job = { samples, grammar };
        for await (const words of engine.run(job, limitMs(samples.length), signal)) text = words;
      }
      yield { kind: 'final', transcript: { text, language: 'en', usage: { by: embedded } } };
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

/** Sound without the noise before and after the words, which spoils the recognition. */
function spokenPart(samples: Int16Array): Int16Array {
  const sound = new UtteranceSound();
  sound.push(samples.subarray(0, longestSamples));
  return sound.spoken().samples;
}
