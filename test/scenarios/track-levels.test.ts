import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { joinSamples } from '#src/audio/pcm.ts';
import { writeWav } from '#src/audio/wav.ts';
import { commandReply, spokenUp } from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  eventually,
  openScenario,
  pass,
  scenario,
} from '#test/scenarios/setup/scenario-setup.ts';

const rateHz = 48_000;
/** Each for eight seconds. */
const [low, middle, high] = [500, 1_500, 3_000];
/** A pitch is heard above this level, and another one is far below it. */
const [heardDb, unheardDb] = [-30, -45];
/** Length of one stretch of listening. */
const stretchMs = 300;

/** Three pitches, one after the other, at a quarter of full scale. */
function tones(): Buffer {
  const samples = Int16Array.from({ length: 24 * rateHz }, (_, n) => {
    const hz = [low, middle, high][Math.floor(n / (8 * rateHz))] ?? 0;
    return 8_192 * Math.sin((2 * Math.PI * hz * n) / rateHz);
  });
  return writeWav({ samples, rateHz, channels: 1 });
}

const clip = { name: 'tones.wav', type: 'audio/wav', bytes: tones() };

/** Level of one pitch in decibels below a sine of full scale (Goertzel). */
function levelDb(samples: Int16Array, hz: number): number {
  const step = 2 * Math.cos((2 * Math.PI * hz) / rateHz);
  let [last, before] = [0, 0];
  for (const sample of samples) [last, before] = [sample / 32_768 + step * last - before, last];
  const power = last ** 2 + before ** 2 - step * last * before;
  return 20 * Math.log10((2 * Math.sqrt(Math.max(power, 0))) / samples.length + 1e-9);
}

/** The last stretch that somebody heard; empty while nothing comes. */
function latest({ heard }: SandboxPerson): Int16Array {
  const frames = heard.frames.slice(-stretchMs / 20);
  return joinSamples(frames.map(({ samples }) => samples));
}

/** Waits until this pitch is heard, and no other. */
async function hears(person: SandboxPerson, wanted: number): Promise<void> {
  await eventually(() => {
    const sound = latest(person);
    const levels = [low, middle, high].map((hz) => [hz, levelDb(sound, hz)] as const);
    for (const [hz, db] of levels) {
      if (hz === wanted) expect(db, `${hz} Hz`).toBeGreaterThan(heardDb);
      else expect(db, `${hz} Hz`).toBeLessThan(unheardDb);
    }
  });
}

/** Levels of a pitch in frames of 100 ms, over so many ms from now on. */
async function levelsOf(person: SandboxPerson, hz: number, ms: number): Promise<readonly number[]> {
  const from = person.heard.frames.length;
  await pass(ms);
  const frames = person.heard.frames.slice(from).map(({ samples }) => samples);
  return frames.flatMap((_, n) =>
    n % 5 === 4 ? [levelDb(joinSamples(frames.slice(n - 4, n + 1)), hz)] : [],
  );
}

/** Waits until nothing is heard for half a second. */
async function silence({ heard }: SandboxPerson): Promise<void> {
  for (let before = -1; before !== heard.frames.length; ) {
    before = heard.frames.length;
    await pass(500);
  }
}

scenario('a place of a sound, its fade, its silence and its loop are really heard', async () => {
  await using setup = await openScenario();
  const adam = await callIn(setup, 'Adam');
  const track = 'bg';
  await commandReply(adam, 'track play', { file: clip, track });
  await hears(adam, low);
  expect(await commandReply(adam, 'track seek', { to: '0:17', track })).toMatchObject(
    spokenUp('track.sought', { title: 'tones', track, time: '0:17 / 0:24' }),
  );
  await hears(adam, high);
  await commandReply(adam, 'track loop', { mode: 'on', track });
  expect((await commandReply(adam, 'track seek', { to: '+4', track })).text).toMatch(
    / 0:2[1-3] \/ 0:24/,
  );
  await hears(adam, low);
  await commandReply(adam, 'track seek', { to: '9', track });
  await hears(adam, middle);
  const [before = 0] = (await levelsOf(adam, middle, 200)).slice(-1);
  await commandReply(adam, 'track fade', { to: 10, seconds: 2, track });
  const fading = await levelsOf(adam, middle, 2_500);
  const after = fading.at(-1) ?? 0;
  expect(before - after).toBeGreaterThan(18);
  expect(before - after).toBeLessThan(22);
  for (const [n, db] of fading.entries()) expect(db).toBeLessThan((fading[n - 1] ?? before) + 1);
  const steps = fading.map((db, n) => (fading[n - 1] ?? before) - db);
  expect(Math.max(...steps)).toBeLessThan(6);
  await commandReply(adam, 'track mute', { track });
  await silence(adam);
  expect((await commandReply(adam, 'track list')).text).toMatch(/^bg: tones, .*, muted, 10 %/);
  await commandReply(adam, 'track unmute', { track });
  await commandReply(adam, 'track volume', { level: 100, track });
  await commandReply(adam, 'track seek', { to: '10', track });
  await hears(adam, middle);
  expect(setup.bot.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});
