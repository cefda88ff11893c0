import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Clock } from '#src/base/clock.ts';
import { compileCacheEnvironment } from '#src/base/compile-cache.ts';
import { BotError } from '#src/base/errors.ts';
import { within } from '#src/base/waiting.ts';
import type {
  FromEncoder,
  SoundEncoder,
  SoundToEncode,
  ThreadedFormat,
  ToEncoder,
} from './sound-encoder.ts';

/** Longest time, in ms, for one piece of sound, the loading of a library counted. */
const longestMs = 10_000;
/** Time in ms that the thread stays after its last sound: the next one begins sooner. */
const idleMs = 60_000;
/** The memory of the libraries lies outside the heap. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 2 };
const entry = new URL('./encoder-worker.ts', import.meta.url);

/**
 * Thread that encodes all sounds that are not encoded on the main thread: to load a library holds a thread for 40 ms and more.
 * Each sound has a channel of messages of its own, which closes with the sound or with the thread.
 */
export class EncoderThread {
  readonly #clock: Clock;
  readonly #worker: Worker;
  readonly #open = new Set<MessagePort>();
  #isAlive = true;
  #cause: unknown;
  #forgetIdle: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    const bare = { env: compileCacheEnvironment(), argv: [], execArgv: [], stdout: true };
    this.#worker = new Worker(entry, { ...bare, stderr: true, resourceLimits });
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.unref();
    this.#worker.on('error', (cause) => {
      this.#cause = cause;
    });
    this.#worker.on('exit', () => this.#bury());
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  open(format: ThreadedFormat): SoundEncoder {
    const { port1: port, port2 } = new MessageChannel();
    this.#open.add(port);
    this.#forgetIdle();
    const sound: SoundToEncode = { format, port: port2 };
    this.#worker.postMessage(sound, [port2]);
    let waiting: PromiseWithResolvers<Uint8Array> | undefined;
    port.on('message', (answer: FromEncoder) => {
      if (typeof answer === 'string') waiting?.reject(failed(answer));
      else waiting?.resolve(answer);
    });
    port.on('close', () => waiting?.reject(failed('it has ended', this.#cause)));
    port.unref();
    const ask = async (message: ToEncoder): Promise<Uint8Array> => {
      if (!this.#isAlive) throw failed('it has ended', this.#cause);
      waiting = Promise.withResolvers();
      port.postMessage(message);
      return await within(waiting.promise, longestMs, this.#clock, () => {
        this.stop().catch(() => undefined); // one that does not even stop is out of reach
        return failed('it was too slow');
      });
    };
    return {
      push: (samples) => ask(samples.slice()),
      end: () => ask('end'),
      [Symbol.dispose]: () => this.#close(port),
    };
  }

  async stop(): Promise<void> {
    this.#bury();
    await this.#worker.terminate();
  }

  #close(port: MessagePort): void {
    if (!this.#open.delete(port)) return;
    port.close();
    if (this.#open.size > 0 || !this.#isAlive) return;
    const stop = () => void this.stop().catch(() => undefined);
    this.#forgetIdle = this.#clock.later(idleMs, stop);
  }

  #bury(): void {
    this.#isAlive = false;
    this.#forgetIdle();
  }
}

function failed(why: string, cause?: unknown): BotError {
  const message = `The thread that encodes sound failed: ${why}.`;
  return new BotError('audio.encoder_failed', true, message, cause);
}
