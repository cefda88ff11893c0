import type { SoundPiece } from './embedded-listening.ts';
import { loadRecogniser, type Recogniser, type RecognitionGrammar } from './pocketsphinx.ts';
import { serveEngine } from './serve-engine.ts';

/** The next piece of a stretch that grows while it is spoken. */
export type SphinxJob = SoundPiece & {
  readonly grammar?: RecognitionGrammar;
  readonly stretch: number;
};

export type SphinxWords =
  | { readonly kind: 'partial' | 'final'; readonly text: string }
  /** The earlier sound is unknown here, and the stretch has to be sent from its beginning. */
  | { readonly kind: 'lost' };

/** Unfinished stretch of the recogniser. */
let open: { readonly stretch: number; heard: number } | undefined;

await serveEngine<SphinxJob, SphinxWords>(async () => {
  const recogniser = await loadRecogniser();
  return (job, out) => out(hear(recogniser, job));
});

function hear(
  recogniser: Recogniser,
  { at, grammar, last, samples, stretch }: SphinxJob,
): SphinxWords {
  if (at === 0) {
    if (open) recogniser.finish();
    recogniser.begin(grammar);
    open = { stretch, heard: 0 };
  }
  if (open?.stretch !== stretch || open.heard !== at) return { kind: 'lost' };
  const text = samples.length > 0 ? recogniser.hear(samples) : '';
  open.heard += samples.length;
  if (!last) return { kind: 'partial', text };
  open = undefined;
  return { kind: 'final', text: recogniser.finish() };
}
