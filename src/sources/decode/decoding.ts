import type { ChildProcess } from 'node:child_process';
import type { Pcm } from '#src/audio/pcm.ts';
import { waitUnlessAborted, withTimeout } from '#src/base/bounded-wait.ts';
import { forkChild } from '#src/base/child/child-port.ts';
import type { Clock } from '#src/base/clock.ts';
import type { BotError } from '#src/base/errors.ts';
import {
  createNotAudioError,
  createUnreachableError,
} from '#src/sources/fetch/sound-refusals.ts';
import type {
  DecodePlan,
  FeedResult,
  FromDecoder,
  ToDecoder,
} from './decode-messages.ts';

type DecodingOptions = {
  readonly clock: Clock;
  readonly entry?: URL;
  /** A process that takes longer for one piece is killed. */
  readonly stepMs?: number;
};

/** The longest call took 30 ms (4 kB, cold). A busy machine gets more. */
const defaultStepMs = 5_000;
/** Each takes 57 MB and 4 threads with all decoders loaded. */
const maxProcesses = 8;
/** 2 s of MP3. Each exchange costs as much as mixing half a second. */
const feedBytes = 32 * 1024;

/** The files of one process share its crash. */
const filesEach = 4;

/**
 * Decodes files of strangers in child processes, up to four files each, and more only when eight run. A file that
 * breaks its process fails the others.
 */
export class Decoding implements AsyncDisposable {
  readonly #options: Required<DecodingOptions>;
  #processes: readonly DecodingProcess[] = [];

  constructor({
    clock,
    entry = defaultEntry,
    stepMs = defaultStepMs,
  }: DecodingOptions) {
    this.#options = { clock, entry, stepMs };
  }

  /**
   * Decodes sound as it is read, in pieces of about a second. The first bytes decide the format.
   *
   * A truncated file gives its first part. Throws BotError `source.not_audio`, `source.unreachable` if another
   * file broke the process or somebody killed it, and errors of `bytes`.
   */
  async *decodeSound(
    bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    plan: DecodePlan,
    signal: AbortSignal,
  ): AsyncGenerator<Pcm> {
    using file = this.#findLeastBusy().openFile(plan);
    const { rateHz, channels } = plan;
    let hasSound = false;
    for await (const { piece, isLast } of toFeeds(bytes)) {
      for (let hasMore = true, unfed = piece; hasMore; unfed = noBytes) {
        signal.throwIfAborted();
        const result = await waitUnlessAborted(file.feedBytes(unfed, isLast), signal);
        signal.throwIfAborted();
        hasSound ||= result.hasSound;
        ({ hasMore } = result);
        const { samples } = result;
        if (samples.length > 0) yield { samples, rateHz, channels };
      }
    }
    if (!hasSound) throw createNotAudioError('it contains no sound');
  }

  /** Kills all processes and waits for their ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.stopProcess()));
  }

  #findLeastBusy() {
    this.#processes = this.#processes.filter(({ isAlive }) => isAlive);
    const [leastBusy] = this.#processes.toSorted((a, b) => a.files - b.files);
    const isFull = this.#processes.length >= maxProcesses;
    if (leastBusy && (leastBusy.files < filesEach || isFull)) return leastBusy;
    const process = new DecodingProcess(this.#options);
    this.#processes = [...this.#processes, process];
    return process;
  }
}

const defaultEntry = new URL('../decoder-main.ts', import.meta.url);

const noBytes = new Uint8Array(0);

async function* toFeeds(bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; at += feedBytes) {
      yield { piece: chunk.subarray(at, at + feedBytes), isLast: false };
    }
  }
  yield { piece: noBytes, isLast: true };
}

/** Extra time for the first answer, as loading the decoders takes 300 ms. */
const startMs = 10_000;
/** A process without a file ends after this time. */
const idleMs = 30_000;
/** Decoders limit their own memory, which lies outside the heap. */
const flags = ['--max-old-space-size=64'];

interface FileInProcess extends Disposable {
  /**
   * Decodes further bytes. Throws BotError `source.not_audio`, or `source.unreachable` if another file ended the
   * process.
   */
  feedBytes(bytes: Uint8Array, isLast: boolean): Promise<FeedResult>;
}

/** A child process that decodes files of strangers, one piece at a time. */
class DecodingProcess {
  readonly #options: Required<DecodingOptions>;
  readonly #exit = Promise.withResolvers<void>();
  /** Undefined if the system cannot start another process. */
  readonly #child: ChildProcess | undefined;
  #lastExchange: Promise<unknown> = Promise.resolve();
  #hasAnswered = false;
  #waiting: PromiseWithResolvers<FeedResult> | undefined;
  #lastId = 0;
  #files = 0;
  #cancelIdleEnd: (() => void) | undefined;
  #isDead = false;
  #isLeft = false;

  constructor(options: Required<DecodingOptions>) {
    this.#options = options;
    this.#child = forkChild(options.entry, flags);
    if (!this.#child) this.#failAll();
    this.#child?.on('message', (message: FromDecoder) => this.#onMessage(message));
    // Its exit, which comes with it, tells why.
    this.#child?.on('disconnect', () => {
      this.#isLeft = true;
    });
    this.#child?.on('error', () => this.#onEnd(null));
    this.#child?.on('exit', (_, killedBy) => this.#onEnd(killedBy));
  }

  /** False once the process has failed or was stopped. */
  get isAlive(): boolean {
    return !this.#isDead && !this.#isLeft;
  }

  /** Number of open files. */
  get files(): number {
    return this.#files;
  }

  /** Opens a file, until disposed. The process ends 30 s after the last one. */
  openFile(plan: DecodePlan): FileInProcess {
    const id = ++this.#lastId;
    this.#files++;
    this.#cancelIdleEnd?.();
    return {
      feedBytes: (bytes, isLast) =>
        this.#sendAndWait({ kind: 'feed', id, plan, bytes, isLast }),
      [Symbol.dispose]: () => this.#closeFile(id),
    };
  }

  /** Kills the process and waits for its end. */
  async stopProcess(): Promise<void> {
    this.#failAll();
    if (this.#child) await this.#exit.promise;
  }

  #onMessage(message: FromDecoder) {
    this.#hasAnswered = true;
    if (message.kind === 'damaged')
      this.#waiting?.reject(createNotAudioError(message.reason));
    else this.#waiting?.resolve(message);
  }

  #closeFile(id: number) {
    this.#sendMessage({ kind: 'close', id });
    this.#files--;
    if (this.#files > 0 || this.#isDead) return;
    this.#cancelIdleEnd = this.#options.clock.later(idleMs, () => this.#failAll());
  }

  #sendAndWait(message: ToDecoder) {
    const answer = this.#lastExchange.then(() => this.#askNow(message));
    this.#lastExchange = answer.catch(() => undefined);
    return answer;
  }

  async #askNow(message: ToDecoder) {
    if (this.#isDead) throw createUnreachableError('another file stopped its decoder');
    const { clock, stepMs } = this.#options;
    const answer = Promise.withResolvers<FeedResult>();
    this.#waiting = answer;
    this.#sendMessage(message);
    try {
      const limitMs = this.#hasAnswered ? stepMs : startMs + stepMs;
      return await withTimeout(answer.promise, limitMs, clock, () => {
        this.#waiting = undefined;
        this.#failAll();
        return createNotAudioError('it decodes too slowly');
      });
    } finally {
      this.#waiting = undefined;
    }
  }

  #sendMessage(message: ToDecoder) {
    if (!this.#isDead) this.#child?.send(message, () => undefined); // Events report the end of the process.
  }

  /** A file may break its decoder, but not by SIGKILL: so the system ends what it has no memory for. */
  #onEnd(killedBy: string | null) {
    this.#failAll(
      killedBy === 'SIGKILL'
        ? createUnreachableError('its decoder was killed')
        : undefined,
    );
    this.#exit.resolve();
  }

  #failAll(error: BotError = createNotAudioError('its decoder crashed')) {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#cancelIdleEnd?.();
    this.#child?.kill('SIGKILL'); // SIGKILL also ends a process that hangs.
    this.#waiting?.reject(error);
  }
}
