import { BotError } from '#src/base/errors.ts';
import { makeSourceFromPcm } from '#test/fakes/made-source.ts';
import { waitUntilSettled } from '#test/fakes/virtual-clock.ts';
import { Band, makeSteady, ScriptedSource } from './band.ts';

test.each([
  ['before its first sound', 0],
  ['after it', 500],
])(
  'a source that throws %s is skipped with its reason, and the queue goes on',
  async (_, ms) => {
    const band = new Band();
    const reported: unknown[] = [];
    band.tracks.listen((event) => {
      if (event.kind !== 'began') reported.push([event.track, event.error]);
    });
    const tap = new ScriptedSource();
    const error = new BotError('source.unreachable', true, 'The link is gone.');
    if (ms > 0) tap.give(1000, ms);
    tap.fail(error);
    const item = band.play('main', tap);
    band.enqueue('main', makeSteady(2000, 1000));
    band.enqueue('other', makeSteady(100, 5000));
    await band.run(ms + 200);
    expect(band.level).toBe(2100);
    expect(band.endOf(item)).toBe(error);
    expect(reported).toEqual([['main', error]]);
  },
);

test('closed tracks let go of everything, and nothing can be played afterwards', async () => {
  const band = new Band();
  const tap = new ScriptedSource();
  tap.give(1000, 100);
  const items = [tap, makeSteady(1, 100)].map((source) => band.play('main', source));
  await band.run(60);
  band.tracks.close();
  await waitUntilSettled();
  expect(tap.closed).toBe(true);
  for (const item of items) expect(band.endOf(item)).toEqual('cancelled');
  expect(band.enqueue('main', makeSteady(1, 100))).toEqual({ kind: 'nowhere' });
});

test.each([
  [8000, 1],
  [16_000, 2],
  [22_050, 1],
  [44_100, 2],
  [96_000, 2],
] as const)(
  '%i Hz with %i channels plays at its own speed',
  async (rateHz, channels) => {
    const band = new Band();
    const samples = new Int16Array(rateHz * channels).fill(1000);
    const item = band.play(
      'main',
      makeSourceFromPcm('other', { samples, rateHz, channels }),
    );
    await band.run(1100);
    expect(band.endOf(item)).toEqual('completed');
    expect(item.positionMs).toBeCloseTo(1000, 0);
    expect(band.frames[25]?.[960]).toBeCloseTo(1000, -1);
    expect(band.frames[25]?.[961]).toBeCloseTo(1000, -1);
  },
);

test('sides of a stereo sound stay where they are, through a change of rate too', async () => {
  const band = new Band();
  const samples = Int16Array.from({ length: 2 * 44_100 }, (_, n) =>
    n % 2 === 0 ? 1000 : -400,
  );
  band.enqueue(
    'main',
    makeSourceFromPcm('sides', { samples, rateHz: 44_100, channels: 2 }),
  );
  await band.run(500);
  expect(band.frames[20]?.[960]).toBeCloseTo(1000, -1);
  expect(band.frames[20]?.[961]).toBeCloseTo(-400, -1);
});
