import type { SphinxJob, SphinxWords } from '#src/speech/pocketsphinx-worker.ts';
import { serveEngine } from '#src/speech/serve-engine.ts';
import { hearWords } from '#test/fakes/spoken-words.ts';

let open: { readonly stretch: number; readonly samples: number[] } | undefined;

/** Stands in for the recogniser's thread: a sample of 31 000 kills it, one of 30 000 unless a stretch begins with it. */
await serveEngine<SphinxJob, SphinxWords>(async () => (job, out) => {
  if (job.kind === 'whole') return;
  if (job.at === 0) open = { stretch: job.stretch, samples: [] };
  if (open?.stretch !== job.stretch || open.samples.length !== job.at) return out({ kind: 'lost' });
  const deadly = job.at > 0 ? [30_000, 31_000] : [31_000];
  if (deadly.some((sample) => job.samples.includes(sample))) throw new Error('died');
  open.samples.push(...job.samples);
  const samples = Int16Array.from(open.samples);
  const text = hearWords({ samples, rateHz: 16_000, channels: 1 });
  if (job.last) out({ kind: 'final', transcript: { text, language: 'en' } });
  else out({ kind: 'partial', text });
});
