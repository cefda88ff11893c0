import { listenRateHz } from '#src/audio/pcm.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import type { OnPartial, Transcriber, TranscriptionOptions } from '#src/speech/ports.ts';
import { isListenable } from '#src/speech/utterance-sound.ts';
import { Engine } from './engine.ts';
import { EngineScheduler } from './engine-scheduler.ts';
import type { SphinxJob, SphinxWords } from './pocketsphinx-worker.ts';

export type EmbeddedTranscriberOptions = {
  /** Rules of likely requests, as of `RecognitionGrammar`; hints are its names. */
  readonly rules?: string;
  readonly clock?: Clock;
};

const longestSamples = 30 * listenRateHz;
const startLimitMs = 60_000;

/**
 * English without any server: PocketSphinx in a worker thread, good for clear, close speech in plain words.
 *
 * A whole utterance is heard up to its first 30 s. One recogniser is kept, since it adapts.
 */
export async function openEmbeddedTranscriber(
  options: EmbeddedTranscriberOptions = {},
): Promise<Transcriber & AsyncDisposable> {
  const { clock = realClock, rules } = options;
  const engine = await Engine.open<SphinxJob, SphinxWords>({
    name: 'embedded recogniser',
    entry: new URL('./pocketsphinx-worker.ts', import.meta.url),
    startLimitMs,
    clock,
  });
  const scheduler = new EngineScheduler(engine, clock);
  const listen = (
    onPartial: OnPartial,
    signal: AbortSignal,
    { hints: names = [] }: TranscriptionOptions = {},
  ) => scheduler.listen(onPartial, rules === undefined ? undefined : { rules, names }, signal);
  return {
    async *transcribe(pcm, signal, asked) {
      signal.throwIfAborted();
      if (!isListenable(pcm)) {
        yield { kind: 'final', transcript: { text: '' } };
        return;
      }
      using listening = listen(() => {}, signal, asked);
      listening.push(pcm.samples.subarray(0, longestSamples));
      yield { kind: 'final', transcript: await listening.finish(signal) };
    },
    listen,
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}
