import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { closest } from '#commands/closest-names.ts';
import { rms } from '#src/audio/loudness.ts';
import { readWav, writeWav } from '#src/audio/wav.ts';
import { realClock } from '#src/base/clock.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import type { SoundOpener } from '#src/sources/fetch/ports.ts';
import { openLibrary, SoundLibrary } from '#src/sources/library.ts';
import { Sources } from '#src/sources/sources.ts';
import { loudnessOf } from '#test/audio/loudness-of.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { openDecoding } from './sounds.ts';
import { heard, pitchHz, toneWav } from './tones.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());

const opener = new Sources({ clock: realClock, decoding, allowed: new AllowedHosts([]) });
const signal = new AbortController().signal;

async function folder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'parley-sounds-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

async function soundOf(name: string) {
  const source = await openLibrary('/nowhere', { opener, clock: realClock }).open(name, signal);
  if (!source) throw new Error(`There is no ${name}.`);
  return { source, ...heard(await Array.fromAsync(source.open(0, signal))) };
}

test('six sounds come with the bot', async () => {
  const names = await openLibrary('/nowhere', { opener, clock: realClock }).names();
  expect(names).toEqual(['applause', 'bell', 'buzzer', 'chime', 'drumroll', 'rain']);
});

test.each([
  ['applause', 5],
  ['bell', 3.5],
  ['buzzer', 1.2],
  ['chime', 2],
  ['drumroll', 3],
  ['rain', 30],
])('%s is %d s long to the sample, and neither faint nor distorted', async (name, seconds) => {
  const { source, left, rateHz } = await soundOf(name);
  expect(left.length).toBe(seconds * rateHz);
  expect(source.lengthMs).toBe(seconds * 1000);
  const levelDb = 20 * Math.log10(rms(left));
  expect(levelDb).toBeGreaterThan(-27);
  expect(levelDb).toBeLessThan(-18);
  expect(left.every((sample) => Math.abs(sample) < 32_767)).toBe(true);
});

test('rain begins where it ends, so that a loop has no seam', async () => {
  const { left } = await soundOf('rain');
  const around = [...left.subarray(-24_000), ...left.subarray(0, 24_000)];
  const steps = around.map((sample, n) => Math.abs(sample - (around[n - 1] ?? sample)));
  const seam = Math.max(...steps.slice(23_990, 24_010));
  expect(seam).toBeLessThan(Math.max(...steps.slice(0, 23_000)));
  const loudness = (from: number) => rms(Int16Array.from(around.slice(from, from + 2400)));
  expect(Math.abs(20 * Math.log10(loudness(22_800) / loudness(12_000)))).toBeLessThan(3);
});

test('the bell has its pitch', async () => {
  const { left, rateHz } = await soundOf('bell');
  expect(Math.abs(pitchHz(left.subarray(2 * rateHz, 3 * rateHz), rateHz) - 523.25)).toBeLessThan(3);
});

test('a sound somebody adds is found at once, and hides a built-in one of its name', async () => {
  await using own = await folder();
  await mkdir(join(own.path, 'sounds'));
  const clock = new VirtualClock();
  const library = openLibrary(own.path, { opener, clock });
  expect(await library.open('Höhle', signal)).toBeUndefined();
  await writeFile(join(own.path, 'sounds', 'Ho\u0308hle.WAV'), toneWav());
  await writeFile(join(own.path, 'sounds', 'Rain.wav'), toneWav());
  expect(await library.names()).not.toContain('Rain'); // it is suggested later
  expect((await library.open('rain', signal))?.title).toBe('Rain');
  await clock.advance(5_000);
  expect(await library.names()).toEqual([
    'applause',
    'bell',
    'buzzer',
    'chime',
    'drumroll',
    'Höhle',
    'Rain',
  ]);
  expect((await library.open('höhle', signal))?.title).toBe('Höhle');
  expect((await library.open('rain', signal))?.lengthMs).toBeCloseTo(1000);
});

test('suggesting one of two thousand sounds costs next to nothing for each key', async () => {
  await using own = await folder();
  const names = Array.from({ length: 2_000 }, (_, n) => `effect number ${n}`);
  await Promise.all(names.map((name) => writeFile(join(own.path, `${name}.wav`), '')));
  const library = new SoundLibrary([own.path], { opener, clock: new VirtualClock() });
  await library.names();
  const before = process.threadCpuUsage();
  for (let n = 0; n < 10; n++) expect(closest('e', await library.names())).toHaveLength(2_000);
  const { user, system } = process.threadCpuUsage(before);
  expect((user + system) / 10_000).toBeLessThan(30);
});

test('nothing outside the folder is a sound of it, by whatever name', async () => {
  await using own = await folder();
  await using other = await folder();
  await writeFile(join(other.path, 'secret.wav'), toneWav());
  await symlink(join(other.path, 'secret.wav'), join(own.path, 'link.wav'));
  await symlink(other.path, join(own.path, 'more.wav'));
  await mkdir(join(own.path, 'folder.wav'));
  await writeFile(join(own.path, '.hidden.wav'), toneWav());
  await writeFile(join(own.path, 'notes.txt'), 'no sound');
  await writeFile(join(own.path, 'a\u202e\nb\u0007.wav'), toneWav());
  await writeFile(join(own.path, 'fine.wav'), toneWav());
  const library = new SoundLibrary([own.path], { opener, clock: realClock });
  expect(await library.names()).toEqual(['a b', 'fine']);
  for (const name of [
    '../secret',
    'link',
    'more',
    'more/secret',
    '.hidden',
    'notes',
    'fine.wav',
    '/etc/passwd',
    '',
    '\0',
    'toString',
    `../${own.path}/fine`,
  ]) {
    expect(await library.open(name, signal), name).toBeUndefined();
  }
  expect(await library.open('A B', signal)).toBeDefined();
});

test('a file of the library that is none is refused when it is opened', async () => {
  await using own = await folder();
  await writeFile(join(own.path, 'broken.mp3'), 'This is no music.');
  await writeFile(join(own.path, 'empty.mp3'), '');
  const library = new SoundLibrary([own.path], { opener, clock: realClock });
  for (const name of ['broken', 'empty']) {
    await expect(library.open(name, signal)).rejects.toMatchObject({ code: 'source.not_audio' });
  }
});

test('how loud a sound is is measured when it is first opened, and again once it has changed', async () => {
  await using own = await folder();
  const path = join(own.path, 'tone.wav');
  const read: number[] = [];
  const counted: SoundOpener = {
    async openSource(...asked) {
      const source = await opener.openSource(...asked);
      const { title, seekable } = source;
      return {
        title,
        seekable,
        open(fromMs, until) {
          read.push(fromMs);
          return source.open(fromMs, until);
        },
      };
    },
  };
  const library = new SoundLibrary([own.path], { opener: counted, clock: realClock });
  const tone = readWav(toneWav());
  await writeFile(path, toneWav());
  const lufs = loudnessOf(tone) ?? 0;
  expect((await library.open('tone', signal))?.lufs).toBeCloseTo(lufs, 1);
  expect((await library.open('tone', signal))?.lufs).toBeCloseTo(lufs, 1);
  expect(read).toEqual([0]);
  const samples = tone.samples.map((sample) => sample / 2).subarray(0, 40_000);
  await writeFile(path, writeWav({ ...tone, samples }));
  expect((await library.open('tone', signal))?.lufs).toBeCloseTo(lufs - 6, 1);
  expect(read).toEqual([0, 0]);
});

test('a sound that is too short to be loud or soft has no loudness', async () => {
  await using own = await folder();
  const tick = { samples: new Int16Array(4_800).fill(9_000), rateHz: 48_000, channels: 1 } as const;
  await writeFile(join(own.path, 'tick.wav'), writeWav(tick));
  const library = new SoundLibrary([own.path], { opener, clock: realClock });
  expect(await library.open('tick', signal)).toMatchObject({ title: 'tick', lengthMs: 100 });
  expect((await library.open('tick', signal))?.lufs).toBeUndefined();
});
