import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  openRandomConversation,
  runConversation,
} from '#test/conversation/setup/random-conversation.ts';
import { plot } from '#test/conversation/setup/random-plots.ts';
import { fc } from '#test/properties.ts';

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
