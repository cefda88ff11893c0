import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import type { Pcm } from '#src/audio/pcm.ts';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { createCrowdedError, createNotAudioError } from './fetch/sound-refusals.ts';

export type FfmpegOptions = {
  readonly path: string;
  /** Name of the container format. ffmpeg never guesses it. */
  readonly demuxer: string;
  /** The bytes have an end, so that ffmpeg may keep them in a file of its own and go back: phones write the index of an MP4 last. */
  readonly isOfKnownLength?: boolean;
  /** Counts the program while it runs. Throws at the limit. */
  readonly countProgram?: () => Disposable;
};

const rateHz = 48_000;
const frameBytes = 4;
/** No picture and no table needs more at once. */
const maxAllocBytes = 64 * 1024 * 1024;

/** Each takes up to 64 MB. */
const maxPrograms = 16;

/**
 * Decodes a format that only ffmpeg knows to 48 kHz stereo. Throws BotError `source.not_audio`, and errors of
 * `bytes`.
 */
export async function* decodeByFfmpeg(
  bytes: AsyncIterable<Uint8Array>,
  skipMs: number,
  { countProgram, ...program }: FfmpegOptions,
  signal: AbortSignal,
): AsyncGenerator<Pcm> {
  signal.throwIfAborted();
  using _ = countProgram?.();
  const { child, failure, input } = startFfmpeg(program, skipMs, bytes);
  const pieces = child.stdout[Symbol.asyncIterator]();
  let [remainder, hasSound]: [Buffer, boolean] = [Buffer.alloc(0), false];
  try {
    for (;;) {
      const next = waitUnlessAborted(pieces.next(), failure);
      const { value, done } = await waitUnlessAborted(next, signal);
      if (done) break;
      const output: Buffer = Buffer.concat([remainder, value]);
      remainder = output.subarray(output.length - (output.length % frameBytes));
      hasSound ||= output.length >= frameBytes;
      if (output.length >= frameBytes)
        yield toPcm(output.subarray(0, output.length - remainder.length));
    }
    if (!hasSound) throw createNotAudioError('ffmpeg found no sound in it');
  } finally {
    child.kill('SIGKILL');
    input.destroy();
    child.stdin.destroy();
  }
}

/** Starts the program. `failure` aborts with an error of `bytes`, or if the program did not start. */
function startFfmpeg(
  { path, ...input }: Omit<FfmpegOptions, 'countProgram'>,
  skipMs: number,
  bytes: AsyncIterable<Uint8Array>,
) {
  const child = spawn(path, toFfmpegArguments(input, skipMs), {
    env: {},
    stdio: ['pipe', 'pipe', 'ignore'],
    windowsHide: true,
  });
  const failing = new AbortController();
  child.on('error', (cause) =>
    failing.abort(createNotAudioError('ffmpeg did not start', cause)),
  );
  child.stdin.on('error', () => undefined); // ffmpeg reads no further than it needs.
  // Pieces pass one by one, at the pace of ffmpeg.
  const source = Readable.from(bytes, { highWaterMark: 1 });
  source.on('error', (cause) => failing.abort(cause)).pipe(child.stdin);
  return { child, failure: failing.signal, input: source };
}

function toFfmpegArguments(
  {
    demuxer,
    isOfKnownLength = false,
  }: Pick<FfmpegOptions, 'demuxer' | 'isOfKnownLength'>,
  skipMs: number,
) {
  const isCached = isOfKnownLength && demuxer === 'mov';
  const [protocols, input] = isCached
    ? ['pipe,cache', 'cache:pipe:0']
    : ['pipe', 'pipe:0'];
  return [
    ...['-nostdin', '-hide_banner', '-loglevel', 'error', '-threads', '1'],
    ...['-max_alloc', `${maxAllocBytes}`, '-protocol_whitelist', protocols],
    ...['-f', demuxer, '-i', input, '-ss', (skipMs / 1000).toFixed(3)],
    ...['-map', '0:a:0', '-vn', '-sn', '-dn', '-ac', '2', '-ar', `${rateHz}`],
    ...['-threads', '1', '-f', 's16le', 'pipe:1'],
  ];
}

/** Converts samples, little-endian as on every machine that runs Node. */
function toPcm(bytes: Buffer): Pcm {
  return {
    samples: new Int16Array(Uint8Array.from(bytes).buffer),
    rateHz,
    channels: 2,
  };
}

/**
 * Creates a limit of running ffmpeg programs. A call counts one until disposed. Throws BotError `source.crowded`.
 */
export function createProgramLimit(): () => Disposable {
  let running = 0;
  return () => {
    if (running >= maxPrograms) throw createCrowdedError();
    running++;
    return { [Symbol.dispose]: () => void running-- };
  };
}
