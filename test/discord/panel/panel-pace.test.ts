import { expect, test } from 'vitest';
import { PanelPace } from '#src/discord/panel/panel-pace.ts';

/** Every panel is edited as often as its pace allows; the edits of each second, by second. */
function editsOf(panels: number, requestsASecond: number, seconds: number): readonly number[] {
  const pace = new PanelPace(requestsASecond);
  const dueAtMs = new Map(Array.from({ length: panels }, (_, n) => [`${n}`, n * 10]));
  return Array.from({ length: seconds }, (_, second) => {
    let edits = 0;
    for (let atMs = second * 1_000; atMs < (second + 1) * 1_000; atMs += 10) {
      for (const [id, due] of dueAtMs) {
        if (due > atMs) continue;
        edits++;
        dueAtMs.set(id, atMs + pace.edited(id, atMs));
      }
    }
    return edits;
  });
}

test('few panels are edited every 1.2 s, however many shards share the requests', () => {
  expect(new PanelPace(50).edited('a', 0)).toBe(1_200);
  expect(new PanelPace(3).edited('a', 0)).toBe(1_200);
});

test('two hundred panels that change all the time leave half of the requests to everything else', () => {
  const edits = editsOf(200, 50, 60).slice(20);
  expect(Math.max(...edits)).toBeLessThanOrEqual(50);
  const perSecond = edits.reduce((sum, count) => sum + count, 0) / edits.length;
  expect(perSecond).toBeGreaterThan(20);
  expect(perSecond).toBeLessThanOrEqual(26);
});

test('panels that have been calm for a minute slow nobody down', () => {
  const pace = new PanelPace(50);
  for (let n = 0; n < 100; n++) pace.edited(`${n}`, 0);
  expect(pace.edited('a', 1_000)).toBeGreaterThan(4_000);
  expect(pace.edited('a', 61_001)).toBe(1_200);
});
