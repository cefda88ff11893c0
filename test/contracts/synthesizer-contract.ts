import { expect, test } from 'vitest';
import { joinSamples, type Pcm } from '#src/audio/pcm.ts';
import type { SpeechVoice, Synthesizer } from '#src/speech/speech-engine.ts';

const neverAborted = new AbortController().signal;

export async function collectSound(
  synthesizer: Synthesizer,
  text: string,
  voice: SpeechVoice = {},
): Promise<Pcm> {
  const pieces = await Array.fromAsync(
    synthesizer.synthesize(text, voice, neverAborted),
  );
  expect(new Set(pieces.map(({ rateHz }) => rateHz)).size).toBe(1);
  const samples = joinSamples(pieces.map((piece) => piece.samples));
  return { samples, rateHz: pieces[0]?.rateHz ?? 0, channels: 1 };
}

/** Contract of every synthesizer. `engine` is asked inside each test. */
export function testSynthesizer(name: string, engine: () => Synthesizer) {
  const text = 'The quick brown fox jumps over the lazy dog.';

  test(`${name}: a sentence becomes mono sound at one rate`, async () => {
    const { samples, rateHz } = await collectSound(engine(), text);
    expect(rateHz).toBeGreaterThanOrEqual(8000);
    expect(samples.length / rateHz).toBeGreaterThan(1.5);
    expect(samples.length / rateHz).toBeLessThan(6);
    expect(Math.max(...samples.map(Math.abs))).toBeGreaterThan(3000);
  });

  test(`${name}: requests that overlap are all served`, async () => {
    const sounds = ['One.', 'Two is enough.', 'Three.'].map((part) =>
      collectSound(engine(), part),
    );
    for (const { samples } of await Promise.all(sounds)) {
      expect(samples.length).toBeGreaterThan(0);
    }
  });

  test(`${name}: a text of nothing but space is unspeakable`, () =>
    expect(collectSound(engine(), ' \n')).rejects.toMatchObject({
      code: 'speech.unspeakable',
    }));

  test(`${name}: an abort before the start throws the caller's own reason`, async () => {
    const reason = new Error('stop');
    const sound = engine().synthesize(text, {}, AbortSignal.abort(reason));
    await expect(Array.fromAsync(sound)).rejects.toBe(reason);
  });

  test(`${name}: an abort while it speaks throws the reason, and the next sentence is said`, async () => {
    const leaving = new AbortController();
    const sound = Array.fromAsync(engine().synthesize(text, {}, leaving.signal));
    const reason = new Error('interrupted');
    queueMicrotask(() => leaving.abort(reason));
    await expect(sound).rejects.toBe(reason);
    expect(
      (await collectSound(engine(), 'Sorry, go on.')).samples.length,
    ).toBeGreaterThan(0);
  });
}
