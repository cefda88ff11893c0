// How long one window of voice detection takes, on SIMD and in plain TypeScript: npm run node -- bench/silero.ts
import { globSync, readFileSync } from 'node:fs';
import { loadSilero } from '#src/audio/voice/silero.ts';
import { windowSamples } from '#src/audio/voice/silero-layers.ts';
import { VoiceActivity } from '#src/audio/voice/voice-activity.ts';
import { readWav } from '#src/audio/wav.ts';
import { percentile } from './table.ts';

/** Windows of one block: long enough for the clock, short enough that others seldom get the processor in between. */
const blockWindows = 10;
const warmUpPairs = 100;
const pairs = 2000;
/** Farthest that a quartile of the ratio may lie from its median, as a share of it, in a run that gives figures. */
const mostSpread = 0.15;
/** Most pairs, as a share, during which the system gave the processor to others; these pairs are left out of the figures. */
const mostPreempted = 0.3;

/** One implementation's block: time per window, and whether the processor was taken away meanwhile. */
type Block = { readonly us: number; readonly preempted: boolean };

const windows = globSync('test/fixtures/speech/*.wav').flatMap(windowsOf);
const [plain, simd] = await Promise.all([loadSilero('plain'), loadSilero('simd')]);
if (simd.kind !== 'simd') {
  console.log('silero: WebAssembly has no SIMD here, there is nothing to compare.');
  process.exit(1);
}
const [slow, fast] = [new VoiceActivity(plain), new VoiceActivity(simd)];
const measured: { readonly plain: Block; readonly simd: Block }[] = [];
for (let n = 0; n < warmUpPairs + pairs; n++) {
  const first = (n * blockWindows) % (windows.length - blockWindows);
  const part = windows.slice(first, first + blockWindows);
  // Whoever comes second finds the sound in the cache: they take turns.
  const [one, other] = n % 2 ? [slow, fast] : [fast, slow];
  const [oneBlock, otherBlock] = [block(one, part), block(other, part)];
  if (n < warmUpPairs) continue;
  measured.push(
    n % 2 ? { plain: oneBlock, simd: otherBlock } : { plain: otherBlock, simd: oneBlock },
  );
}
report();

function report(): void {
  const calm = measured.filter((pair) => !pair.plain.preempted && !pair.simd.preempted);
  const preempted = 1 - calm.length / measured.length;
  const ratios = calm.map((pair) => pair.simd.us / pair.plain.us);
  const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => percentile(ratios, part));
  if (low === undefined || middle === undefined || high === undefined) throw new Error('quartiles');
  const spread = Math.max(high - middle, middle - low) / middle;
  if (preempted > mostPreempted || spread > mostSpread) {
    const why =
      preempted > mostPreempted
        ? `others had the processor during ${percent(preempted)} of the pairs`
        : `the quartiles of the ratio lie ${percent(spread)} off its median`;
    console.log(`silero: disturbed, no figure (${why}). Run it again where nothing else runs.`);
    process.exitCode = 1;
    return;
  }
  const usOf = (kind: 'plain' | 'simd') => {
    const us = calm.map((pair) => pair[kind].us);
    return `p50 ${percentile(us, 0.5).toFixed(0)}, p95 ${percentile(us, 0.95).toFixed(0)} us`;
  };
  console.log(`silero: ${calm.length} pairs of ${blockWindows} windows of 32 ms of speech`);
  console.log(`  plain TypeScript  ${usOf('plain')} per window`);
  console.log(`  WebAssembly SIMD  ${usOf('simd')} per window`);
  const quartiles = `${low.toFixed(3)} to ${high.toFixed(3)}`;
  console.log(`  ratio             ${middle.toFixed(3)}, half of the pairs ${quartiles}`);
}

function windowsOf(path: string): Float32Array[] {
  const { samples } = readWav(readFileSync(path));
  const sound = Float32Array.from(samples, (sample) => sample / 32_768);
  return Array.from({ length: Math.floor(sound.length / windowSamples) }, (_, n) =>
    sound.subarray(n * windowSamples, (n + 1) * windowSamples),
  );
}

function block(activity: VoiceActivity, part: readonly Float32Array[]): Block {
  const before = process.resourceUsage().involuntaryContextSwitches;
  const from = process.hrtime.bigint();
  for (const window of part) activity.probability(window);
  const us = Number(process.hrtime.bigint() - from) / 1000 / part.length;
  const { involuntaryContextSwitches } = process.resourceUsage();
  return { us, preempted: involuntaryContextSwitches > before };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
