import { BotError } from '#src/base/errors.ts';
import { noGuild } from '#src/base/ids.ts';
import { LazyRecogniser } from '#src/speech/fallbacks/lazy-recogniser.ts';
import type { Transcriber } from '#src/speech/speech-engine.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';

const options = { guildId: noGuild, isLive: true };

const sound = {
  samples: new Int16Array(1_600).fill(99),
  rateHz: 16_000,
  channels: 1,
} as const;
const { signal } = new AbortController();

/** Opens `transcriber` in turn, or fails with what stands in its place. */
function openInTurn(...results: readonly (Transcriber | BotError)[]) {
  let opened = 0;
  const openNext = async () => {
    const result = results[opened++];
    if (!result || result instanceof BotError) throw result ?? expect.fail();
    return result;
  };
  return { open: openNext, countOpened: () => opened };
}

test('the model is loaded by the first utterance that needs it, and once', async () => {
  const { countOpened, open } = openInTurn(new FakeTranscriber({ texts: ['stop'] }));
  const recogniser = new LazyRecogniser(open, true, () => 0);
  expect(recogniser.isAvailable).toBe(true);
  expect(countOpened()).toBe(0);
  for (let time = 0; time < 2; time++)
    expect(await recogniser.recognise(sound, signal, options)).toEqual({
      text: 'stop',
    });
  expect(countOpened()).toBe(1);
});

test('a model that cannot be loaded counts as missing for a minute, and is then tried again', async () => {
  const broken = new BotError('speech.failed', false, 'The file is broken.');
  const { open } = openInTurn(broken, new FakeTranscriber({ texts: ['no'] }));
  let nowMs = 0;
  const recogniser = new LazyRecogniser(open, true, () => nowMs);
  await expect(recogniser.recognise(sound, signal, options)).rejects.toBe(broken);
  expect(recogniser.isAvailable).toBe(false);
  await expect(recogniser.recognise(sound, signal, options)).rejects.toThrow('missing');
  nowMs = 60_000;
  expect(await recogniser.recognise(sound, signal, options)).toEqual({ text: 'no' });
});

test('a bot without the runtime has no local recogniser', () =>
  expect(
    new LazyRecogniser(
      async () => expect.fail(),
      false,
      () => 0,
    ).isAvailable,
  ).toBe(false));
