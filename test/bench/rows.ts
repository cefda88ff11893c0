import { type Pace, usualPace } from '#test/fakes/providers.ts';
import type { Spread } from './figures.ts';

/** One kind of conversation that is measured. */
export type Row = {
  readonly name: string;
  readonly microphone: 'gate' | 'release' | 'open';
  readonly pace: Pace;
  /** The recogniser gives its text while somebody speaks, not a while after they have. */
  readonly streams: boolean;
  /** What the project wants to hold. */
  readonly target: Partial<Spread>;
};

const usual = { microphone: 'gate', pace: usualPace, streams: false } as const;
const instantTokens: Pace = { ...usualPace, tokensPerSecond: Number.POSITIVE_INFINITY };
/** What the other microphones may cost more. */
const looserMs = 150;
const gateTarget = { p50: 440, p95: 520 };
const looser = { p50: gateTarget.p50 + looserMs, p95: gateTarget.p95 + looserMs };

export const gateRow: Row = { name: 'gate', ...usual, target: gateTarget };

export const rows: readonly Row[] = [
  gateRow,
  { ...usual, name: 'release', microphone: 'release', target: looser },
  { ...usual, name: 'open', microphone: 'open', target: looser },
  {
    ...usual,
    name: 'gate, instant tokens',
    pace: instantTokens,
    target: { p50: 380, p95: 450 },
  },
];
