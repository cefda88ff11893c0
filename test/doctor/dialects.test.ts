import { expect, test } from 'vitest';
import { openRecipe } from '#test/fakes/dialects/recipes.ts';
import { examine } from './examine.ts';

const said =
  'One two three four five six seven eight nine ten. This is how the voice of a server sounds.';

async function examineRecipe(title: string) {
  await using kitchen = await openRecipe(title, { hears: () => said, replies: [] });
  const examined = await examine([], kitchen.environment);
  /** Variables that the doctor would set otherwise than the recipe does. */
  const contradicted = Object.entries(kitchen.environment).filter(
    ([name, value]) => (examined.settings[name] ?? value) !== value,
  );
  return { ...examined, contradicted };
}

test('OpenAI’s recipe is usable, and what it sends is what is asked for', async () => {
  const { code, about } = await examineRecipe('OpenAI');
  expect([code, about('round trip')]).toEqual([0, expect.stringContaining('100 %')]);
  expect(about('realtime speech')).toMatch(/^ok .* marin: \d+\.\d s of sound, first sound after/);
  expect(about('read as written')).toMatch(/^ok .* 0 of 19 words/);
  expect(about('lifecycle')).toMatch(/^ok/);
});

test('LiteLLM labels all sound as MPEG, so the doctor advises WAV as the recipe does', async () => {
  const { code, about, settings, contradicted } = await examineRecipe('LiteLLM proxy');
  expect([code, settings.SPEECH_FORMAT, contradicted]).toEqual([0, 'wav', []]);
  expect(about('speech pcm')).toContain('but labelled audio/mpeg');
});

test('speaches sends raw samples at the rate of the voice, so WAV is advised', async () => {
  const { code, about, settings, contradicted } = await examineRecipe('speaches');
  expect([code, settings.SPEECH_FORMAT, contradicted]).toEqual([0, 'wav', []]);
  expect(about('speech rate')).toContain('raw samples come at 22050 Hz');
  expect(about('speech wav')).toContain('sound at byte 78');
});

test('Kokoro-FastAPI puts a LIST chunk before the sound', async () => {
  const { code, about } = await examineRecipe('Kokoro-FastAPI');
  expect(code).toBe(0);
  expect(about('speech wav')).toContain('sound at byte 78, open end');
  expect(about('speech wav')).toContain('LIST before the sound');
});

test('Ollama’s models think in a field of their own', async () => {
  const { code, about } = await examineRecipe('Ollama');
  expect([code, about('chat reasoning')]).toEqual([0, expect.stringContaining('(reasoning)')]);
});

test('vLLM speaks at the rate of its model', async () => {
  const { code, about, contradicted } = await examineRecipe('vLLM');
  expect([code, contradicted]).toEqual([0, []]);
  expect(about('speech rate')).toContain('raw samples come at 44100 Hz');
});
