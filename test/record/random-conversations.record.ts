import { mkdirSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  openRandomConversation,
  type Plot,
  runConversation,
} from '#test/conversation/setup/random-conversation.ts';
import type { CrowdAct } from '#test/conversation/setup/random-crowd.ts';

const act = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('talk' as const),
      ms: fc.oneof(fc.integer({ min: 20, max: 400 }), fc.integer({ min: 400, max: 2_500 })),
      frames: fc.constantFrom(5, 5, 5, 0, 2),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('pause' as const),
      ms: fc.oneof(fc.integer({ min: 60, max: 900 }), fc.integer({ min: 900, max: 4_000 })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('no', 'yes', 'go', 'come') }) },
) as fc.Arbitrary<CrowdAct>;
const mood = fc.record({
  tookMs: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 3_000 })),
  end: fc.constantFrom('fine', 'fine', 'fine', 'fine', 'empty', 'error'),
});
const moods = fc.array(mood, { minLength: 1, maxLength: 5 });
const plot = fc.record({
  scripts: fc.array(fc.array(act, { minLength: 2, maxLength: 10 }), { minLength: 1, maxLength: 3 }),
  network: fc.record({
    seed: fc.integer({ min: 1, max: 1_000_000 }),
    lost: fc.constantFrom(0, 0, 0.05, 0.3),
    doubled: fc.constantFrom(0, 0.1),
    late: fc.constantFrom(0, 0.1, 0.3),
  }),
  recogniser: moods,
  model: moods,
  voice: moods,
  listens: fc.boolean(),
  addressing: fc.constantFrom('always', 'always', 'auto'),
  lostAtMs: fc.constantFrom(undefined, undefined, 600, 1_500, 3_000, 7_000),
}) as fc.Arbitrary<Plot>;

test('200 random conversations', { timeout: 1_200_000 }, async () => {
  const folder = `${process.env.RECORD_DIR}/conversations`;
  mkdirSync(folder, { recursive: true });
  const plots = fc.sample(plot, { numRuns: 200, seed: 7 });
  for (const [n, one] of plots.entries()) {
    const conversation = openRandomConversation(one);
    await runConversation(conversation);
    await conversation.fixture.sessions.leave('g');
    const lines = [
      ...conversation.happened.map(({ atMs, event }) => [
        Math.round(atMs),
        JSON.stringify(event, (key, value) => (key === 'cause' ? String(value) : value)),
      ]),
      ...conversation.sounded.map(({ firstMs, lastMs, text }) => ['sound', firstMs, lastMs, text]),
      ...conversation.model.asked.map(({ atMs, messages }) => [
        'asked',
        atMs,
        JSON.stringify(messages),
      ]),
    ];
    writeFileSync(
      `${folder}/${String(n).padStart(3, '0')}.txt`,
      lines.map((line) => line.join('\t')).join('\n'),
    );
  }
  expect(plots).toHaveLength(200);
});
