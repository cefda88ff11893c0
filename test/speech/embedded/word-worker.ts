import type { SphinxJob, SphinxWords } from '#src/speech/embedded/pocketsphinx-worker.ts';
import { serveEngine } from '#src/speech/embedded/serve-engine.ts';
import { hearWords } from '#test/fakes/spoken-words.ts';

let open: { readonly stretch: number; readonly samples: number[] } | undefined;

/** Stands in for the recogniser's thread: a sample of 31 000 kills it, one of 30 000 unless a stretch begins with it. */
await serveEngine<SphinxJob, SphinxWords>(async () => (job, out) => out(hear(job)));

function hear({ stretch, at, samples, last }: SphinxJob): SphinxWords {
  if (at === 0) open = { stretch, samples: [] };
  if (open?.stretch !== stretch || open.samples.length !== at) return { kind: 'lost' };
  const deadly = at > 0 ? [30_000, 31_000] : [31_000];
  if (deadly.some((sample) => samples.includes(sample))) throw new Error('died');
  open.samples.push(...samples);
  const all = Int16Array.from(open.samples);
  const text = hearWords({ samples: all, rateHz: 16_000, channels: 1 });
  return { kind: last ? 'final' : 'partial', text };
}
