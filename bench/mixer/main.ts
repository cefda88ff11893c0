import { memoryUsage } from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { OpusEncoder } from '#src/audio/opus/opus.ts';
import { musicRateHz } from '#src/audio/pcm.ts';
import { changeOfRate } from '#src/audio/polyphase/change-of-rate.ts';
import { plainFilter } from '#src/audio/polyphase/polyphase-filter.ts';
import { Resampler } from '#src/audio/resample.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import { writeWav } from '#src/audio/wav.ts';
import { realClock } from '#src/base/clock.ts';
import { Mixer } from '#src/playback/mix/mixer.ts';
import { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import { Decoding } from '#src/sources/decode/decoding.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { Sources } from '#src/sources/sources.ts';
import { benchCommand } from './command.ts';
import { type CpuUsage, cpuTimes, usedSince } from './cpu-usage.ts';

const frameMs = 20;
const frames = 800;
/** Frames that warm the machine up. */
const warm = 300;
/** Samples that are brought to another rate at a time: 100 ms, as tracks do. */
const pieceSamples = 2 * 4410;

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
    const frame = mixer.next();
    if (frame) mixer.left(frame, from);
    spent.push(performance.now() - from);
    await wait(everyMs);
  }
  return spent;
}

/** Source of one row of the table; `everyMs`: interval between frames. */
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
  const idle = await idleUsage(everyMs);
  const before = cpuTimes();
  const all = await run(mixer, frames, everyMs);
  const used = usedSince(before);
  const starved = tracks.list().reduce((sum, track) => sum + track.starved, 0);
  tracks.close();
  mixer.free();
  const name = `${`${count}`.padStart(6)}  ${label.padEnd(26)}`;
  const disturbed = used.disturbed ?? (starved > 0 ? `${starved} gaps in the sound` : undefined);
  if (disturbed) return console.log(`${name}  disturbed, no figure: ${disturbed}`);
  const encodeMs = encoding.reduce((sum, ms) => sum + ms, 0);
  const mixing = all.map((ms, n) => ms - (encoding[n] ?? 0));
  const [threadMs, processMs] = [used.threadMs - idle.threadMs, used.processMs - idle.processMs];
  console.log(
    [
      name,
      ...[mixing, encoding].flatMap((ms) => [share(ms, 0.5), share(ms, 0.99)]),
      ...[threadMs - encodeMs, encodeMs, threadMs, processMs].map(percent),
      percent(used.childrenMs).padStart(8),
    ].join('  '),
  );
}

/** Cost of the waits alone, which is no part of the mixer. */
async function idleUsage(everyMs: number): Promise<CpuUsage> {
  const before = cpuTimes();
  for (let n = 0; n < frames; n++) await wait(everyMs);
  return usedSince(before);
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

/** A source that brings itself to 48 kHz, in the same thread, as tracks did before there were kernels of WebAssembly. */
function inPlainTypeScript(source: SoundSource): SoundSource {
  return {
    ...source,
    async *open(fromMs, signal) {
      const filter = plainFilter(changeOfRate(44_100, musicRateHz));
      const rate = new Resampler(44_100, musicRateHz, 2, filter);
      for await (const chunk of source.open(fromMs, signal)) {
        if (chunk.kind === 'opus') continue;
        const { samples } = chunk.pcm;
        for (let at = 0; at < samples.length; at += pieceSamples) {
          const piece = rate.push(samples.subarray(at, at + pieceSamples));
          yield { kind: 'pcm', pcm: { samples: piece, rateHz: musicRateHz, channels: 2 } };
        }
      }
    },
  };
}

const paused = await pausing();
console.log(`Per frame of 20 ms, ${codec.name}; shares of one core, reading ahead included.`);
console.log('`made` sounds come out of the same thread; files are decoded in one child process.\n');
console.log(
  'tracks  sound                       mix ms p50, p99  Opus ms p50, p99   mixing     Opus   thread  process  children',
);
const decoding = new Decoding({ clock: realClock });
const sources = new Sources({ clock: realClock, decoding, allowed: new AllowedHosts([]) });
const made = [48_000, 44_100].map((rateHz): MixerRow => {
  return { label: `${rateHz} Hz, made`, everyMs: 1, source: () => noise(rateHz) };
});
const former: MixerRow = {
  label: '44100 Hz, plain TypeScript',
  everyMs: 1,
  source: () => inPlainTypeScript(noise(44_100)),
};
// One decoder serves all, so that these are asked for no faster than at twice the speed of sound.
const decoded = [48_000, 44_100].map((rateHz): MixerRow => {
  const bytes = file(rateHz);
  const source = () =>
    sources.openSource({ kind: 'bytes', bytes }, {}, new AbortController().signal);
  return { label: `${rateHz} Hz, WAV files`, everyMs: 10, source };
});
for (const row of made) for (const count of [1, 4, 16]) await measure(count, row);
await measure(16, former);
for (const row of decoded) await measure(16, row);
await decoding[Symbol.asyncDispose]();
console.log(`\n${paused}`);
const before = cpuTimes();
const { firstMs, ms } = await benchCommand();
const { disturbed } = usedSince(before);
const [p50, p95] = [share(ms, 0.5), share(ms, 0.95)].map((one) => Math.round(Number(one)));
console.log(
  disturbed
    ? `From a command to the first packet: disturbed, no figure: ${disturbed}.`
    : `From a command to the first packet, ${ms.length} times: p50 ${p50} ms, p95 ${p95} ms (at most 150); the very first ${Math.round(firstMs)} ms.`,
);
