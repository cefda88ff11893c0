import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { SoundChunk } from '#src/audio/sound-source.ts';
import type { Clock } from '#src/base/clock.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import { refusals } from '#src/sources/fetch/refusals.ts';

export type FfmpegOptions = {
  /** Absolute path of the program. */
  readonly path: string;
  readonly clock: Clock;
  /** Longest it may give nothing although its next sound is waited for; 30 s. */
  readonly silentMs?: number;
  /** Counts the program while it runs. Throws where no other may be started. */
  readonly start?: () => Disposable;
};

/** Container to read, by ffmpeg's name for it; ffmpeg never guesses it. */
export type FfmpegPlan = { readonly demuxer: string; readonly skipMs: number };

const rateHz = 48_000;
const frameBytes = 4;
const usualSilentMs = 30_000;
const longestComplaint = 500;
/** No picture and no table needs more at once. */
const mostAllocBytes = 64 * 1024 * 1024;

type Ffmpeg = ChildProcessByStdio<Writable, Readable, Readable>;

/** Programs that run at once, in the bot and for one server: each takes up to 64 MB and a share of a core. */
const most = { inAll: 16, perServer: 4 } as const;

/** Finds the program on a `PATH`; undefined where there is none. */
export function findFfmpeg(pathVariable: string): string | undefined {
  const name = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
  const folders = pathVariable.split(delimiter).filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Sound of a format only ffmpeg knows, 48 kHz stereo, through a program that reads only its input and gets no part of our
 * environment. Ends with it; back-pressure is that of the two pipes.
 *
 * Errors: BotError `source.not_audio`, and those of `bytes`. Aborting `signal` throws `signal.reason`.
 */
export async function* throughFfmpeg(
  bytes: AsyncIterable<Uint8Array>,
  plan: FfmpegPlan,
  { path, clock, silentMs = usualSilentMs, start }: FfmpegOptions,
  signal: AbortSignal,
): AsyncGenerator<SoundChunk> {
  signal.throwIfAborted();
  using _ = start?.();
  const child = spawn(path, argumentsFor(plan), { env: {}, stdio: 'pipe', windowsHide: true });
  const fed = feed(bytes, child);
  const pieces = child.stdout[Symbol.asyncIterator]();
  const tooLate = () => refusals.notAudio('it decodes too slowly');
  let [rest, hasSound]: [Buffer, boolean] = [Buffer.alloc(0), false];
  try {
    for (;;) {
      const next = within(unlessAborted(pieces.next(), fed.failed), silentMs, clock, tooLate);
      const { value, done } = await unlessAborted(next, signal);
      if (done) break;
      const all: Buffer = Buffer.concat([rest, value]);
      rest = all.subarray(all.length - (all.length % frameBytes));
      hasSound ||= all.length >= frameBytes;
      if (all.length >= frameBytes) yield chunkOf(all.subarray(0, all.length - rest.length));
    }
    if (!hasSound) throw refusals.notAudio('ffmpeg found no sound in it', fed.complaint());
  } finally {
    child.kill('SIGKILL');
    fed.close();
  }
}

/** Settles when the program takes more, or is gone. Its listeners are taken off again. */
async function drained(stdin: Writable): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  try {
    await Promise.race([once(stdin, 'drain', { signal }), once(stdin, 'close', { signal })]);
  } catch {
    // it reads no further than it needs
  } finally {
    over.abort();
  }
}

function argumentsFor({ demuxer, skipMs }: FfmpegPlan): readonly string[] {
  return [
    ...['-nostdin', '-hide_banner', '-loglevel', 'error', '-threads', '1'],
    ...['-max_alloc', `${mostAllocBytes}`, '-protocol_whitelist', 'pipe'],
    ...['-f', demuxer, '-i', 'pipe:0', '-ss', (Math.max(0, skipMs) / 1000).toFixed(3)],
    ...['-map', '0:a:0', '-vn', '-sn', '-dn', '-ac', '2', '-ar', `${rateHz}`],
    ...['-threads', '1', '-f', 's16le', 'pipe:1'],
  ];
}

function chunkOf(bytes: Buffer): SoundChunk {
  const samples = new Int16Array(bytes.length / 2);
  for (let n = 0; n < samples.length; n++) samples[n] = bytes.readInt16LE(2 * n);
  return { kind: 'pcm', pcm: { samples, rateHz, channels: 2 } };
}

/** Hands `bytes` over as fast as they are accepted. An error of theirs, or the end of the program, aborts `failed`. */
function feed(bytes: AsyncIterable<Uint8Array>, child: Ffmpeg) {
  const failed = new AbortController();
  let [complaint, isOver] = ['', false];
  child.on('error', (cause) => failed.abort(refusals.notAudio('ffmpeg did not start', cause)));
  child.stdin.on('error', () => undefined); // it reads no further than it needs
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(0, longestComplaint);
  });
  const written = async () => {
    for await (const piece of bytes) {
      if (isOver || child.stdin.destroyed) return;
      if (!child.stdin.write(piece)) await drained(child.stdin);
    }
    child.stdin.end();
  };
  written().catch((cause: unknown) => failed.abort(cause));
  return {
    failed: failed.signal,
    complaint: () => complaint,
    close() {
      isOver = true;
      child.stdin.destroy();
    },
  };
}

/** The ffmpeg programs that run, by server. */
export class FfmpegPrograms {
  readonly #running = new Map<string, number>();

  /** Throws BotError `source.crowded` where no other may be started. */
  check(guildId: string): void {
    const all = [...this.#running.values()].reduce((sum, one) => sum + one, 0);
    if (all >= most.inAll || (this.#running.get(guildId) ?? 0) >= most.perServer)
      throw refusals.crowded();
  }

  /** One is started, until this is disposed of. Throws as `check`. */
  start(guildId: string): Disposable {
    this.check(guildId);
    this.#running.set(guildId, (this.#running.get(guildId) ?? 0) + 1);
    let isOver = false;
    return {
      [Symbol.dispose]: () => {
        if (isOver) return;
        isOver = true;
        const others = (this.#running.get(guildId) ?? 1) - 1;
        if (others > 0) this.#running.set(guildId, others);
        else this.#running.delete(guildId);
      },
    };
  }
}
