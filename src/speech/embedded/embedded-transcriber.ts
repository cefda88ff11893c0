import { durationMs, listenRateHz } from '#src/audio/pcm.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { embedded } from '#src/provider/models/served-by.ts';
import { isListenable } from '#src/speech/listenable.ts';
import type { Transcriber, TranscriptUpdate } from '#src/speech/ports.ts';
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
/** Measured: a tenth of the utterance; a busy machine gets twenty times that. */
const limitMs = (utteranceMs: number) => 5000 + utteranceMs * 2;

/**
 * English without any server: PocketSphinx in a worker thread, good for clear, close speech in plain words.
 *
 * Whole utterances are heard in order of call, each up to its first 30 s. One recogniser is kept, since it adapts.
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
    repeatable: true,
  });
  const scheduler = new EngineScheduler(engine, clock);
  const expecting = (names: readonly string[]): Transcriber => {
    const grammar = rules === undefined ? undefined : { rules, names };
    return {
      transcribe(pcm, signal) {
        const samples = isListenable(pcm) ? pcm.samples.slice(0, longestSamples) : new Int16Array();
        scheduler.interrupt();
        const job = { kind: 'whole', samples, grammar } as const;
        return updatesOf(engine.run(job, limitMs(durationMs(pcm)), signal));
      },
      listen: (onPartial, signal) => scheduler.listen(onPartial, grammar, signal),
      withHints: expecting,
    };
  };
  return { ...expecting([]), [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose]() };
}

/** A whole utterance never loses sound. */
async function* updatesOf(words: AsyncIterable<SphinxWords>): AsyncGenerator<TranscriptUpdate> {
  for await (const update of words) {
    if (update.kind === 'partial') yield update;
    if (update.kind !== 'final') continue;
    yield { kind: 'final', transcript: { ...update.transcript, usage: { by: embedded } } };
  }
}
