import type { Pace } from '#test/fakes/providers/mock-settings.ts';
import { usualPace } from '#test/fakes/providers/providers.ts';
import type { ServerSetup, Spread } from './figures.ts';

/** One kind of conversation that is measured. */
export type BenchRow = ServerSetup & {
  readonly name: string;
  readonly microphone: 'gate' | 'release' | 'open';
  /** Target of the project. */
  readonly target: Partial<Spread>;
};

const usual = { microphone: 'gate', pace: usualPace, pipeline: 'chained' } as const;
const instantTokens: Pace = { ...usualPace, tokensPerSecond: Number.POSITIVE_INFINITY };
/** Time that the other microphones may add. */
const looserMs = 150;
const gateTarget = { p50: 440, p95: 520 };
const looser = { p50: gateTarget.p50 + looserMs, p95: gateTarget.p95 + looserMs };

export const gateRow: BenchRow = { name: 'gate', ...usual, target: gateTarget };

export const rows: readonly BenchRow[] = [
  gateRow,
  { ...usual, name: 'release', microphone: 'release', target: looser },
  { ...usual, name: 'open', microphone: 'open', target: looser },
  {
    ...usual,
    name: 'gate, instant tokens',
    pace: instantTokens,
    target: { p50: 380, p95: 450 },
  },
  {
    ...usual,
    name: 'gate, streaming recogniser',
    pipeline: 'chained, streaming recogniser',
    target: { p50: 400 },
  },
  { ...usual, name: 'gate, audio-model', pipeline: 'audio-model', target: {} },
  { ...usual, name: 'gate, realtime', pipeline: 'realtime', target: {} },
];
