import { memoryUsage } from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { OpusEncoder } from '#src/audio/opus/opus.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import { writeWav } from '#src/audio/wav.ts';
import { realClock } from '#src/base/clock.ts';
import { Mixer } from '#src/playback/mix/mixer.ts';
import { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import { Decoding } from '#src/sources/decode/decoding.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { Sources } from '#src/sources/sources.ts';
import { benchCommand } from './command.ts';

const frameMs = 20;
const frames = 800;
/** Frames that warm the machine up. */
const warm = 300;

const codec = await loadOpus();

/** Three hours of noise, made as it is asked for. */
function noise(rateHz: number): SoundSource {
  const samples = Int16Array.from({ length: rateHz / 5 }, () => 2000 * (Math.random() - 0.5));
  return {
    title: 'noise',
    seekable: true,
    lengthMs: 3 * 3_600_000,
    async *open() {
      for (let n = 0; n < 108_000; n++)
        yield { kind: 'pcm', pcm: { samples, rateHz, channels: 2 } };
    },
  };
}

/** A minute of noise as a file, which is decoded in another process. */
function file(rateHz: number): Uint8Array {
  const samples = Int16Array.from({ length: 2 * 60 * rateHz }, () => 2000 * (Math.random() - 0.5));
  return writeWav({ samples, rateHz, channels: 2 });
}

/** An encoder that tells how long it takes. */
function timed(encoder: OpusEncoder, spent: number[]): OpusEncoder {
  return {
    encode(samples) {
      const from = performance.now();
      const frame = encoder.encode(samples);
      spent.push(performance.now() - from);
      return frame;
    },
    free: () => encoder.free(),
  };
}

function open(encoding: number[]): { tracks: NamedTracks; mixer: Mixer } {
  const tracks = new NamedTracks({ clock: realClock, codec });
  const music = { tracks, encoder: () => timed(codec.stereoEncoder(), encoding) };
  return { tracks, mixer: new Mixer([], codec.encoder(24_000), () => undefined, music) };
}

/** Asks for `count` frames, faster than they would sound, so that readers of sources just keep up. */
async function run(mixer: Mixer, count: number, everyMs = 1): Promise<number[]> {
  const spent: number[] = [];
  for (let n = 0; n < count; n++) {
    const from = performance.now();
    mixer.next();
    spent.push(performance.now() - from);
    await wait(everyMs);
  }
  return spent;
}

/** What plays in one row of the table; `everyMs`: how fast frames are asked for. */
type MixerRow = {
  readonly label: string;
  readonly everyMs: number;
  readonly source: () => SoundSource | Promise<SoundSource>;
};

async function measure(count: number, { label, everyMs, source }: MixerRow): Promise<void> {
  const encoding: number[] = [];
  const { tracks, mixer } = open(encoding);
  for (let n = 0; n < count; n++) tracks.play(`t${n}`, await source());
  await wait(200);
  await run(mixer, warm, everyMs);
  encoding.length = 0;
  const idle = await idleMs(everyMs);
  const before = cpuMs();
  const all = await run(mixer, frames, everyMs);
  const after = cpuMs();
  const hereMs = after.here - before.here - idle.here;
  const allMs = after.all - before.all - idle.all;
  const starved = tracks.list().reduce((sum, track) => sum + track.starved, 0);
  const mixing = all.map((ms, n) => ms - (encoding[n] ?? 0));
  const encodeMs = encoding.reduce((sum, ms) => sum + ms, 0);
  console.log(
    [
      `${count}`.padStart(6),
      label.padStart(11),
      ...[mixing, encoding].flatMap((ms) => [share(ms, 0.5), share(ms, 0.99)]),
      percent(hereMs - encodeMs),
      percent(encodeMs),
      percent(hereMs),
      percent(allMs),
      `${starved}`.padStart(6),
    ].join('  '),
  );
  tracks.close();
  mixer.free();
}

/** What it costs to wait so often, which is no part of the mixer. */
async function idleMs(everyMs: number): Promise<ReturnType<typeof cpuMs>> {
  const before = cpuMs();
  for (let n = 0; n < frames; n++) await wait(everyMs);
  const after = cpuMs();
  return { here: after.here - before.here, all: after.all - before.all };
}

/** Of the thread that mixes, and of the whole process. */
function cpuMs(): { readonly here: number; readonly all: number } {
  const [here, all] = [process.threadCpuUsage(), process.cpuUsage()];
  return { here: (here.user + here.system) / 1000, all: (all.user + all.system) / 1000 };
}

/** Before anything else was held. */
async function pausing(): Promise<string> {
  setFlagsFromString('--expose-gc');
  const gc: () => void = runInNewContext('gc');
  const held = () => {
    gc();
    const { arrayBuffers, heapUsed } = memoryUsage();
    return (arrayBuffers + heapUsed) / 1e6;
  };
  const { tracks, mixer } = open([]);
  const without = held();
  tracks.play('long', noise(44_100));
  await wait(100);
  await run(mixer, 50);
  tracks.pause();
  const megabytes: string[] = [];
  for (let n = 0; n < 4; n++) {
    await run(mixer, 500);
    megabytes.push((held() - without).toFixed(1));
  }
  tracks.close();
  mixer.free();
  return `A paused source of 3 h holds, every 500 frames: ${megabytes.join(', ')} MB.`;
}

function share(ms: readonly number[], of: number): string {
  const sorted = ms.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) * of)] ?? 0).toFixed(3).padStart(6);
}

function percent(ms: number): string {
  return `${((100 * ms) / (frames * frameMs)).toFixed(2)} %`.padStart(7);
}

const paused = await pausing();
console.log(`Per frame of 20 ms, ${codec.name}; shares of one core, reading ahead included.\n`);
console.log(
  'tracks       source    mix ms p50, p99  Opus ms p50, p99   mixing     Opus   thread  process  gaps',
);
const decoding = new Decoding({ clock: realClock });
const sources = new Sources({ clock: realClock, decoding, allowed: new AllowedHosts([]) });
const made = [48_000, 44_100].map((rateHz): MixerRow => {
  return { label: `${rateHz} made`, everyMs: 1, source: () => noise(rateHz) };
});
// One decoder serves all, so that these are asked for no faster than at twice the speed of sound.
const decoded = [48_000, 44_100].map((rateHz): MixerRow => {
  const bytes = file(rateHz);
  const source = () =>
    sources.openSource({ kind: 'bytes', bytes }, {}, new AbortController().signal);
  return { label: `${rateHz} WAV`, everyMs: 10, source };
});
for (const row of made) for (const count of [1, 4, 16]) await measure(count, row);
for (const row of decoded) await measure(16, row);
await decoding[Symbol.asyncDispose]();
console.log(`\n${paused}`);
const { firstMs, ms } = await benchCommand();
const [p50, p95] = [share(ms, 0.5), share(ms, 0.95)].map((one) => Math.round(Number(one)));
console.log(
  `From a command to the first packet, ${ms.length} times: p50 ${p50} ms, p95 ${p95} ms (at most 150); the very first ${Math.round(firstMs)} ms.`,
);
