import type { SoundSource } from '#src/audio/sound-source.ts';
import { BotError } from '#src/base/errors.ts';
import { Band, dyingSamples, findStuck, makeSteady, ScriptedSource } from './band.ts';

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
