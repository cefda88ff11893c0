import type { SoundSource } from '#src/audio/sound-source.ts';
import { BotError } from '#src/base/errors.ts';
import { normaliseTrackName, toTrackKey } from '#src/playback/tracks/named-track.ts';
import { maxTrackSounds } from '#src/playback/tracks/named-tracks.ts';
import { makeSourceFromPcm } from '#test/fakes/made-source.ts';
import { waitUntilSettled } from '#test/fakes/virtual-clock.ts';
import { Band, dyingSamples, findStuck, makeSteady, ScriptedSource } from './band.ts';

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

test('all tracks take 100 items together; one more is refused, and nothing is lost', async () => {
  const band = new Band();
  const items = Array.from({ length: maxTrackSounds }, (_, n) =>
    band.play(n % 2 === 0 ? 'main' : 'bg', makeSteady(1, 20)),
  );
  const full = { kind: 'full', limit: 100 };
  expect(band.enqueue('main', makeSteady(1, 20))).toEqual(full);
  expect(band.enqueue('more', makeSteady(1, 20))).toEqual(full);
  expect(band.enqueue('bg', makeSteady(1, 20), { isNext: true })).toEqual(full);
  await band.run(2500);
  for (const item of items) expect(band.endOf(item)).toEqual('completed');
});

test.each(['', ' ', 'a'.repeat(41), '..'])('a track cannot be called %j', (name) =>
  expect(new Band().enqueue(name, makeSteady(1, 20))).toEqual({
    kind: 'bad-name',
  }),
);

test.each(['a', 'a'.repeat(40), 'Café 9', '雨', 'नमस्ते', 'Straße', '💥', '@everyone'])(
  'a track can be called %s',
  (name) => {
    const band = new Band();
    const { tracks } = band;
    expect(band.enqueue(name, makeSteady(1, 20)).kind).toBe('playing');
    expect(tracks.findTrack(name.toUpperCase())).toBe(tracks.findTrack(name));
    expect(band.enqueue(name.toLowerCase(), makeSteady(1, 20)).kind).toBe('added');
    expect(tracks.listTracks().map((track) => track.name)).toEqual([name]);
  },
);

test('100 names are known; one more takes the place of one that is idle', async () => {
  const band = new Band();
  for (let n = 0; n < maxTrackSounds; n++)
    band.enqueue(`t${n}`, makeSteady(1, n === 3 ? 20 : 5000));
  await band.run(60);
  expect(band.enqueue('more', makeSteady(1, 20)).kind).toBe('playing');
  expect(band.tracks.findTrack('t3')).toBeUndefined();
  expect(band.tracks.listTracks()).toHaveLength(100);
});

test('a volume is kept between 0 and 200', () => {
  const band = new Band();
  const { tracks } = band;
  band.enqueue('main', makeSteady(1, 20));
  const volumes = [50, 250, -3, 70].map((percent) => {
    tracks.findTrack('main')?.perform({ kind: 'volume', percent });
    return tracks.findTrack('main')?.state.percent;
  });
  expect(volumes).toEqual([50, 200, 0, 70]);
});

const family = '👨‍👩‍👧‍👦';

test.each([
  ['  Rainy \t\r\n Day\u2028', 'Rainy Day'],
  ['a\u3000\u00a0b', 'a b'],
  ['Cafe\u0301', 'Café'],
  ['\u202enoisy\u200b\ufeff\u0000\u001b[31m', 'noisy[31m'],
  ['\ud800', '\ufffd'],
  [`${family} ❤️`, `${family} ❤️`],
  ['می\u200cخواهم', 'می\u200cخواهم'],
  ['<@1> **b** @everyone', '<@1> **b** @everyone'],
  [' Voice', 'voice'],
  ['A\u200bLL', 'all'],
])('a track called %j is shown as %j', (typed, shownText) => {
  expect(normaliseTrackName(typed)).toBe(shownText);
  expect(normaliseTrackName(shownText)).toBe(shownText);
});

test.each([
  ['rain', 'rain 2'],
  ['ab', 'a b'],
  ['ısı', 'isi'],
  ['雨', '雪'],
  ['e', 'é'],
])('%j and %j are two tracks', (text, otherText) => {
  expect(toTrackKey(text)).not.toBe(toTrackKey(otherText));
});

test('letters that Unicode folds to one are one letter in a name, in each of its 1.1 million places', () => {
  const apart: string[] = [];
  for (let index = 0; index < 0x11_00_00; index++) {
    const letter = String.fromCodePoint(index);
    const cases = [letter.toLowerCase(), letter.toUpperCase()].filter(
      (otherText) => otherText !== letter,
    );
    // With the flags i and u, ECMAScript compares by the simple case folding of Unicode.
    const isOne = (otherText: string) =>
      new RegExp(`^\\u{${index.toString(16)}}$`, 'iu').test(otherText);
    if (
      cases.some(
        (otherCase) => isOne(otherCase) && toTrackKey(letter) !== toTrackKey(otherCase),
      )
    )
      apart.push(letter);
  }
  expect(apart).toEqual([]);
});

test('a source that stops sending is given up once its sound has been played', async () => {
  const band = new Band();
  const item = band.play('main', findStuck(...Array(30).fill(1000)));
  await band.run(8200);
  expect(band.endOf(item)).toMatchObject({ code: 'source.unreachable' });
  expect(band.heard.filter((sample) => sample !== 0).length).toBe(
    600 * 48 + dyingSamples,
  );
});

test('sound that comes late leaves a gap, which is reported, and never ends its item', async () => {
  const band = new Band();
  const tap = new ScriptedSource();
  tap.give(1000, 500);
  const item = band.play('main', tap);
  await band.run(1000);
  expect(band.level).toBe(0);
  tap.give(1000, 300);
  await band.run(100);
  expect(band.level).toBe(0);
  tap.give(1000, 200);
  await band.run(100);
  expect(band.level).toBe(1000);
  tap.end();
  await band.run(1000);
  expect(band.endOf(item)).toEqual('completed');
});

test('a source that breaks is opened again where it was, until it gives nothing more', async () => {
  const band = new Band();
  const whole = makeSteady(1000, 900);
  const openedMs: number[] = [];
  const source: SoundSource = {
    ...whole,
    async *open(fromMs, signal) {
      openedMs.push(fromMs);
      let ms = 0;
      for await (const pcm of whole.open(fromMs, signal)) {
        if (ms >= 400 || fromMs >= 800)
          throw new BotError('source.unreachable', true, 'The connection broke.');
        ms += 100;
        yield pcm;
      }
    },
  };
  const item = band.play('main', source);
  await band.run(2_000);
  expect(openedMs).toEqual([0, 400, 800]);
  expect(band.endOf(item)).toMatchObject({ code: 'source.unreachable' });
  expect(band.heard.filter((sample) => sample !== 0)).toHaveLength(
    800 * 48 + dyingSamples,
  );
});

test('a source that breaks after each piece rests longer each time, and is given up', async () => {
  const band = new Band();
  const whole = makeSteady(1000, 60_000);
  const openedAtMs: number[] = [];
  const source: SoundSource = {
    ...whole,
    async *open(fromMs, signal) {
      openedAtMs.push(band.clock.nowMs());
      for await (const pcm of whole.open(fromMs, signal)) {
        yield pcm;
        throw new BotError('source.unreachable', true, 'The connection broke.');
      }
    },
  };
  const item = band.play('main', source);
  await band.run(30_000);
  expect(band.endOf(item)).toMatchObject({ code: 'source.unreachable' });
  const rests = openedAtMs.slice(1).map((atMs, n) => atMs - (openedAtMs[n] ?? 0));
  expect(rests).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000]);
});

test('a place behind the end is refused with the length, one within it is gone to', async () => {
  const band = new Band();
  const item = band.play('main', makeSteady(1000, 5000));
  const main = band.tracks.findTrack('main');
  await band.run(100);
  const seekTo = (ms: number) =>
    main?.perform({ kind: 'seek', to: { kind: 'at', ms } });
  expect(seekTo(5000)).toMatchObject({ kind: 'past-end', lengthMs: 5000 });
  expect(seekTo(4000)).toMatchObject({ kind: 'changed' });
  expect(main?.items[0]).toMatchObject({ positionMs: 4000 });
  await band.run(500);
  expect(item.positionMs).toBe(4500);
  expect(seekTo(-7)).toMatchObject({ kind: 'changed' });
  expect(item.positionMs).toBe(0);
  await band.run(5100);
  expect(band.endOf(item)).toEqual('completed');
  expect(seekTo(0)).toMatchObject({ kind: 'empty' });
});

test('an item that loops sounds without a gap until it is told to end', async () => {
  const band = new Band();
  const item = band.play('main', makeSteady(1000, 510), { isLooping: true });
  await band.run(3000);
  expect(band.heard.slice(240).every((sample) => sample === 1000)).toBe(true);
  expect(item.positionMs).toBeLessThan(510);
  const main = band.tracks.findTrack('main');
  expect(main?.perform({ kind: 'loop', on: false })).toMatchObject({ kind: 'changed' });
  await band.run(600);
  expect(band.endOf(item)).toEqual('completed');
  expect(band.heard.filter((sample) => sample !== 0)).toHaveLength(
    6 * 510 * 48 + dyingSamples,
  );
});

test('a loop of nothing ends, also where it is moved', async () => {
  const band = new Band();
  const none = { title: 'none', isSeekable: true, async *open() {} };
  const item = band.play('main', none, { isLooping: true, fromMs: 1_000 });
  await band.run(500);
  expect(band.endOf(item)).toBe('completed');
});

test('all tracks pause together, and a track that was paused before stays paused afterwards', async () => {
  const band = new Band();
  band.enqueue('a', makeSteady(1000, 5000));
  band.enqueue('b', makeSteady(500, 5000));
  await band.run(60);
  band.perform({ kind: 'pause' }, 'b');
  band.tracks.pause(true);
  await band.run(60);
  expect(band.level).toBe(0);
  band.enqueue('c', makeSteady(200, 5000));
  await band.run(60);
  expect(band.level).toBe(0);
  band.tracks.pause(false);
  await band.run(60);
  expect(band.level).toBe(1200);
});

test('skipping an item lets go of its source at once, even one that does not listen', async () => {
  const band = new Band();
  const [tap, deaf] = [new ScriptedSource(), findStuck(1000)];
  const items = [tap, deaf, deaf].map((source) => band.play('main', source));
  tap.give(1000, 500);
  await band.run(60);
  for (const item of items) {
    band.perform({ kind: 'skip' });
    expect(band.endOf(item)).toEqual('cancelled');
    await band.run(40);
  }
  await waitUntilSettled();
  expect(tap.closed).toBe(true);
  expect(band.tracks.findTrack('main')?.items[0]).toBeUndefined();
});
