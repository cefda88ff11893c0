import { usualPace } from '#test/fakes/providers/mock-providers.ts';
import type { ProviderPace } from '#test/fakes/providers/mock-settings.ts';
import type { BenchServers, Spread } from './turn-figures.ts';

/** One kind of conversation that is measured. */
export type BenchRow = BenchServers & {
  readonly name: string;
  readonly microphone: 'gate' | 'release' | 'open';
  /** Target of the project. */
  readonly target: Partial<Spread>;
};

const usualRow = { microphone: 'gate', pace: usualPace, pipeline: 'chained' } as const;
const instantTokens: ProviderPace = {
  ...usualPace,
  tokensPerSecond: Number.POSITIVE_INFINITY,
};
/** Time that the other microphones may add. */
const otherMicrophoneMs = 150;
const gateTarget = { p50: 440, p95: 520 };
const looserTarget = {
  p50: gateTarget.p50 + otherMicrophoneMs,
  p95: gateTarget.p95 + otherMicrophoneMs,
};

export const gateRow: BenchRow = { name: 'gate', ...usualRow, target: gateTarget };

export const benchRows: readonly BenchRow[] = [
  gateRow,
  { ...usualRow, name: 'release', microphone: 'release', target: looserTarget },
  { ...usualRow, name: 'open', microphone: 'open', target: looserTarget },
  {
    ...usualRow,
    name: 'gate, instant tokens',
    pace: instantTokens,
    target: { p50: 380, p95: 450 },
  },
  {
    ...usualRow,
    name: 'gate, streaming recogniser',
    pipeline: 'chained, streaming recogniser',
    target: { p50: 400 },
  },
  { ...usualRow, name: 'gate, audio-model', pipeline: 'audio-model', target: {} },
  { ...usualRow, name: 'gate, realtime', pipeline: 'realtime', target: {} },
];
