import type { SandboxPerson } from '#sandbox/people/sandbox-person.ts';
import { writeWav } from '#src/audio/formats/wav.ts';
import { measureRms } from '#src/audio/pcm.ts';
import { findMedian } from '#test/audio/similarity.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';

const rateHz = 48_000;
/** Peak of a tone of a file, of 32,767: about the loudness to which all sounds are levelled. */
const peak = 5_000;
/** Whole periods of each tone fit into it: a minute of sines would stop the bot in this process. */
const periodSamples = rateHz / 100;
/** A tone of less than this part of `peak` counts as silence. */
const minHeardShare = 0.02;
/** Shorter runs are ends of other tones, or lie between two frames. */
const minRunFrames = 4;

/** Tones that a frame of 20 ms tells apart, in Hz. */
export const tonesHz = [600, 800, 1_000, 1_200, 1_500, 1_800, 2_200, 2_600] as const;
export type Tone = (typeof tonesHz)[number];

/** 20 ms that a person heard: its tones, the loudest first, each with its peak as a share of that in the file. */
export type HeardTones = {
  readonly atMs: number;
  readonly tones: readonly { readonly hz: Tone; readonly share: number }[];
};

/** Makes a WAV file of tones, one after the other, each of `eachMs`. */
function makeTones(tones: readonly Tone[], eachMs: number): Buffer {
  const length = (eachMs * rateHz) / 1_000;
  const samples = new Int16Array(tones.length * length);
  for (const [n, hz] of tones.entries()) {
    const period = Int16Array.from(
      { length: periodSamples },
      (_, at) => peak * Math.sin((2 * Math.PI * hz * at) / rateHz),
    );
    for (let at = 0; at < length; at += periodSamples)
      samples.set(period.subarray(0, length - at), n * length + at);
  }
  return writeWav({ samples, rateHz, channels: 1 });
}

/**
 * Serves files of tones: `/600-800-1000x500.wav` holds three tones of 500 ms each. Of those below `/half` the connection breaks
 * after the first half.
 *
 * @example
 * await using tones = await openToneServer();
 * tones.address([600, 800], 500); // http://127.0.0.1:40001/600-800x500.wav
 */
export async function openToneServer() {
  const served = await openListeningServer((request, response) => {
    const [, half, list = '', eachMs = ''] =
      /^(\/half)?\/([\d-]+)x(\d+)\.wav$/.exec(request.url ?? '') ?? [];
    const wav = makeTones(list.split('-').map(Number) as Tone[], Number(eachMs));
    const head = { 'content-type': 'audio/wav', 'content-length': wav.length };
    response.writeHead(200, head);
    if (half) response.write(wav.subarray(0, wav.length / 2), () => response.destroy());
    else response.end(wav);
  });
  return {
    ...served,
    formatAddress: (tones: readonly Tone[], eachMs: number, part?: 'half') =>
      [served.origin, ...(part ? [part] : []), `${tones.join('-')}x${eachMs}.wav`].join(
        '/',
      ),
  };
}

/** Lists which tones a person has heard since then, a row for each 20 ms. */
export function listHeardTones(
  { heard }: SandboxPerson,
  sinceMs: number,
): readonly HeardTones[] {
  return heard.frames
    .filter(({ atMs }) => atMs >= sinceMs)
    .map(({ atMs, audible, samples }) => ({
      atMs,
      tones: audible ? listTones(samples) : [],
    }));
}

/** Lists the tones in the order in which a person heard them, of those asked for. A tone that goes on stands once. */
export function listOrder(
  rows: readonly HeardTones[],
  among: readonly Tone[],
): readonly Tone[] {
  return listRuns(rows, among).map(({ hz }) => hz);
}

/** Lists the tones in that order, each with the rows in which it was heard. */
export function listRuns<Row extends HeardTones>(
  rows: readonly Row[],
  among: readonly Tone[],
): readonly { readonly hz: Tone; readonly rows: readonly Row[] }[] {
  const runs: { readonly hz: Tone; readonly from: number; to: number }[] = [];
  let run: { readonly hz?: Tone | undefined; readonly from: number } = { from: 0 };
  for (const [at, { tones }] of rows.entries()) {
    const hz = tones.find((tone) => among.includes(tone.hz))?.hz;
    if (hz !== run.hz) run = { hz, from: at };
    if (hz === undefined || at - run.from + 1 < minRunFrames) continue;
    const last = runs.at(-1);
    if (last?.hz === hz) last.to = at + 1;
    else runs.push({ hz, from: run.from, to: at + 1 });
  }
  return runs.map(({ from, hz, to }) => ({ hz, rows: rows.slice(from, to) }));
}

/** Time, in ms, for which a person has heard this tone since then. */
export function measureHeardMs(
  person: SandboxPerson,
  hz: Tone,
  sinceMs: number,
): number {
  const rows = listHeardTones(person, sinceMs);
  return 20 * rows.filter(({ tones }) => tones.some((tone) => tone.hz === hz)).length;
}

/** Level of a tone over these rows: the median of its share, 0 where it is not heard. */
export function measureShare(rows: readonly HeardTones[], hz: Tone): number {
  return findMedian(
    rows.map(({ tones }) => tones.find((tone) => tone.hz === hz)?.share ?? 0),
  );
}

/** Peak that one tone alone would have in a frame as loud as this one, as a share of that in the file. */
export function measureWholeShare(samples: Int16Array): number {
  return (Math.SQRT2 * 32_768 * measureRms(samples)) / peak;
}

/** Largest step of a tone's share between two rows. */
export function measureLargestStep(rows: readonly HeardTones[], hz: Tone): number {
  const shares = rows.map(
    ({ tones }) => tones.find((tone) => tone.hz === hz)?.share ?? 0,
  );
  const steps = shares.slice(1).map((share, n) => Math.abs(share - (shares[n] ?? 0)));
  return Math.max(0, ...steps);
}

/** Tones by the samples of their frame: who waits for a tone reads all frames anew every 20 ms. */
const listedTones = new WeakMap<Int16Array, HeardTones['tones']>();

/** Lists the tones of one frame of 20 ms at 48 kHz, the loudest first. */
export function listTones(samples: Int16Array): HeardTones['tones'] {
  const listed = listedTones.get(samples);
  if (listed) return listed;
  const tones = tonesHz
    .map((hz) => ({ hz, share: measurePeak(samples, hz) / peak }))
    .filter(({ share }) => share >= minHeardShare)
    .toSorted((a, b) => b.share - a.share);
  listedTones.set(samples, tones);
  return tones;
}

/** One frame of a tone, under a window of Hann, which keeps neighbours apart. */
type Wave = { readonly real: Float64Array; readonly imaginary: Float64Array };

const frameSamples = rateHz / 50;
const hann = Float64Array.from(
  { length: frameSamples },
  (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (frameSamples - 1)),
);
const hannSum = hann.reduce((sum, weight) => sum + weight, 0);
/** Made once: sines of each frame would take more of the processor than the bot in this process. */
const waves = new Map<Tone, Wave>(
  tonesHz.map((hz) => {
    const angle = (2 * Math.PI * hz) / rateHz;
    const real = hann.map((weight, n) => weight * Math.cos(angle * n));
    const imaginary = hann.map((weight, n) => weight * Math.sin(angle * n));
    return [hz, { real, imaginary }];
  }),
);

function measurePeak(samples: Int16Array, hz: Tone) {
  const wave = waves.get(hz);
  let [real, imaginary] = [0, 0];
  for (let n = 0; n < frameSamples; n++) {
    const sample = samples[n] ?? 0;
    real += sample * (wave?.real[n] ?? 0);
    imaginary += sample * (wave?.imaginary[n] ?? 0);
  }
  return (2 * Math.hypot(real, imaginary)) / hannSum;
}
