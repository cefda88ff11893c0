import type { TranscriptUpdate } from '#src/speech/ports.ts';
import { loadRecogniser, type Recogniser, type RecognitionGrammar } from './pocketsphinx.ts';
import { serveEngine } from './serve-engine.ts';

/** Samples at 16 kHz mono: one utterance, or the next piece of a stretch that grows while it is spoken. */
export type SphinxJob = { readonly grammar?: RecognitionGrammar } & (
  | { readonly kind: 'whole'; readonly samples: Int16Array }
  | {
      readonly kind: 'piece';
      readonly stretch: number;
      /** Samples of the stretch that came before; 0 begins it, and ends any other. */
      readonly at: number;
      readonly samples: Int16Array;
      readonly last: boolean;
    }
);

/** `lost`: the earlier sound is unknown here, and the stretch has to be sent from its beginning. */
export type SphinxWords = TranscriptUpdate | { readonly kind: 'lost' };

/** Samples between two checks of the words and of the waiting callers: 200 ms. */
const step = 3200;

/** Unfinished stretch of the recogniser. */
let open: { readonly stretch: number; heard: number } | undefined;

await serveEngine<SphinxJob, SphinxWords>(async () => {
  const recogniser = await loadRecogniser();
  return (job, out, unwanted) => {
    if (job.kind === 'piece') return out(hearPiece(recogniser, job));
    const { samples } = job;
    let last = '';
    begin(recogniser, job);
    for (let at = 0; at < samples.length && !unwanted(); at += step) {
      const text = recogniser.hear(samples.subarray(at, at + step));
      if (text !== last && text !== '') out({ kind: 'partial', text });
      last = text;
    }
    out(final(recogniser.finish()));
  };
});

function hearPiece(
  recogniser: Recogniser,
  job: Extract<SphinxJob, { kind: 'piece' }>,
): SphinxWords {
  const { stretch, at, samples, last } = job;
  if (at === 0) {
    begin(recogniser, job);
    open = { stretch, heard: 0 };
  }
  if (open?.stretch !== stretch || open.heard !== at) return { kind: 'lost' };
  const text = samples.length > 0 ? recogniser.hear(samples) : '';
  open.heard += samples.length;
  if (!last) return { kind: 'partial', text };
  open = undefined;
  return final(recogniser.finish());
}

function begin(recogniser: Recogniser, { grammar }: SphinxJob): void {
  if (open) recogniser.finish();
  open = undefined;
  recogniser.begin(grammar);
}

function final(text: string): TranscriptUpdate {
  return { kind: 'final', transcript: { text, language: 'en' } };
}
