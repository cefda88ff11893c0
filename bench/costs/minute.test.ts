import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { costsOfMinute } from './minute.ts';

test('docs/pipelines.md says what a minute costs as npm run bench:costs prints it', async () => {
  const text = await readFile('docs/pipelines.md', 'utf8');
  for (const row of costsOfMinute()) expect(text).toContain(`| ${row.join(' | ')} |`);
});

test('each part of the price of a minute counts in its sum', () => {
  for (const row of costsOfMinute()) {
    const [hear = 0, think = 0, speak = 0, whole = 0] = row.slice(4).map(Number);
    expect(hear).toBeGreaterThan(0);
    expect(think).toBeGreaterThan(0);
    expect(Math.abs(hear + think + speak - whole)).toBeLessThan(0.0003);
  }
});
