import { usualPace } from '#test/fakes/providers/mock-providers.ts';
import type { ProviderPace } from '#test/fakes/providers/mock-settings.ts';
import type { BenchServers } from './turn-figures.ts';

/** One kind of conversation that is measured. */
export type BenchRow = BenchServers & {
  readonly name: string;
  readonly microphone: 'gate' | 'release' | 'open';
};

const usualRow = { microphone: 'gate', pace: usualPace, pipeline: 'chained' } as const;
const instantTokens: ProviderPace = {
  ...usualPace,
  tokensPerSecond: Number.POSITIVE_INFINITY,
};
/** The row that a saved result compares. */
export const gateRow: BenchRow = { ...usualRow, name: 'gate' };

/** All rows, in the order of the report. */
export const benchRows: readonly BenchRow[] = [
  gateRow,
  { ...usualRow, name: 'release', microphone: 'release' },
  { ...usualRow, name: 'open', microphone: 'open' },
  { ...usualRow, name: 'gate, instant tokens', pace: instantTokens },
  {
    ...usualRow,
    name: 'gate, streaming recogniser',
    pipeline: 'chained, streaming recogniser',
  },
  { ...usualRow, name: 'gate, audio-model', pipeline: 'audio-model' },
  { ...usualRow, name: 'gate, realtime', pipeline: 'realtime' },
];
