import { expect, test } from 'vitest';
import { readClips, readScenarios } from '#bench/turns/clips.ts';
import { openWorkshop, playScenarios } from '#bench/turns/runs.ts';
import { detectors } from './detectors.ts';
import { halvesOf, readPieces, speakerOf } from './halves.ts';
import { momentsOf } from './moments.ts';
import { silencesOf } from './silences.ts';

const workshop = await openWorkshop();
const scenarios = await readScenarios();

test('what is known at an instant depends on nothing that comes later', async () => {
  const [sound] = await playScenarios(
    scenarios.filter(({ id }) => id === 'inner-m4'),
    workshop,
  );
  if (!sound) throw new Error('There is no such scene.');
  const [hold] = silencesOf(sound.stretches, sound.lengthMs);
  const untilMs = Math.floor(((hold?.fromMs ?? 0) + 300) / 20) * 20;
  const whole = momentsOf(sound, workshop);
  const cut = { ...sound, lengthMs: untilMs };
  const packets = sound.packets.filter(({ atMs }) => atMs <= untilMs);
  const known = momentsOf({ ...cut, packets }, workshop);
  expect(known.length).toBe(untilMs / 20);
  expect(whole.slice(0, known.length)).toEqual(known);
  for (const { score } of detectors) {
    expect(whole.slice(0, known.length).map(score)).toEqual(known.map(score));
  }
  expect(known.at(-1)?.signs.reading).toBeDefined();
});

test('no speaker and no clause is in both halves', async () => {
  const [clips, pieces] = await Promise.all([readClips(), readPieces()]);
  const halves = halvesOf(scenarios, clips, pieces);
  const of = (half: string) => scenarios.filter(({ id }) => halves.get(id) === half);
  const clauses = (half: string) =>
    of(half).flatMap(({ clips: ids }) => ids.map((id) => clips.get(id)?.say.replace(/\W/g, '')));
  const speakers = (half: string) => of(half).map((scenario) => speakerOf(scenario, pieces));
  const both = (all: (half: string) => readonly unknown[]) => {
    const heldOut = new Set(all('held-out'));
    return all('tuning').filter((one) => heldOut.has(one));
  };
  expect(both(clauses)).toEqual([]);
  expect(both(speakers)).toEqual([]);
  expect(of('tuning').length).toBeGreaterThanOrEqual(100);
  expect(of('held-out').length).toBeGreaterThanOrEqual(79);
});
