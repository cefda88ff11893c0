import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { energyDb } from '#src/audio/loudness.ts';
import { speakRateHz } from '#src/audio/pcm.ts';
import { CueTrack } from '#src/playback/reply/cue-track.ts';
import { type CueName, loadCues } from '#src/playback/reply/load-cues.ts';
import { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { VoiceTrack } from '#src/playback/reply/voice-track.ts';
import { level, loudest, open, VirtualListener } from './listening.ts';
import { joined, perMs, steepest } from './speech-like.ts';

const cues = await loadCues();
const names: readonly CueName[] = ['heard', 'thinking', 'error', 'leaving'];
/** Up to 6 kHz, in steps of 20 Hz. */
const pitches = Array.from({ length: 300 }, (_, n) => 20 * (n + 1));

/** Strength of each pitch in a sound, as in a line of its Fourier transform. */
function spectrum(samples: Int16Array): number[] {
  return pitches.map((hz) => {
    let [re, im] = [0, 0];
    samples.forEach((sample, n) => {
      const turn = (2 * Math.PI * hz * n) / speakRateHz;
      const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / samples.length);
      re += sample * hann * Math.cos(turn);
      im += sample * hann * Math.sin(turn);
    });
    return re * re + im * im;
  });
}

function centroidHz(samples: Int16Array): number {
  const powers = spectrum(samples);
  const all = powers.reduce((sum, power) => sum + power, 0);
  return powers.reduce((sum, power, n) => sum + (power * (pitches[n] ?? 0)) / all, 0);
}

function strongestHz(samples: Int16Array): number {
  const powers = spectrum(samples);
  return pitches[powers.indexOf(Math.max(...powers))] ?? 0;
}

/** The strongest pitch of each fifth of a cue. */
function melody(name: CueName): number[] {
  const length = Math.floor(cues[name].length / 5);
  return [0, 1, 2, 3, 4].map((n) => strongestHz(cues[name].subarray(n * length, (n + 1) * length)));
}

function listener() {
  const voice = new VoiceTrack();
  const track = new CueTrack(voice, cues);
  return { voice, track, link: new VirtualListener(voice, track) };
}

async function say(voice: VoiceTrack, ms: number): Promise<SpokenReply> {
  const reply = new SpokenReply();
  voice.add(reply);
  await reply.write(level(9000, ms), 'Speech.', open);
  reply.end();
  return reply;
}

test('the cues are what their script makes, byte by byte', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cues-'));
  try {
    await promisify(execFile)(process.execPath, ['scripts/make-cues.mjs', folder]);
    const files = (await readdir(folder)).sort();
    expect(files).toEqual([...names, 'pad'].map((name) => `${name}.wav`).sort());
    for (const file of files) {
      const kept = await readFile(`src/playback/reply/cues/${file}`);
      expect(kept.equals(await readFile(join(folder, file))), file).toBe(true);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.each(names)('the cue "%s" is under 250 ms, -26 dB, and begins and ends in silence', (name) => {
  const samples = cues[name];
  expect(samples.length / perMs).toBeLessThan(250);
  const levels = Array.from({ length: Math.floor(samples.length / 120) }, (_, n) =>
    energyDb(samples.subarray(n * 120, n * 120 + 480)),
  );
  const whole = levels.slice(0, Math.max(1, levels.length - 3));
  expect(Math.max(...whole)).toBeGreaterThan(-26.5);
  expect(Math.max(...whole)).toBeLessThan(-25.5);
  expect(Math.abs(samples[0] ?? 0) + Math.abs(samples.at(-1) ?? 0)).toBeLessThan(30);
});

test('heard rises by most of an octave, evenly', () => {
  const notes = melody('heard');
  expect(notes).toEqual(notes.toSorted((a, b) => a - b));
  expect((notes[4] ?? 0) / (notes[0] ?? 1)).toBeGreaterThan(1.5);
});

test('error falls, lower than all others', () => {
  const notes = melody('error');
  expect(notes).toEqual(notes.toSorted((a, b) => b - a));
  expect((notes[0] ?? 0) / (notes[4] ?? 1)).toBeGreaterThan(1.4);
  for (const name of names.filter((one) => one !== 'error')) {
    expect(centroidHz(cues[name]) / centroidHz(cues.error), name).toBeGreaterThan(1.5);
  }
});

test('leaving is two steady notes, a fifth down', () => {
  const first = cues.leaving.subarray(0, 105 * perMs);
  const second = cues.leaving.subarray(105 * perMs);
  const half = (sound: Int16Array, n: number) =>
    strongestHz(sound.subarray((n * sound.length) / 2, ((n + 1) * sound.length) / 2));
  expect(half(first, 0)).toBe(half(first, 1));
  expect(half(second, 0)).toBe(half(second, 1));
  expect(strongestHz(first) / strongestHz(second)).toBeCloseTo(1.5, 1);
});

test('thinking is a tick: an eighth of a second at most, and more than an octave above all others', () => {
  expect(cues.thinking.length / perMs).toBeLessThan(125);
  for (const name of names.filter((one) => one !== 'thinking')) {
    expect(centroidHz(cues.thinking) / centroidHz(cues[name]), name).toBeGreaterThan(2);
  }
});

test('the pad is long, low and softer than the cues, and one joins the other without a seam', () => {
  const { pad } = cues;
  expect(pad.length / perMs).toBe(1500);
  expect(centroidHz(pad.subarray(600 * perMs, 800 * perMs))).toBeLessThan(200);
  expect(energyDb(pad)).toBeLessThan(-32);
  const twice = joined([pad, pad]);
  expect(steepest(twice)).toBe(steepest(pad));
});

test('a cue wakes a quiet link and sounds as it is', () => {
  const { track, link } = listener();
  track.play('heard');
  expect(link.wakes).toBe(1);
  link.steps(10);
  expect(joined(link.frames).subarray(0, cues.heard.length)).toEqual(cues.heard);
  expect(link.frames.at(-1)).toBeUndefined();
});

test('the first sample of an answer ends a cue for good', async () => {
  const { voice, track, link } = listener();
  track.play('heard');
  link.steps(3);
  await say(voice, 60);
  link.steps(5);
  expect(link.frames.slice(3, 6).every((frame) => frame?.every((one) => one === 9000))).toBe(true);
  expect(link.frames.slice(6)).toEqual([undefined, undefined]);
});

test('a cue that is asked for in the middle of speech is lost', async () => {
  const { voice, track, link } = listener();
  await say(voice, 200);
  link.steps(2);
  track.play('thinking');
  link.steps(12);
  expect(link.levels.filter((first) => first !== undefined && first !== 9000)).toEqual([]);
});

test('a cue that is asked for at a stop follows it', async () => {
  const { voice, track, link } = listener();
  await say(voice, 1000);
  link.steps(3);
  voice.cut();
  track.play('thinking');
  link.step();
  expect(link.step()).toEqual(cues.thinking.slice(0, 480));
});

test('a cue sounds while a reply is paused', async () => {
  const { voice, track, link } = listener();
  const reply = await say(voice, 1000);
  link.steps(3);
  reply.pause();
  link.steps(3);
  track.play('thinking');
  expect(loudest(link.step())).toBeGreaterThan(500);
});

test('a cue that is cut is silent within a frame and does not click', () => {
  const { track, link } = listener();
  const cue = track.play('heard');
  link.steps(3);
  if (cue) track.cut(cue);
  link.steps(2);
  expect(link.frames[4]).toBeUndefined();
  expect(steepest(joined(link.frames))).toBeLessThanOrEqual(steepest(cues.heard));
});

test('cutting a cue that is over leaves the one that sounds, and the one that waits', () => {
  const { track, link } = listener();
  const over = track.play('heard');
  link.steps(20);
  track.play('thinking');
  track.say(cues.error);
  if (over) track.cut(over);
  expect(link.step()).toEqual(cues.error.slice(0, 480));
});

test('of cues that are asked for while one sounds, the last one follows', () => {
  const { track, link } = listener();
  track.play('heard');
  link.step();
  track.play('error');
  track.play('thinking');
  link.steps(8);
  expect(link.step()).toEqual(cues.thinking.slice(0, 480));
  link.steps(5);
  expect(link.frames.at(-1)).toBeUndefined();
});

test.each([
  ['off', Number.NEGATIVE_INFINITY],
  ['soft', 0],
  ['on', 6],
] as const)('cues that are %s are %d dB louder than the files', (volume, db) => {
  const voice = new VoiceTrack();
  const track = new CueTrack(voice, cues, () => volume);
  const link = new VirtualListener(voice, track);
  track.play('heard');
  link.steps(20);
  const loudness = Math.max(...link.frames.map(loudest));
  const usual = loudest(cues.heard);
  expect(20 * Math.log10(loudness / usual)).toBeCloseTo(db, 0);
});

test('what is asked for by hand comes at every volume, and tells of each frame that leaves', () => {
  const voice = new VoiceTrack();
  const track = new CueTrack(voice, cues, () => 'off');
  const link = new VirtualListener(voice, track);
  let frames = 0;
  track.say(cues.heard, () => void frames++);
  link.steps(20);
  expect(frames).toBe(Math.ceil(cues.heard.length / 480));
});
