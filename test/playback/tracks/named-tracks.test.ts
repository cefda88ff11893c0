import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { MusicLimiter } from '#src/playback/mix/music-limiter.ts';
import type { TrackItem } from '#src/playback/tracks/track-item.ts';
import { settled } from '#test/fakes/clock.ts';
import { fromIterable, fromPcm } from '#test/fakes/made-source.ts';
import { Band, itemOf, rate, ScriptedSource, steady } from './band.ts';

const stereo = { rateHz: rate, channels: 2 } as const;

/** `ms` of one level, as bytes. */
function bytes(value: number, ms: number): Uint8Array {
  return new Uint8Array(new Int16Array(96 * ms).fill(value).buffer);
}

test.each([
  [100, 1000],
  [0, 0],
  [150, 1500],
])('a track alone at %i %% is that loud', async (percent, level) => {
  const band = new Band();
  band.tracks.enqueue('main', steady(1000, 1000));
  band.tracks.track('main')?.volume(percent);
  await band.run(100);
  expect(band.level).toBeCloseTo(level, 0);
});

test('a silent track takes nothing from another, and all at 0 % is silence', async () => {
  const band = new Band();
  band.tracks.enqueue('a', steady(1000, 2000));
  band.tracks.enqueue('b', steady(0, 2000));
  band.tracks.enqueue('c', steady(500, 2000));
  band.tracks.track('c')?.volume(0);
  await band.run(100);
  expect(band.level).toBe(1000);
  band.tracks.track('a')?.volume(0);
  band.tracks.track('b')?.volume(0);
  await band.run(100);
  expect(band.level).toBe(0);
});

test('two loud tracks are turned down together, never wrapped', async () => {
  const band = new Band();
  const limiter = new MusicLimiter();
  band.tracks.enqueue('a', steady(30_000, 2000));
  band.tracks.enqueue('b', steady(30_000, 2000));
  band.tracks.track('a')?.volume(150);
  for (let n = 0; n < 20; n++) {
    const frame = await band.step();
    const out = limiter.limit(frame ?? new Float32Array(1920));
    expect(Math.min(...out)).toBeGreaterThanOrEqual(0);
    if (n > 1) expect(out[960]).toBeGreaterThan(30_000);
  }
});

test('during a pause of 10 s the source is not asked and nothing is computed', async () => {
  const band = new Band();
  const tap = new ScriptedSource();
  for (let n = 0; n < 300; n++) tap.give(1000, 20);
  const item = itemOf(band.tracks.enqueue('main', tap));
  await band.run(400);
  band.tracks.pause();
  await band.run(60);
  const [{ asked }, { positionMs }] = [tap, item];
  await band.run(10_000);
  expect([tap.asked, item.positionMs]).toEqual([asked, positionMs]);
  expect(band.clock.sleeping).toBe(0);
  band.tracks.resume();
  await band.run(100);
  expect(band.level).toBe(1000);
});

test('a muted track goes on in silence', async () => {
  const band = new Band();
  const item = itemOf(band.tracks.enqueue('main', steady(1000, 1000)));
  await band.run(100);
  band.tracks.track('main')?.mute();
  await band.run(500);
  expect(await band.step()).toBeUndefined();
  expect(item.positionMs).toBe(620);
  band.tracks.track('main')?.unmute();
  await band.run(40);
  expect(band.level).toBe(1000);
});

test.each([1, 3, 7, 1001])('chunks of %i bytes are put together', async (size) => {
  const band = new Band();
  const all = bytes(1000, 100);
  const chunks = Array.from({ length: Math.ceil(all.length / size) }, (_, n) =>
    all.slice(n * size, (n + 1) * size),
  );
  const item = itemOf(band.tracks.enqueue('main', fromIterable('odd', chunks, stereo)));
  for (let n = 0; n < 50; n++) await settled();
  await band.run(200);
  expect(await item.ended).toEqual({ reason: 'completed' });
  expect(band.heard.filter((sample) => sample === 1000).length).toBeGreaterThan(85 * 48);
  expect(new Set(band.heard.filter((sample) => sample > 1000)).size).toBe(0);
});

async function* made(...pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

function* madeAtOnce(...pieces: Uint8Array[]): Generator<Uint8Array> {
  yield* pieces;
}

test.each([
  ['array', (...pieces: Uint8Array[]) => pieces],
  ['generator', madeAtOnce],
  ['async generator', made],
])('an %s of no chunks is empty, of one chunk sounds from its first sample', async (_, of) => {
  const band = new Band();
  const none = itemOf(band.tracks.enqueue('none', fromIterable('none', of(), stereo)));
  const one = itemOf(band.tracks.enqueue('one', fromIterable('one', of(bytes(1000, 20)), stereo)));
  await band.run(100);
  expect(await none.ended).toEqual({ reason: 'empty' });
  expect(await one.ended).toEqual({ reason: 'completed' });
  expect(band.heard.filter((sample) => sample !== 0)).toHaveLength(960);
});

test.each([
  ['before its first sound', 0, 'failed'],
  ['after it', 500, 'truncated'],
])(
  'a source that throws %s is skipped with its reason, and the queue goes on',
  async (_, ms, reason) => {
    const band = new Band();
    const reported: unknown[] = [];
    band.tracks.listen((event) => {
      if (event.kind === 'ended') reported.push([event.track, event.ended]);
    });
    const tap = new ScriptedSource();
    const error = new BotError('source.unreachable', true, 'The link is gone.');
    if (ms > 0) tap.give(1000, ms);
    tap.fail(error);
    const item = itemOf(band.tracks.enqueue('main', tap));
    band.tracks.enqueue('main', steady(2000, 1000));
    band.tracks.enqueue('other', steady(100, 5000));
    await band.run(ms + 200);
    expect(band.level).toBe(2100);
    expect(await item.ended).toEqual({ reason, error });
    expect(reported).toEqual([['main', { reason, error }]]);
  },
);

test('a source that throws what is no error of ours ends its item only', async () => {
  const band = new Band();
  const tap = new ScriptedSource();
  tap.fail(new TypeError('a bug'));
  const item = itemOf(band.tracks.enqueue('main', tap));
  await band.run(40);
  expect(await item.ended).toMatchObject({ reason: 'failed', error: { code: 'source.broken' } });
});

test('leaving the scope closes everything, and nothing can be played afterwards', async () => {
  const band = new Band();
  const tap = new ScriptedSource();
  tap.give(1000, 100);
  const items: TrackItem[] = [];
  {
    await using tracks = band.tracks;
    items.push(itemOf(tracks.enqueue('main', tap)), itemOf(tracks.enqueue('main', steady(1, 100))));
    await band.run(60);
  }
  await settled();
  expect(tap.closed).toBe(true);
  for (const item of items) expect(await item.ended).toEqual({ reason: 'closed' });
  expect(band.tracks.enqueue('main', steady(1, 100))).toEqual({ kind: 'closed' });
});

test.each([
  [8000, 1],
  [16_000, 2],
  [22_050, 1],
  [44_100, 2],
  [96_000, 2],
] as const)('%i Hz with %i channels plays at its own speed', async (rateHz, channels) => {
  const band = new Band();
  const samples = new Int16Array(rateHz * channels).fill(1000);
  const item = itemOf(band.tracks.enqueue('main', fromPcm('other', { samples, rateHz, channels })));
  await band.run(1100);
  expect(await item.ended).toEqual({ reason: 'completed' });
  expect(item.positionMs).toBeCloseTo(1000, 0);
  expect(band.frames[25]?.[960]).toBeCloseTo(1000, -1);
  expect(band.frames[25]?.[961]).toBeCloseTo(1000, -1);
});

test('sides of a stereo sound stay where they are, through a change of rate too', async () => {
  const band = new Band();
  const samples = Int16Array.from({ length: 2 * 44_100 }, (_, n) => (n % 2 === 0 ? 1000 : -400));
  band.tracks.enqueue('main', fromPcm('sides', { samples, rateHz: 44_100, channels: 2 }));
  await band.run(500);
  expect(band.frames[20]?.[960]).toBeCloseTo(1000, -1);
  expect(band.frames[20]?.[961]).toBeCloseTo(-400, -1);
});
