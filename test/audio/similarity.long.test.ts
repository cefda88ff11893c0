import { expect, test } from 'vitest';
import { similarity } from '#src/audio/echo/similarity.ts';
import { openMediaplex } from '#src/audio/opus/load-opus.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { encoded, joined, speech } from './speech.ts';

/** Sound as a listener receives it: 48 kHz, after `leadMs`, without every `dropped`th frame. */
async function received(
  pcm: Pcm,
  leadMs: number,
  dropped = Number.POSITIVE_INFINITY,
): Promise<Pcm> {
  const codec = await openMediaplex();
  const decoder = codec.decoder(48_000);
  const frames = encoded(pcm, codec).map((frame, n) => {
    return n % dropped === dropped - 1 ? new Int16Array(960) : decoder.decode(frame);
  });
  return { samples: joined([new Int16Array(leadMs * 48), ...frames]), rateHz: 48_000, channels: 1 };
}

const names = ['human-librivox-0880', 'human-goforward', 'synth-flite-slt-what-time-is-it'];

test.each(names)('%s is recognised after Opus, after a long lead-in', async (name) => {
  const pcm = speech(name);
  expect(similarity(await received(pcm, 3213), pcm)).toBeGreaterThan(0.9);
});

test('one frame in twenty may be missing', async () => {
  const pcm = speech('human-librivox-0880');
  expect(similarity(await received(pcm, 500, 20), pcm)).toBeGreaterThan(0.85);
});

test('a recording that begins too late or at another rate is still the same', () => {
  const pcm = speech('human-librivox-0930');
  const cut = { ...pcm, samples: pcm.samples.subarray(9000) };
  expect(similarity(cut, pcm)).toBeGreaterThan(0.9);
  expect(similarity(resample(pcm, 22_050), pcm)).toBeGreaterThan(0.95);
});

test('a pause that grew in the middle does not make it another sound', async () => {
  const [first, second] = [speech('human-librivox-0880'), speech('human-librivox-0930')];
  const expected = { ...first, samples: joined([first.samples, second.samples]) };
  const pause = new Int16Array(8000);
  const heard = { ...first, samples: joined([first.samples, pause, second.samples]) };
  expect(similarity(await received(heard, 700), expected)).toBeGreaterThan(0.85);
});

test('two sentences of the same reader are not alike', async () => {
  const [one, other] = [speech('human-librivox-0880'), speech('human-librivox-0930')];
  expect(similarity(await received(one, 500), other)).toBeLessThan(0.45);
  expect(similarity(await received(other, 500), one)).toBeLessThan(0.45);
});

test('another voice is not alike', async () => {
  const heard = await received(speech('human-goforward'), 500);
  expect(similarity(heard, speech('synth-flite-slt-what-time-is-it'))).toBeLessThan(0.45);
});

test('silence is like nothing', () => {
  const silence = { samples: new Int16Array(16_000), rateHz: 16_000, channels: 1 } as const;
  expect(similarity(silence, speech('human-goforward'))).toBe(0);
  expect(similarity(speech('human-goforward'), silence)).toBe(0);
  expect(similarity({ ...silence, samples: new Int16Array(0) }, silence)).toBe(0);
});
