// node scripts/make-sounds.mjs [FOLDER]: writes the built-in sounds, 48 kHz mono Ogg Opus, into
// src/sources/sounds. All are made of numbers from a seed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { openWasmOpus } from '#src/audio/opus/opus-codec.ts';
import { writePages } from '#src/audio/formats/ogg-page.ts';

const rateHz = 48_000;
const frameSamples = 960;
const levelDb = -20;
/** Puts seeds that are near each other far apart. */
const seedStep = 2_654_435_761;
/** Delay of the encoder, and the pre-roll of a decoder (RFC 7845, 4.6). */
const lateSamples = 312;
const preRollSamples = 3840;

const sounds = {
  rain: { makeSound: () => makeRain(30), isLoop: true },
  bell: { makeSound: () => makeStrike(3.5, 523.25, [1, 2, 2.4, 3, 4.2, 5.4], [1, 0.6, 0.4, 0.25, 0.2, 0.1], 1.1) },
  chime: { makeSound: () => makeChime(2, [783.99, 987.77, 1318.51]) },
  applause: { makeSound: () => makeApplause(5) },
  drumroll: { makeSound: () => makeDrumroll(3) },
  buzzer: { makeSound: () => makeBuzzer(1.2) },
};

const folder = process.argv[2] ?? 'src/sources/sounds';
const codec = await openWasmOpus();
mkdirSync(folder, { recursive: true });
for (const [n, [name, { makeSound, isLoop }]] of Object.entries(sounds).entries()) {
  writeFileSync(join(folder, `${name}.ogg`), encodeOgg(toSoundLevel(makeSound()), isLoop === true, n + 1));
}

/** Makes samples between -1 and 1 that do not depend on each other. */
function makeNoise(length, random) {
  return Float64Array.from({ length }, () => 2 * random() - 1);
}

/** Keeps a band of frequencies. Goes around twice, so that a loop has no seam. */
function filterBand(samples, lowHz, highHz) {
  const out = new Float64Array(samples.length);
  const fastShare = 1 - Math.exp((-2 * Math.PI * highHz) / rateHz);
  const slowShare = 1 - Math.exp((-2 * Math.PI * lowHz) / rateHz);
  let fast = 0;
  let slow = 0;
  for (let n = 0; n < 2 * samples.length; n++) {
    fast += fastShare * (samples[n % samples.length] - fast);
    slow += slowShare * (fast - slow);
    out[n % samples.length] = fast - slow;
  }
  return out;
}

/** Makes noise with single drops in it. */
function makeRain(seconds) {
  const random = seededRandom(11 * seedStep);
  const length = seconds * rateHz;
  const fall = filterBand(makeNoise(length, random), 500, 7000);
  const sound = fall.map((sample) => 0.5 * sample);
  for (let drop = 0; drop < seconds * 40; drop++) {
    const startIndex = Math.floor(random() * length);
    const hz = 900 + 3500 * random();
    const gain = 0.25 * random() ** 3;
    for (let n = 0; n < rateHz / 50; n++) {
      sound[(startIndex + n) % length] += gain * Math.exp(-n / 120) * Math.sin((2 * Math.PI * hz * n) / rateHz);
    }
  }
  return sound;
}

/** Makes the tone of something that is struck. High partials fade faster. */
function makeStrike(seconds, hz, ratios, gains, fadeS) {
  return Float64Array.from({ length: seconds * rateHz }, (_, n) => {
    const s = n / rateHz;
    const rise = Math.min(1, s / 0.002) * Math.min(1, (seconds - s) / 0.05);
    return rise * ratios.reduce((sum, ratio, partial) => {
      return sum + gains[partial] * Math.exp((-s * ratio ** 0.7) / fadeS) * Math.sin(2 * Math.PI * hz * ratio * s);
    }, 0);
  });
}

/** Makes notes one after another, each of which goes on sounding. */
function makeChime(seconds, notes) {
  const sound = new Float64Array(seconds * rateHz);
  notes.forEach((hz, n) => {
    const note = makeStrike(seconds - n * 0.18, hz, [1, 2.76], [1, 0.2], 0.45);
    addPart(sound, Math.round(n * 0.18 * rateHz), note);
  });
  return sound;
}

/** Makes many short claps, which swell and end. */
function makeApplause(seconds) {
  const random = seededRandom(12 * seedStep);
  const length = seconds * rateHz;
  const sound = new Float64Array(length);
  for (let clap = 0; clap < seconds * 90; clap++) {
    const startIndex = Math.floor(random() * length);
    const swell = Math.min(1, startIndex / rateHz / 0.8, (length - startIndex) / rateHz / 1.5);
    const burst = filterBand(makeNoise(rateHz / 50, random), 700 + 600 * random(), 2500 + 2500 * random());
    const gain = (0.4 + 0.6 * random()) * swell;
    addPart(sound, startIndex, burst.map((sample, n) => gain * Math.exp(-n / 200) * sample));
  }
  return sound;
}

/** Adds a part to a sound. What lies beyond the end is lost. */
function addPart(sound, startIndex, part) {
  part.forEach((sample, n) => {
    if (startIndex + n < sound.length) sound[startIndex + n] += sample;
  });
}

/** Makes strokes that grow louder, and a last one. */
function makeDrumroll(seconds) {
  const random = seededRandom(13 * seedStep);
  const length = seconds * rateHz;
  const sound = new Float64Array(length);
  const addStroke = (startIndex, gain, fade) => {
    for (let n = 0; n < fade * 6 && startIndex + n < length; n++) {
      const skin = Math.sin((2 * Math.PI * 190 * n) / rateHz);
      sound[startIndex + n] += gain * Math.exp(-n / fade) * (0.6 * (2 * random() - 1) + 0.4 * skin);
    }
  };
  const lastIndex = length - 0.7 * rateHz;
  for (let index = 0, stroke = 0; index < lastIndex; stroke++, index += Math.round(rateHz * (0.045 + 0.006 * random()))) {
    addStroke(index, (0.25 + 0.45 * (index / lastIndex)) * (stroke % 2 ? 0.85 : 1), 900);
  }
  addStroke(Math.round(lastIndex), 1.2, 4200);
  return sound.map((sample, n) => sample * Math.min(1, (length - n) / 2400));
}

/** Makes an even tone of odd partials. */
function makeBuzzer(seconds) {
  return Float64Array.from({ length: seconds * rateHz }, (_, n) => {
    const s = n / rateHz;
    const rise = Math.min(1, s / 0.01, (seconds - s) / 0.03);
    const wave = [1, 3, 5, 7, 9].reduce((sum, k) => sum + Math.sin(2 * Math.PI * 110 * k * s) / k, 0);
    return rise * wave;
  });
}

/** Converts to 16 bits. Measures loudness over the whole length, and never exceeds full scale. */
function toSoundLevel(sound) {
  const rms = Math.sqrt(sound.reduce((sum, sample) => sum + sample ** 2, 0) / sound.length);
  const peak = sound.reduce((peakSoFar, sample) => Math.max(peakSoFar, Math.abs(sample)), 0);
  const gain = Math.min(10 ** (levelDb / 20) / rms, 0.9 / peak);
  return Int16Array.from(sound, (sample) => Math.round(sample * gain * 32_767));
}

/** Encodes a sound as a file of Ogg Opus. */
function encodeOgg(samples, isLoop, serial) {
  const { length } = samples;
  const preSkip = isLoop ? preRollSamples + lateSamples : lateSamples;
  const packets = encodePackets(samples, isLoop, preSkip);
  const head = Buffer.from('OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0', 'latin1');
  head.writeUInt16LE(preSkip, 10);
  const tags = Buffer.from('OpusTags\x06\0\0\0Parley\0\0\0\0', 'latin1');
  const pages = [writePages([head], { serial, isFirst: true }), writePages([tags], { serial, sequence: 1 })];
  for (let start = 0; start < packets.length; start += 50) {
    const pagePackets = packets.slice(start, start + 50);
    const isLast = start + 50 >= packets.length;
    const granule = isLast ? length + preSkip : (start + pagePackets.length) * frameSamples;
    pages.push(writePages(pagePackets, { serial, isLast, granule, sequence: pages.length }));
  }
  return Buffer.concat(pages);
}

/**
 * Encodes a sound as packets of Opus. The end of a loop precedes the sound, and its beginning follows. Other sounds have
 * silence there.
 */
function encodePackets(samples, isLoop, preSkip) {
  const encoder = codec.createEncoder(rateHz);
  const { length } = samples;
  const readSample = (n) => (isLoop ? samples[((n % length) + length) % length] : (samples[n] ?? 0));
  const startIndex = isLoop ? -preRollSamples : 0;
  return Array.from({ length: Math.ceil((length + preSkip) / frameSamples) }, (_, packet) => {
    const frameIndex = startIndex + packet * frameSamples;
    return Buffer.from(encoder.encode(Int16Array.from({ length: frameSamples }, (_, n) => readSample(frameIndex + n))));
  });
}
