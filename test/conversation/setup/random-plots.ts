import { fc } from '#test/properties.ts';
import type { Mood } from './flaky-engines.ts';
import type { Plot } from './random-conversation.ts';
import type { CrowdAct, Network } from './random-crowd.ts';

export const talk = fc.record({
  kind: fc.constant('talk' as const),
  ms: fc.oneof(fc.integer({ min: 20, max: 400 }), fc.integer({ min: 400, max: 2_500 })),
  frames: fc.constantFrom(5, 5, 5, 0, 2),
});
export const pause = fc.record({
  kind: fc.constant('pause' as const),
  ms: fc.oneof(fc.integer({ min: 60, max: 900 }), fc.integer({ min: 900, max: 4_000 })),
});
const action = fc.record({ kind: fc.constantFrom('no', 'yes', 'go', 'come') });
export const act: fc.Arbitrary<CrowdAct> = fc.oneof(
  { weight: 6, arbitrary: talk },
  { weight: 4, arbitrary: pause },
  { weight: 1, arbitrary: action },
);
const script = fc.array(act, { minLength: 2, maxLength: 10 });
const mood: fc.Arbitrary<Mood> = fc.record({
  tookMs: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 3_000 })),
  end: fc.constantFrom('fine', 'fine', 'fine', 'fine', 'empty', 'error'),
});
const moods = fc.array(mood, { minLength: 1, maxLength: 5 });
const network: fc.Arbitrary<Network> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  lost: fc.constantFrom(0, 0, 0.05, 0.3),
  doubled: fc.constantFrom(0, 0.1),
  late: fc.constantFrom(0, 0.1, 0.3),
});
/** An afternoon with one to three people. */
export const plot: fc.Arbitrary<Plot> = fc.record({
  scripts: fc.array(script, { minLength: 1, maxLength: 3 }),
  network,
  recogniser: moods,
  model: moods,
  voice: moods,
  listens: fc.boolean(),
  addressing: fc.constantFrom('always', 'always', 'auto'),
  lostAtMs: fc.oneof(
    fc.constant(undefined),
    fc.constant(undefined),
    fc.integer({ min: 500, max: 8_000 }),
  ),
});
