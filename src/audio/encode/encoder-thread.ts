import { Worker } from 'node:worker_threads';
import type { Clock } from '#src/base/clock.ts';
import { compileCacheEnvironment } from '#src/base/compile-cache.ts';
import { BotError } from '#src/base/errors.ts';
import { within } from '#src/base/waiting.ts';
import type { FromEncoders, SoundEncoder, ThreadedFormat, ToEncoders } from './sound-encoder.ts';

/** Longest time, in ms, for one piece of sound, the loading of a library counted. */
const longestMs = 10_000;
/** Time in ms that the thread stays after its last sound: the next one begins sooner. */
const idleMs = 60_000;
/** The memory of the libraries lies outside the heap. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 2 };
const entry = new URL('./encoder-worker.ts', import.meta.url);

/** Thread that encodes all sounds that are not encoded on the main thread: to load a library holds a thread for 40 ms and more. */
export class EncoderThread {
  readonly #clock: Clock;
  readonly #worker: Worker;
  /** Requests that wait for bytes, by the id of their sound. */
  readonly #waiting = new Map<number, PromiseWithResolvers<Uint8Array>>();
  readonly #open = new Set<number>();
  #lastId = 0;
  #isAlive = true;
  #forgetIdle: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    const bare = { env: compileCacheEnvironment(), argv: [], execArgv: [], stdout: true };
    this.#worker = new Worker(entry, { ...bare, stderr: true, resourceLimits });
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.unref();
    this.#worker.on('message', (message: FromEncoders) => this.#handle(message));
    this.#worker.on('error', (cause) => this.#bury(failed('it has ended', cause)));
    this.#worker.on('exit', () => this.#bury());
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  open(format: ThreadedFormat): SoundEncoder {
    const id = ++this.#lastId;
    this.#forgetIdle();
    this.#open.add(id);
    this.#send({ kind: 'open', id, format });
    return {
      push: (samples) => this.#ask({ kind: 'push', id, samples: samples.slice() }),
      end: () => this.#ask({ kind: 'end', id }),
      [Symbol.dispose]: () => this.#close(id),
    };
  }

  async stop(): Promise<void> {
    this.#bury();
    await this.#worker.terminate();
  }

  #ask(message: ToEncoders): Promise<Uint8Array> {
    const waiting = Promise.withResolvers<Uint8Array>();
    if (!this.#isAlive) return Promise.reject(failed('it has ended'));
    this.#waiting.set(message.id, waiting);
    this.#send(message);
    return within(waiting.promise, longestMs, this.#clock, () => {
      const late = failed('it was too slow');
      this.#bury(late);
      this.stop().catch(() => undefined); // one that does not even stop is out of reach
      return late;
    });
  }

  #close(id: number): void {
    if (!this.#open.delete(id)) return;
    this.#send({ kind: 'close', id });
    if (this.#open.size > 0 || !this.#isAlive) return;
    const stop = () => void this.stop().catch(() => undefined);
    this.#forgetIdle = this.#clock.later(idleMs, stop);
  }

  #send(message: ToEncoders): void {
    this.#worker.postMessage(message);
  }

  #handle(message: FromEncoders): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'bytes') waiting?.resolve(message.bytes);
    else waiting?.reject(failed(message.message));
  }

  #bury(why: BotError = failed('it has ended')): void {
    this.#isAlive = false;
    this.#forgetIdle();
    for (const waiting of this.#waiting.values()) waiting.reject(why);
    this.#waiting.clear();
  }
}

function failed(why: string, cause?: unknown): BotError {
  const message = `The thread that encodes sound failed: ${why}.`;
  return new BotError('audio.encoder_failed', true, message, cause);
}
