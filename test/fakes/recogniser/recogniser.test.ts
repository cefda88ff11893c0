import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { RoomNoise } from '#sandbox/voice-client/acoustics.ts';
import { openMediaplex } from '#src/audio/opus/load-opus.ts';
import type { OpusCodec } from '#src/audio/opus/opus.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import { readWav } from '#src/audio/wav.ts';
import { joined, speech } from '#test/audio/speech.ts';
import { tone } from '#test/fakes/providers/sound.ts';
import { knownWords, MockRecogniser, openRecogniser } from './recogniser.ts';
import type { KnownWord } from './recogniser-match.ts';

/** Less of a recording is not told apart. */
const enoughMs = 320;
const frame = (listenRateHz * 20) / 1000;
let recogniser: MockRecogniser;
let words: Readonly<Record<string, readonly KnownWord[]>>;
let codec: OpusCodec;

beforeAll(async () => {
  [recogniser, words, codec] = await Promise.all([openRecogniser(), knownWords(), openMediaplex()]);
});

function hear(samples: Int16Array): string {
  return recogniser.hear({ samples, rateHz: listenRateHz, channels: 1 });
}

function silence(ms: number): Int16Array {
  return new Int16Array((ms * listenRateHz) / 1000);
}

/** The recording `name` from `fromMs` to `toMs`, silence added up to whole frames of 20 ms. */
function part(name: string, fromMs: number, toMs: number): Int16Array {
  const kept = speech(name).samples.slice(fromMs * 16, toMs * 16);
  return joined([kept, new Int16Array((frame - (kept.length % frame)) % frame)]);
}

function throughOpus(samples: Int16Array): Int16Array {
  const encoder = codec.encoder(listenRateHz);
  const decoder = codec.decoder(listenRateHz);
  const frames: Int16Array[] = [];
  for (let at = 0; at + frame <= samples.length; at += frame) {
    frames.push(decoder.decode(encoder.encode(samples.subarray(at, at + frame))).slice());
  }
  encoder.free();
  decoder.free();
  return joined(frames);
}

/** Sound as an open microphone sends it: room noise at -55 dBFS beneath. */
function withNoise(samples: Int16Array): Int16Array {
  const noise = new RoomNoise(3);
  const noisy = samples.slice();
  for (let at = 0; at < noisy.length; at += frame) noise.addTo(noisy.subarray(at, at + frame));
  return noisy;
}

/** Where the words of a recording end, and 60 ms before, each with what has been said by then. */
function* cuts(known: readonly KnownWord[]) {
  const said = (count: number) =>
    known
      .slice(0, count)
      .map(({ word }) => word)
      .join(' ');
  const enoughAtMs = (known[0]?.fromMs ?? 0) + enoughMs;
  for (const [n, { toMs }] of known.entries()) {
    if (toMs - 60 < enoughAtMs) continue;
    yield { atMs: toMs, text: said(n + 1) };
    yield { atMs: toMs - 60, text: said(n) };
  }
}

test('every recording is heard as its words, and those are the text of the manifest', async () => {
  const manifest = await readFile(
    new URL('../../fixtures/speech/manifest.json', import.meta.url),
    'utf8',
  );
  const labelled: readonly { file: string; text: string }[] = JSON.parse(manifest);
  expect(labelled.length).toBeGreaterThan(10);
  for (const { file, text } of labelled) {
    expect(hear(speech(file.replace('.wav', '')).samples), file).toBe(text);
  }
});

const leadMs = 300;
const ways: Readonly<Record<string, (samples: Int16Array) => Int16Array>> = {
  raw: (samples) => samples,
  'through Opus': throughOpus,
  'in a noisy room': (samples) => throughOpus(withNoise(samples)),
};

test.each(Object.keys(ways))('only words that have ended in the sound are heard: %s', (way) => {
  for (const [file, known] of Object.entries(words)) {
    const { samples } = speech(file.replace('.wav', ''));
    const all = ways[way]?.(joined([silence(leadMs), samples, silence(1000)])) ?? silence(0);
    for (const { atMs, text } of cuts(known)) {
      const packets = Math.ceil((leadMs + atMs) / 20);
      expect(hear(all.subarray(0, packets * frame)), `${file} up to ${atMs} ms`).toBe(text);
    }
    expect(hear(all), file).toBe(known.map(({ word }) => word).join(' '));
  }
});

test('two people give two texts', () => {
  expect(hear(throughOpus(speech('human-goforward').samples))).toBe('go forward ten meters');
  expect(hear(throughOpus(speech('synth-flite-slt-what-time-is-it').samples))).toBe(
    'what time is it',
  );
  expect(hear(speech('human-cards-001').samples)).toBe('ten of clubs');
  expect(hear(speech('human-cards-003').samples)).toBe('seven of clubs');
});

test('what is said after a pause, or after a cut, is heard with its own words', () => {
  const both = joined([
    speech('human-something').samples,
    silence(470),
    speech('human-cards-003').samples,
  ]);
  expect(hear(throughOpus(both))).toBe('go somewhere and do something seven of clubs');
  const twice = joined([part('human-goforward', 0, 2400), part('human-goforward', 0, 2400)]);
  expect(hear(throughOpus(twice))).toBe('go forward ten meters go forward ten meters');
  expect(hear(throughOpus(part('human-goforward', 1150, 2786)))).toBe('ten meters');
});

test('a pause that was left out loses no word', () => {
  const [before, after] = [part('human-cards-005', 0, 1140), part('human-cards-005', 1240, 3502)];
  expect(hear(throughOpus(joined([before, after])))).toBe(
    'eight of spades four of clubs seven of hearts',
  );
});

test('half as loud, or twice, is the same', () => {
  for (const gain of [0.5, 2]) {
    const { samples } = speech('human-librivox-0930');
    expect(hear(throughOpus(samples.map((sample) => sample * gain)))).toBe(
      'he might even have been made amiable himself',
    );
  }
});

test('silence, noise, hum, clicks and a voice it does not know are no text', async () => {
  const still = silence(3000);
  const seconds = (n: number) => n / listenRateHz;
  const loud = new RoomNoise(7);
  const hiss = still.slice();
  for (let n = 0; n < 40; n++) {
    for (let at = 0; at < hiss.length; at += frame) loud.addTo(hiss.subarray(at, at + frame));
  }
  const unknown = await readFile('sandbox/recordings/synth-flite-awb-what-time-is-it.wav');
  const sounds = {
    nothing: new Int16Array(0),
    'one millisecond': silence(1),
    silence: still,
    'an open microphone': withNoise(still),
    hiss,
    hum: still.map((_, n) => 3000 * Math.sin(2 * Math.PI * 100 * seconds(n))),
    keyboard: still.map((_, n) => (n % 2900 < 60 ? 9000 * Math.cos(n) : 0)),
    'a tone of syllables': tone('what a voice of the mock sounds like', listenRateHz),
    'an unknown voice': readWav(unknown).samples,
  };
  for (const [name, samples] of Object.entries(sounds)) expect(hear(samples), name).toBe('');
});

test('a recording can be made known later', () => {
  const own = new MockRecogniser();
  const pcm = speech('synth-flite-kal16-stop-the-music');
  expect(own.hear(pcm)).toBe('');
  own.add(pcm, [
    { word: 'Halt', fromMs: 430, toMs: 820 },
    { word: 'ein', fromMs: 820, toMs: 1370 },
  ]);
  expect(own.hear(pcm)).toBe('Halt ein');
});
