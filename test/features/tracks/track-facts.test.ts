import { TrackFacts } from '#src/features/tracks/track-facts.ts';
import type { RoomFact } from '#src/ports/room-view.ts';
import type { TrackFact } from '#src/ports/track-fact.ts';
import { Band, makeSteady } from '#test/playback/tracks/band.ts';

function openFacts() {
  const band = new Band();
  const shown: (readonly TrackFact[])[] = [];
  const showFact = (fact: RoomFact) => {
    if (fact.kind === 'tracks') shown.push(fact.tracks);
  };
  const facts = new TrackFacts(
    band.tracks,
    { isWatched: true, show: showFact },
    band.clock,
  );
  return { band, facts, shown, findLast: () => shown.at(-1)?.[0] };
}

test('a page learns of a sound as it begins, and of each change at once', async () => {
  const { band, shown, findLast } = openFacts();
  band.enqueue('main', makeSteady(1000, 20_000));
  band.enqueue('main', makeSteady(1000, 20_000));
  await band.run(200);
  expect(findLast()).toMatchObject({
    name: 'main',
    isBusy: true,
    percent: 100,
    waiting: 1,
  });
  band.perform({ kind: 'volume', percent: 40 });
  await band.run(200);
  expect(findLast()).toMatchObject({ percent: 40, gainPercent: 40 });
  band.perform({ kind: 'mute' });
  await band.run(200);
  expect(findLast()).toMatchObject({ percent: 40, isMuted: true, gainPercent: 0 });
  expect(shown.at(-1)?.map(({ name }) => name)).toEqual(['main', 'voice']);
});

test('ducking is told at most ten times a second, and only while the gain changes', async () => {
  const { band, shown, findLast } = openFacts();
  band.enqueue('main', makeSteady(1000, 60_000));
  await band.run(2_000);
  const countBefore = shown.length;
  await band.run(5_000);
  expect(shown.length).toBe(countBefore);
  band.isSpeaking = true;
  await band.run(1_000);
  expect(findLast()?.gainPercent).toBe(20);
  band.isSpeaking = false;
  await band.run(1_000);
  expect(findLast()?.gainPercent).toBe(100);
  expect(shown.length - countBefore).toBeGreaterThan(2);
  expect(shown.length - countBefore).toBeLessThanOrEqual(10);
});

test('a sound of the library has its title, and words of people have none', async () => {
  const { band, findLast } = openFacts();
  const origin = { kind: 'library', name: 'rain' } as const;
  band.enqueue('main', { ...makeSteady(1000, 500), title: 'rain' }, { origin });
  await band.run(200);
  expect(findLast()?.title).toBe('rain');
  await band.run(1_000);
  band.enqueue('main', {
    ...makeSteady(1000, 5_000),
    title: 'a secret',
    isSpeech: true,
  });
  await band.run(200);
  expect(findLast()).toMatchObject({ isBusy: true, title: undefined });
});

test('nothing sounds once the session is over', async () => {
  const { band, facts, shown } = openFacts();
  band.enqueue('main', makeSteady(1000, 5_000));
  await band.run(200);
  facts.close();
  band.tracks.close();
  await band.run(200);
  expect(shown.at(-1)).toEqual([]);
});
