import { listenRateHz } from '#src/audio/pcm.ts';
import { noGuild } from '#src/base/ids.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { BoundedTurnModel, SmartTurnModel } from '#src/speech/local/turn-model.ts';
import { readSpeech } from '#test/audio/recorded-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import manifest from '#test/fixtures/speech/manifest.json' with { type: 'json' };

const staying = new AbortController().signal;

test('Smart Turn hears that a sentence is over, and that half of it is not', async () => {
  await using models = new LocalModels();
  const failures: string[] = [];
  const model = new SmartTurnModel(models, (why) => failures.push(why));
  const { samples } = readSpeech('human-something');
  const whole = await model.judge({ guildId: noGuild, samples }, staying);
  const half = await model.judge(
    { guildId: noGuild, samples: samples.subarray(0, samples.length / 2) },
    staying,
  );
  expect(whole).toBeGreaterThan(0.8);
  expect(half).toBeLessThan(-0.8);
  expect(failures).toEqual([]);
});

test('silence that is merged before short sound turns few judgements', async () => {
  await using models = new LocalModels();
  const model = new SmartTurnModel(models, expect.unreachable);
  const turned: string[] = [];
  for (const { file } of manifest) {
    const { samples } = readSpeech(file.replace('.wav', ''));
    const after = new Int16Array(8 * 16_000);
    const sound = samples.subarray(-after.length);
    after.set(sound, after.length - sound.length);
    const [short = 0, long = 0] = [
      await model.judge({ guildId: noGuild, samples: sound }, staying),
      await model.judge({ guildId: noGuild, samples: after }, staying),
    ];
    if (short > 0 !== long > 0) turned.push(file);
  }
  expect(turned.length).toBeLessThanOrEqual(2);
});

test('a turn model that does not load says so once, and is not asked again', async () => {
  const entry = new URL('./obedient-models.ts', import.meta.url);
  const models = new LocalModels({ entry });
  await models[Symbol.asyncDispose]();
  const failures: string[] = [];
  const model = new SmartTurnModel(models, (why) => failures.push(why));
  model.load();
  expect(
    await model.judge({ guildId: noGuild, samples: new Int16Array(160) }, staying),
  ).toBeUndefined();
  expect(
    await model.judge({ guildId: noGuild, samples: new Int16Array(160) }, staying),
  ).toBeUndefined();
  expect(failures).toEqual(['The local models are closed.']);
});

test('judgements take a quarter of a core in the long run, and the rest is left to words and silence, counted', async () => {
  const clock = new VirtualClock();
  let skipped = 0;
  const smartTurn = { load: () => undefined, judge: async () => 1 };
  const model = new BoundedTurnModel(smartTurn, clock, () => skipped++);
  const sound = { guildId: noGuild, samples: new Int16Array(20 * listenRateHz) };
  const countJudged = async (pauses: number) => {
    const before = skipped;
    const judged = await Promise.all(
      Array.from({ length: pauses }, () => model.judge(sound, staying)),
    );
    expect(judged.filter((logit) => logit === undefined)).toHaveLength(
      skipped - before,
    );
    return pauses - (skipped - before);
  };
  // One of 8 s takes 154 ms.
  expect(await countJudged(30)).toBe(10);
  await clock.advance(60_000);
  expect(await countJudged(30)).toBe(10);
  let judged = 0;
  for (let second = 0; second < 60; second++) {
    await clock.advance(1_000);
    judged += await countJudged(5);
  }
  expect(judged * 154).toBeGreaterThan(0.22 * 60_000);
  expect(judged * 154).toBeLessThan(0.26 * 60_000);
});
