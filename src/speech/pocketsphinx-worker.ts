import { loadRecogniser } from './pocketsphinx.ts';
import type { TranscriptUpdate } from './ports.ts';
import { serveEngine } from './serve-engine.ts';

/** One utterance, 16 kHz mono. */
export type SphinxJob = { readonly samples: Int16Array };

/** 200 ms: how much is heard between two looks at the words, and at whether anybody still waits. */
const step = 3200;

await serveEngine<SphinxJob, TranscriptUpdate>(async (progress) => {
  const recogniser = await loadRecogniser(progress);
  return ({ samples }, out, unwanted) => {
    let last = '';
    recogniser.begin();
    for (let at = 0; at < samples.length && !unwanted(); at += step) {
      const text = recogniser.hear(samples.subarray(at, at + step));
      if (text !== last && text !== '') out({ kind: 'partial', text });
      last = text;
    }
    const text = recogniser.finish();
    out({ kind: 'final', transcript: { text, language: 'en' } });
  };
});
