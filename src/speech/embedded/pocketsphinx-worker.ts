import { listenRateHz } from '#src/audio/pcm.ts';
import { loadRecogniser, type RecognitionGrammar } from './pocketsphinx.ts';
import { serveEngine } from './serve-engine.ts';

/** One utterance at 16 kHz. */
export type SphinxJob = {
  readonly samples: Int16Array;
  readonly grammar: RecognitionGrammar | undefined;
};

/** Sound between two looks whether the words are still wanted: half a second. */
const pieceSamples = listenRateHz / 2;

await serveEngine<SphinxJob, string>(async () => {
  const recogniser = await loadRecogniser();
  return ({ grammar, samples }, out, unwanted) => {
    recogniser.begin(grammar);
    for (let at = 0; at < samples.length && !unwanted(); at += pieceSamples)
      recogniser.hear(samples.subarray(at, at + pieceSamples));
    out(recogniser.finish());
  };
});
