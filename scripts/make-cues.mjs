// node scripts/make-cues.mjs [FOLDER]: writes the five cues, 24 kHz mono, into
// src/playback/reply/cues. `heard` glides up, `error` glides down and is dull, `leaving` is two
// notes down, and `thinking` is a high tick. Each is under 250 ms and at -26 dBFS over its loudest
// 20 ms. `working` is a low chord of 2 s that swells and falls at -38 dBFS, to be played again and again.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWav } from '#src/audio/formats/wav.ts';

const rateHz = 24_000;
const levelDb = -26;
const bedLevelDb = -38;
const windowMs = 20;

const cues = {
  heard: () => makeGlide({ fromHz: 520, toHz: 1040, lengthMs: 180, partials: [1] }),
  thinking: () => makeTick({ hz: 2400, lengthMs: 40, decayMs: 6 }),
  working: () => makeBed({ hz: [130.81, 196, 261.63], lengthMs: 2000 }),
  error: () => makeGlide({ fromHz: 360, toHz: 200, lengthMs: 240, partials: [1, 0, 0.33, 0, 0.15] }),
  leaving: () => [...makeNote({ hz: 784, lengthMs: 105 }), ...makeNote({ hz: 523.25, lengthMs: 135 })],
};

const folder = process.argv[2] ?? 'src/playback/reply/cues';
mkdirSync(folder, { recursive: true });
for (const [name, makeCue] of Object.entries(cues)) {
  writeFileSync(join(folder, `${name}.wav`), writeWav({ samples: toCueLevel(makeCue(), name === 'working' ? bedLevelDb : levelDb), rateHz, channels: 1 }));
}

/** Makes a tone whose pitch moves evenly in octaves. `partials` are gains of the tone and its overtones. */
function makeGlide({ fromHz, toHz, lengthMs, partials }) {
  let phase = 0;
  return makeSamples(lengthMs, 15, 60, (share) => {
    phase += (2 * Math.PI * fromHz * (toHz / fromHz) ** share) / rateHz;
    return partials.reduce((sum, gain, n) => sum + gain * Math.sin(phase * (n + 1)), 0);
  });
}

/** Makes a tone with one quiet overtone. */
function makeNote({ hz, lengthMs }) {
  return makeSamples(lengthMs, 8, 60, (_, n) => {
    const phase = (2 * Math.PI * hz * n) / rateHz;
    return Math.sin(phase) + 0.2 * Math.sin(2 * phase);
  });
}

/** Makes a chord that swells to its middle and falls again. */
function makeBed({ hz, lengthMs }) {
  return makeSamples(lengthMs, lengthMs / 2, lengthMs / 2, (_, n) =>
    hz.reduce((sum, each) => sum + Math.sin((2 * Math.PI * each * n) / rateHz), 0),
  );
}

/** Makes a tone that fades at once. */
function makeTick({ hz, lengthMs, decayMs }) {
  return makeSamples(lengthMs, 1, 10, (_, n) => {
    const ms = (n / rateHz) * 1000;
    return Math.exp(-ms / decayMs) * Math.sin((2 * Math.PI * hz * n) / rateHz);
  });
}

/** Makes samples of a wave, which is given its share of the length and the index of a sample, with a soft rise and fall. */
function makeSamples(lengthMs, riseMs, fallMs, wave) {
  const length = (lengthMs * rateHz) / 1000;
  return Array.from({ length }, (_, n) => {
    const ms = (n / rateHz) * 1000;
    const openness = Math.min(1, ms / riseMs, (lengthMs - ms) / fallMs);
    return (0.5 - 0.5 * Math.cos(Math.PI * openness)) * wave(n / length, n);
  });
}

/** Converts to 16 bits at a level. */
function toCueLevel(samples, cueLevelDb) {
  const size = (windowMs * rateHz) / 1000;
  let loudestRms = 0;
  for (let from = 0; from + size <= samples.length; from += size / 4) {
    const energy = samples.slice(from, from + size).reduce((sum, sample) => sum + sample ** 2, 0);
    loudestRms = Math.max(loudestRms, Math.sqrt(energy / size));
  }
  const gain = 10 ** (cueLevelDb / 20) / loudestRms;
  return Int16Array.from(samples, (sample) => Math.round(sample * gain * 32_767));
}
