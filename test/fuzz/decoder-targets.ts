import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { sniffFormat } from '#src/audio/formats/sniff-format.ts';
import { BotError } from '#src/base/errors.ts';
import { DecodeStream } from '#src/sources/decode/decode-stream.ts';
import { measureSoundLengthMs } from '#src/sources/sound-sources.ts';
import { fc } from '#test/properties.ts';
import {
  type FuzzResult,
  type FuzzTarget,
  measureCpuMs,
  toResult,
} from './fuzz-target.ts';
import { soundFiles } from './sound-files.ts';

/** Longest step of a decoding process, in ms of CPU time; after 2,000 ms it is ended. */
const maxStepMs = 1_000;
/** Longest look at a file, in ms of CPU time. */
const maxCheckMs = 200;
/** 15 bytes of FLAC hold two seconds, and a frame has at least 10; in ms for each byte. */
const maxSoundMs = 300;
/** Memory that all decoders together may add after many files, in MB. */
const maxGrownMb = 400;

/** Coders outside the heap are freed with their garbage, which nobody collects for their sake. */
const collectedCases = 1_000;

const pieceBytes = fc.constantFrom(1_000, 4_096, 16_384);
const allWants = [
  { rateHz: 16_000, channels: 1 },
  { rateHz: 48_000, channels: 2 },
] as const;
const wants = fc.constantFrom(...allWants);
const skips = fc.constantFrom(0, 0, 0, 500);

/** Everything a stranger's file is decoded and looked at by. */
export const decoderTargets: readonly FuzzTarget[] = Object.entries(soundFiles).flatMap(
  ([name, files]) => [
    decoderTarget(
      `decode-${name}`,
      fc.tuple(files, pieceBytes, wants, skips),
      decodeCase,
    ),
    decoderTarget(`inspect-${name}`, files, checkBytes),
  ],
);

/** Decodes a file for each use and looks at it, within the limits of the targets. */
export async function replaySound(bytes: Buffer) {
  await ignoreErrors(async () => {
    for (const want of allWants) await decodeCase([bytes, 4_096, want, 0]);
    await checkBytes(bytes);
  });
}

function decoderTarget<Input>(
  name: string,
  inputs: fc.Arbitrary<Input>,
  read: (input: Input) => Promise<number>,
): FuzzTarget {
  return {
    name,
    checkInputs: (cases, seed, around = (reading) => reading()) =>
      ignoreErrors(() =>
        checkInputs(inputs, (input) => around(() => read(input)), cases, seed),
      ),
  };
}

/** Decoders print every flaw. */
async function ignoreErrors<Result>(work: () => Promise<Result>) {
  const printing = { ...console };
  Object.assign(console, { error() {}, warn() {}, log() {} });
  try {
    return await work();
  } finally {
    Object.assign(console, printing);
  }
}

async function checkInputs<Input>(
  inputs: fc.Arbitrary<Input>,
  read: (input: Input) => Promise<number>,
  cases: number,
  seed: number,
): Promise<FuzzResult> {
  const beforeMb = process.memoryUsage.rss() / 1e6;
  let [slowestMs, count] = [0, 0];
  const property = fc.asyncProperty(inputs, async (input) => {
    slowestMs = Math.max(slowestMs, await read(input));
    const grownMb =
      ++count % collectedCases === 0 ? (await measureKeptMb()) - beforeMb : 0;
    if (grownMb > maxGrownMb) throw new Error(`It took ${Math.round(grownMb)} MB.`);
  });
  const details = await fc.check(property, {
    numRuns: cases,
    seed,
    endOnFailure: true,
  });
  return toResult(details, cases, slowestMs);
}

/** Resident memory once everything that can be let go is. */
async function measureKeptMb() {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let n = 0; n < 5; n++) {
    collect();
    await new Promise((later) => setTimeout(later, 20)); // buffers are swept aside
  }
  return process.memoryUsage.rss() / 1e6;
}

type DecoderCase = [
  bytes: Buffer,
  pieceBytes: number,
  want: (typeof allWants)[number],
  skipMs: number,
];

/** Totals of the steps of one file. */
type Steps = { slowestMs: number; soundMs: number; count: number };

/** CPU time of the slowest step. Throws what the decoding process would not call damage. */
async function decodeCase([bytes, size, want, skipMs]: DecoderCase) {
  const stream = new DecodeStream({ ...want, skipMs });
  const steps: Steps = { slowestMs: 0, soundMs: 0, count: 0 };
  try {
    await feedAll(stream, want, bytes, size, steps);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  } finally {
    stream.free();
  }
  const { count, slowestMs, soundMs } = steps;
  if (slowestMs > maxStepMs)
    throw new Error(`A step took ${Math.round(slowestMs)} ms.`);
  if (!(soundMs <= bytes.length * maxSoundMs + 1_000))
    throw new Error(`It gave ${soundMs} ms.`);
  if (count > bytes.length / 8 + 100) throw new Error(`It took ${count} steps.`);
  return slowestMs;
}

async function feedAll(
  stream: DecodeStream,
  { rateHz, channels }: DecoderCase[2],
  bytes: Buffer,
  size: number,
  steps: Steps,
) {
  for (let at = 0, hasMore = false; at < bytes.length || hasMore; steps.count++) {
    const piece = hasMore ? Buffer.alloc(0) : bytes.subarray(at, at + size);
    at += piece.length;
    const usageBefore = process.threadCpuUsage();
    const fed = await stream.feedBytes(piece, at >= bytes.length);
    steps.slowestMs = Math.max(steps.slowestMs, measureCpuMs(usageBefore));
    steps.soundMs += fed.samples.length / ((rateHz / 1000) * channels);
    ({ hasMore } = fed);
  }
}

/**
 * A plain Error is how a decoder says that a file is damaged, and a trap is how its WebAssembly is kept within its own
 * memory, which is one file's; any other is a mistake of ours.
 */
function isRefusal(error: unknown) {
  if (error instanceof BotError) return true;
  if (error instanceof Error && error.name === 'RuntimeError') return true;
  return error instanceof Error && Object.getPrototypeOf(error) === Error.prototype;
}

/** CPU time of a look at a file, which never throws. */
async function checkBytes(bytes: Buffer) {
  const usageBefore = process.threadCpuUsage();
  const sniffed = sniffFormat(bytes, true);
  const format = sniffed.kind === 'format' ? sniffed.format : 'ogg';
  const sizeBytes = bytes.length;
  const lengthMs =
    measureSoundLengthMs(format, { start: bytes, tail: bytes, sizeBytes }) ?? 0;
  if (!(lengthMs >= 0)) throw new Error(`It is ${lengthMs} ms long.`);
  const ms = measureCpuMs(usageBefore);
  if (ms > maxCheckMs) throw new Error(`It was looked at for ${Math.round(ms)} ms.`);
  return ms;
}
