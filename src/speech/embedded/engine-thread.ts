import { Worker } from 'node:worker_threads';
import type { Clock } from '#src/base/clock.ts';
import { compileCacheEnvironment } from '#src/base/compile-cache.ts';
import { BotError } from '#src/base/errors.ts';
import { within } from '#src/base/waiting.ts';
import type { Birth, FromEngine, Job } from './engine-messages.ts';

export type EngineThreadOptions = {
  /** Name in messages, say `speech recogniser`. */
  readonly name: string;
  readonly entry: URL;
  /** Longest time until the engine is warm, in ms. */
  readonly startLimitMs: number;
  readonly clock: Clock;
};

export type JobEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: BotError }
  /** The thread is gone and so is this object's use. */
  | { readonly kind: 'died'; readonly error: BotError };

/** An engine's memory lies outside the heap; a larger young generation would only keep garbage of loading. */
const resourceLimits = { maxYoungGenerationSizeMb: 3 };

/** Current work of the thread: loading, or one job. */
type Current<Out> = {
  readonly listen: (message: FromEngine<Out>) => void;
  readonly end: (end: JobEnd) => void;
};

/** One worker thread with one engine, doing one job at a time. */
export class EngineThread<In, Out> {
  readonly #options: EngineThreadOptions;
  readonly #worker: Worker;
  readonly #unwanted = new Int32Array(new SharedArrayBuffer(4));
  #current: Current<Out> | undefined;
  #lastId = 0;
  #death: JobEnd | undefined;

  private constructor(options: EngineThreadOptions) {
    this.#options = options;
    const workerData: Birth = { unwanted: this.#unwanted };
    const env = compileCacheEnvironment();
    const bare = { env, execArgv: [], stdout: true, stderr: true };
    this.#worker = new Worker(options.entry, { workerData, ...bare, resourceLimits });
    this.#worker.on('message', (message: FromEngine<Out>) => this.#current?.listen(message));
    this.#worker.on('error', (cause) => this.#bury(cause));
    this.#worker.on('exit', () => this.#bury());
  }

  /** Resolves when the engine is warm. Errors: BotError `speech.failed`. */
  static async start<In, Out>(options: EngineThreadOptions): Promise<EngineThread<In, Out>> {
    const thread = new EngineThread<In, Out>(options);
    const end = await thread.#bound((end) => thread.#warm(end), options.startLimitMs);
    if (end.kind === 'done') return thread;
    await thread.stop();
    throw end.error;
  }

  get alive(): boolean {
    return this.#death === undefined;
  }

  /** A job that is not done after `limitMs` takes the thread down with it. */
  async perform(
    input: In,
    limitMs: number,
    onOut: (value: Out) => void,
    signal: AbortSignal,
  ): Promise<JobEnd> {
    const id = ++this.#lastId;
    const leave = () => Atomics.store(this.#unwanted, 0, id);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave);
    this.#worker.ref();
    const job: Job<In> = { id, input };
    this.#worker.postMessage(job);
    const end = await this.#bound((end) => this.#result(id, onOut, end), limitMs);
    signal.removeEventListener('abort', leave);
    this.#worker.unref();
    return end;
  }

  async stop(): Promise<void> {
    this.#bury();
    await this.#worker.terminate();
  }

  async #bound(
    listener: (end: (end: JobEnd) => void) => (message: FromEngine<Out>) => void,
    ms: number,
  ): Promise<JobEnd> {
    const { promise, resolve } = Promise.withResolvers<JobEnd>();
    this.#current = { listen: listener(resolve), end: resolve };
    if (this.#death) resolve(this.#death);
    const { name, clock } = this.#options;
    const tooSlow = new BotError(
      'speech.failed',
      true,
      `The ${name} was too slow and is restarted.`,
    );
    try {
      return await within(promise, ms, clock, () => tooSlow);
    } catch (error) {
      if (error !== tooSlow) throw error;
      this.stop().catch(() => {}); // A thread that does not even stop is out of reach.
      return { kind: 'failed', error: tooSlow };
    } finally {
      this.#current = undefined;
    }
  }

  #warm(end: (end: JobEnd) => void): (message: FromEngine<Out>) => void {
    return (message) => {
      if (message.kind === 'broken') {
        end({ kind: 'failed', error: new BotError('speech.failed', false, message.message) });
      }
      if (message.kind !== 'ready') return;
      this.#worker.unref();
      end({ kind: 'done' });
    };
  }

  #result(
    id: number,
    onOut: (value: Out) => void,
    end: (end: JobEnd) => void,
  ): (message: FromEngine<Out>) => void {
    return (message) => {
      if (!('id' in message) || message.id !== id) return;
      if (message.kind === 'out') onOut(message.value);
      else if (message.kind === 'done') end({ kind: 'done' });
      else end({ kind: 'failed', error: new BotError(message.code, false, message.message) });
    };
  }

  #bury(cause?: unknown): void {
    const message = `The ${this.#options.name} stopped working.`;
    const error = new BotError('speech.failed', true, message, cause);
    this.#death ??= { kind: 'died', error };
    this.#current?.end(this.#death);
  }
}
