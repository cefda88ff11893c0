import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { clipPath, readReadings, unpack } from '#bench/turns/clips.ts';
import { readingScenarios } from '#bench/turns/silences/more-scenarios.ts';

test('every word of a reading lies where its reader sounds, in order, up to the last sound', async () => {
  for (const { id, words, stretches = [] } of await readReadings()) {
    let lastMs = 0;
    for (const [text, fromMs, toMs] of words) {
      expect(fromMs, `${id}: ${text}`).toBeGreaterThanOrEqual(lastMs);
      expect(toMs, `${id}: ${text}`).toBeGreaterThan(fromMs);
      lastMs = toMs;
    }
    expect(lastMs, id).toBe(stretches.at(-1)?.[1]);
    const packets = unpack(await readFile(clipPath(id)));
    expect(packets.length * 20, id).toBeGreaterThan(lastMs);
  }
});

test('a scenario of readings is a whole sentence, and every reading is in one', async () => {
  const { scenarios, clips } = await readingScenarios();
  for (const { id, clips: ids, pausesMs } of scenarios) {
    expect(clips.get(ids.at(-1) ?? '')?.say, id).toMatch(/[.?!]$/);
    expect(pausesMs.length, id).toBe(ids.length - 1);
  }
  expect(scenarios.flatMap(({ clips: ids }) => ids)).toEqual([...clips.keys()]);
  expect(new Set(scenarios.map(({ language }) => language))).toEqual(new Set(['en', 'es']));
});
