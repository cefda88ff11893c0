import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { LoudnessMeter } from '#src/audio/loudness-meter.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import { writeWav } from '#src/audio/wav.ts';
import { realClock } from '#src/base/clock.ts';
import { TracksAndSoundOwners } from '#src/features/tracks/tracks-and-sound-owners.ts';
import { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import { Decoding } from '#src/sources/decode/decoding.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { SoundLibrary } from '#src/sources/library.ts';
import { Sources } from '#src/sources/sources.ts';
import { loudnessOf } from '#test/audio/loudness-of.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { fromPcm } from '#test/fakes/made-source.ts';

const codec = await loadOpus();
const decoding = new Decoding({ clock: realClock });
const sources = new Sources({ clock: realClock, decoding, allowed: new AllowedHosts([]) });
const folder = await mkdtemp(join(tmpdir(), 'parley-loudness-'));
afterAll(async () => {
  await decoding[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});
/** It measures as long as that takes: a busy machine would end it after a second. */
const library = new SoundLibrary([folder], { opener: sources, clock: new VirtualClock() });
const signal = new AbortController().signal;
const tag = { origin: { kind: 'library', name: 'any' } } as const;

function tone(dbfs: number, rateHz: number): Pcm {
  const peak = 32_767 * 10 ** (dbfs / 20);
  const turn = (2 * Math.PI * 997) / rateHz;
  const samples = Int16Array.from({ length: 3 * rateHz }, (_, n) => peak * Math.sin(turn * n));
  return { samples, rateHz, channels: 1 };
}

/** Loudness of all that is heard when it plays on a track. */
async function heardLufs(source: SoundSource): Promise<number> {
  using tracks = new NamedTracks({ clock: realClock, codec });
  const owned = new TracksAndSoundOwners(tracks);
  owned.lay('main', source, tag, { loop: false, next: false });
  const meter = new LoudnessMeter();
  while (owned.busy.length > 0) {
    const music = tracks.pull(false);
    if (music) meter.push(Int16Array.from(music.sum));
    else await setImmediate();
  }
  return meter.lufs ?? Number.NaN;
}

async function lying(name: string): Promise<SoundSource> {
  const source = await library.open(name, signal);
  if (!source) throw new Error(`There is no ${name}.`);
  return source;
}

test('a faint and a loud sound of the library are within 1 LU of each other when they play', async () => {
  await writeFile(join(folder, 'loud.wav'), writeWav(tone(-6, 44_100)));
  await writeFile(join(folder, 'faint.wav'), writeWav(tone(-28, 24_000)));
  const [loud, faint] = [await lying('loud'), await lying('faint')];
  expect((loud.lufs ?? 0) - (faint.lufs ?? 0)).toBeCloseTo(22, 0);
  const [one, other] = [await heardLufs(loud), await heardLufs(faint)];
  expect(Math.abs(one - other)).toBeLessThan(1);
  expect(Math.abs(one + 20)).toBeLessThan(1);
});

test('a station is levelled, and a song that somebody links is as loud as it was made', async () => {
  const pcm = tone(-10, 48_000);
  const song = fromPcm('song', pcm);
  expect(await heardLufs(song)).toBeCloseTo(loudnessOf(pcm) ?? 0, 0);
  const station = { title: 'station', seekable: false, open: song.open };
  expect(Math.abs((await heardLufs(station)) + 20)).toBeLessThan(3);
});
