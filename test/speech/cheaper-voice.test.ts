import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { cheaperVoice } from '#src/speech/fallbacks/synthesizer-fallbacks.ts';
import { soundOf } from '#test/contracts/synthesizer.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

const failing = (error: BotError) =>
  new FakeSynthesizer({ fault: () => ({ afterPieces: 0, error }) });

test('a cheaper voice speaks where one will do, under a name of its own', async () => {
  const [usual, cheaper] = [new FakeSynthesizer(), new FakeSynthesizer()];
  const voice = cheaperVoice(usual, () => cheaper);
  await soundOf(voice, 'Hello.', { name: 'marin' });
  await soundOf(voice, 'Hello.', { name: 'marin', model: 'dear', isCheap: true });
  expect(usual.asked.map((one) => one.voice)).toEqual([{ name: 'marin' }]);
  expect(cheaper.asked.map((one) => one.voice)).toEqual([{ isCheap: true }]);
});

test('where it does not speak the language the usual voice does', async () => {
  const usual = new FakeSynthesizer();
  const voice = cheaperVoice(usual, () => failing(new BotError('speech.no_voice', false, 'No.')));
  await soundOf(voice, 'Guten Tag.', { name: 'marin', language: 'de', isCheap: true });
  expect(usual.asked).toHaveLength(1);
  const broken = cheaperVoice(usual, () => failing(new BotError('speech.failed', false, 'No.')));
  await expect(soundOf(broken, 'Hello.', { isCheap: true })).rejects.toMatchObject({
    code: 'speech.failed',
  });
});
