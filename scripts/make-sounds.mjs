// node scripts/make-sounds.mjs [FOLDER]: writes the built-in sounds, 48 kHz mono Ogg Opus, into
// src/sources/sounds. All are made of numbers from a seed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { openMediaplex } from '#src/audio/opus/load-opus.ts';
import { writePages } from '#src/audio/formats/ogg-page.ts';

const rateHz = 48_000;
const frame = 960;
const levelDb = -20;
/** Puts seeds that are near each other far apart. */
const seedStep = 2_654_435_761;
/** Delay of the encoder, and the pre-roll of a decoder (RFC 7845, 4.6). */
const lateSamples = 312;
const preRoll = 3840;

const sounds = {
  rain: { make: () => rain(30), isLoop: true },
  bell: { make: () => struck(3.5, 523.25, [1, 2, 2.4, 3, 4.2, 5.4], [1, 0.6, 0.4, 0.25, 0.2, 0.1], 1.1) },
  chime: { make: () => chime(2, [783.99, 987.77, 1318.51]) },
  applause: { make: () => applause(5) },
  drumroll: { make: () => drumroll(3) },
  buzzer: { make: () => buzzer(1.2) },
};

const folder = process.argv[2] ?? 'src/sources/sounds';
const codec = await openMediaplex();
mkdirSync(folder, { recursive: true });
for (const [n, [name, { make, isLoop }]] of Object.entries(sounds).entries()) {
  writeFileSync(join(folder, `${name}.ogg`), ogg(levelled(make()), isLoop === true, n + 1));
}

function noiseOf(length, random) {
  return Float64Array.from({ length }, () => 2 * random() - 1);
}

/** Goes around twice, so that a loop has no seam. */
function band(samples, lowHz, highHz) {
  const out = new Float64Array(samples.length);
  const [a, b] = [1 - Math.exp((-2 * Math.PI * highHz) / rateHz), 1 - Math.exp((-2 * Math.PI * lowHz) / rateHz)];
  let [fast, slow] = [0, 0];
  for (let n = 0; n < 2 * samples.length; n++) {
    fast += a * (samples[n % samples.length] - fast);
    slow += b * (fast - slow);
    out[n % samples.length] = fast - slow;
  }
  return out;
}

function rain(seconds) {
  const random = seededRandom(11 * seedStep);
  const length = seconds * rateHz;
  const fall = band(noiseOf(length, random), 500, 7000);
  const sound = fall.map((sample) => 0.5 * sample);
  for (let drop = 0; drop < seconds * 40; drop++) {
    const [at, hz, gain] = [Math.floor(random() * length), 900 + 3500 * random(), 0.25 * random() ** 3];
    for (let n = 0; n < rateHz / 50; n++) {
      sound[(at + n) % length] += gain * Math.exp(-n / 120) * Math.sin((2 * Math.PI * hz * n) / rateHz);
    }
  }
  return sound;
}

/** High partials fade faster. */
function struck(seconds, hz, ratios, gains, fadeS) {
  return Float64Array.from({ length: seconds * rateHz }, (_, n) => {
    const s = n / rateHz;
    const rise = Math.min(1, s / 0.002) * Math.min(1, (seconds - s) / 0.05);
    return rise * ratios.reduce((sum, ratio, p) => {
      return sum + gains[p] * Math.exp((-s * ratio ** 0.7) / fadeS) * Math.sin(2 * Math.PI * hz * ratio * s);
    }, 0);
  });
}

function chime(seconds, notes) {
  const sound = new Float64Array(seconds * rateHz);
  notes.forEach((hz, n) => {
    const note = struck(seconds - n * 0.18, hz, [1, 2.76], [1, 0.2], 0.45);
    add(sound, Math.round(n * 0.18 * rateHz), note);
  });
  return sound;
}

function applause(seconds) {
  const random = seededRandom(12 * seedStep);
  const length = seconds * rateHz;
  const sound = new Float64Array(length);
  for (let clap = 0; clap < seconds * 90; clap++) {
    const at = Math.floor(random() * length);
    const swell = Math.min(1, at / rateHz / 0.8, (length - at) / rateHz / 1.5);
    const burst = band(noiseOf(rateHz / 50, random), 700 + 600 * random(), 2500 + 2500 * random());
    const gain = (0.4 + 0.6 * random()) * swell;
    add(sound, at, burst.map((sample, n) => gain * Math.exp(-n / 200) * sample));
  }
  return sound;
}

/** Sound beyond the end is lost. */
function add(sound, at, part) {
  part.forEach((sample, n) => {
    if (at + n < sound.length) sound[at + n] += sample;
  });
}

function drumroll(seconds) {
  const random = seededRandom(13 * seedStep);
  const length = seconds * rateHz;
  const sound = new Float64Array(length);
  const beat = (at, gain, fade) => {
    for (let n = 0; n < fade * 6 && at + n < length; n++) {
      const skin = Math.sin((2 * Math.PI * 190 * n) / rateHz);
      sound[at + n] += gain * Math.exp(-n / fade) * (0.6 * (2 * random() - 1) + 0.4 * skin);
    }
  };
  const last = length - 0.7 * rateHz;
  for (let at = 0, stroke = 0; at < last; stroke++, at += Math.round(rateHz * (0.045 + 0.006 * random()))) {
    beat(at, (0.25 + 0.45 * (at / last)) * (stroke % 2 ? 0.85 : 1), 900);
  }
  beat(Math.round(last), 1.2, 4200);
  return sound.map((sample, n) => sample * Math.min(1, (length - n) / 2400));
}

function buzzer(seconds) {
  return Float64Array.from({ length: seconds * rateHz }, (_, n) => {
    const s = n / rateHz;
    const rise = Math.min(1, s / 0.01, (seconds - s) / 0.03);
    const odd = [1, 3, 5, 7, 9].reduce((sum, k) => sum + Math.sin(2 * Math.PI * 110 * k * s) / k, 0);
    return rise * odd;
  });
}

/** Measures loudness over the whole length, and never exceeds full scale. */
function levelled(sound) {
  const energy = Math.sqrt(sound.reduce((sum, sample) => sum + sample ** 2, 0) / sound.length);
  const peak = sound.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  const gain = Math.min(10 ** (levelDb / 20) / energy, 0.9 / peak);
  return Int16Array.from(sound, (sample) => Math.round(sample * gain * 32_767));
}

/**
 * The end of a loop precedes the sound, and its beginning follows. Other sounds have silence there.
 */
function ogg(samples, isLoop, serial) {
  const encoder = codec.createEncoder(rateHz);
  const { length } = samples;
  const at = (n) => (isLoop ? samples[((n % length) + length) % length] : (samples[n] ?? 0));
  const preSkip = isLoop ? preRoll + lateSamples : lateSamples;
  const from = isLoop ? -preRoll : 0;
  const packets = Array.from({ length: Math.ceil((length + preSkip) / frame) }, (_, p) =>
    Buffer.from(encoder.encode(Int16Array.from({ length: frame }, (_, n) => at(from + p * frame + n)))),
  );
  const head = Buffer.from('OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0', 'latin1');
  head.writeUInt16LE(preSkip, 10);
  const tags = Buffer.from('OpusTags\x06\0\0\0Parley\0\0\0\0', 'latin1');
  const pages = [writePages([head], { serial, isFirst: true }), writePages([tags], { serial, sequence: 1 })];
  for (let p = 0; p < packets.length; p += 50) {
    const some = packets.slice(p, p + 50);
    const isLast = p + 50 >= packets.length;
    const granule = isLast ? length + preSkip : (p + some.length) * frame;
    pages.push(writePages(some, { serial, isLast, granule, sequence: pages.length }));
  }
  return Buffer.concat(pages);
}
