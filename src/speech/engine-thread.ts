import { Worker } from 'node:worker_threads';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { within } from '#src/provider/within.ts';
import type { Birth, FromEngine, Job } from './engine-messages.ts';

export type ThreadOptions = {
  /** As messages name it, say `speech recogniser`. */
  readonly name: string;
  readonly entry: URL;
  /** Until the engine is warm. */
  readonly startLimitMs: number;
  readonly clock: Clock;
  /** 0 to 1 while the engine loads. */
  readonly onProgress?: (fraction: number) => void;
};

export type JobEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: BotError }
  /** The thread is gone and so is this object's use. */
  | { readonly kind: 'died'; readonly error: BotError };

type Listener<Out> = (message: FromEngine<Out>) => void;

/** One worker thread with one engine, doing one job at a time. */
export class EngineThread<In, Out> {
  readonly #options: ThreadOptions;
  readonly #worker: Worker;
  readonly #unwanted = new Int32Array(new SharedArrayBuffer(4));
  readonly #died = Promise.withResolvers<JobEnd>();
  #listener: Listener<Out> | undefined;
  #lastId = 0;
  #alive = true;

  private constructor(options: ThreadOptions) {
    this.#options = options;
    const workerData: Birth = { unwanted: this.#unwanted };
    const quiet = { stdout: true, stderr: true };
    this.#worker = new Worker(options.entry, { workerData, env: {}, execArgv: [], ...quiet });
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.on('message', (message: FromEngine<Out>) => this.#listener?.(message));
    this.#worker.on('error', (cause) => this.#bury(cause));
    this.#worker.on('exit', () => this.#bury());
  }

  /** Resolves when the engine is warm. Errors: BotError `speech.failed`. */
  static async start<In, Out>(options: ThreadOptions): Promise<EngineThread<In, Out>> {
    const thread = new EngineThread<In, Out>(options);
    const end = await thread.#bound(thread.#warm(), options.startLimitMs);
    if (end.kind === 'done') return thread;
    await thread.stop();
    throw end.error;
  }

  get alive(): boolean {
    return this.#alive;
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
    const end = await this.#bound(this.#result(id, onOut), limitMs);
    signal.removeEventListener('abort', leave);
    this.#worker.unref();
    return end;
  }

  async stop(): Promise<void> {
    this.#bury();
    await this.#worker.terminate();
  }

  async #bound(work: Promise<JobEnd>, ms: number): Promise<JobEnd> {
    const { name, clock } = this.#options;
    const tooSlow = new BotError(
      'speech.failed',
      true,
      `The ${name} was too slow and is restarted.`,
    );
    try {
      return await within(Promise.race([work, this.#died.promise]), ms, clock, () => tooSlow);
    } catch (error) {
      if (error !== tooSlow) throw error;
      this.stop().catch(() => {}); // A thread that does not even stop is out of reach.
      return { kind: 'failed', error: tooSlow };
    } finally {
      this.#listener = undefined;
    }
  }

  #warm(): Promise<JobEnd> {
    return new Promise((resolve) => {
      this.#listener = (message) => {
        if (message.kind === 'progress') this.#options.onProgress?.(message.fraction);
        if (message.kind === 'broken') {
          resolve({ kind: 'failed', error: new BotError('speech.failed', false, message.message) });
        }
        if (message.kind !== 'ready') return;
        this.#worker.unref();
        resolve({ kind: 'done' });
      };
    });
  }

  #result(id: number, onOut: (value: Out) => void): Promise<JobEnd> {
    return new Promise((resolve) => {
      this.#listener = (message) => {
        if (!('id' in message) || message.id !== id) return;
        if (message.kind === 'out') onOut(message.value);
        else if (message.kind === 'done') resolve({ kind: 'done' });
        else {
          const error = new BotError(message.code, false, message.message);
          resolve({ kind: 'failed', error });
        }
      };
    });
  }

  #bury(cause?: unknown): void {
    this.#alive = false;
    const message = `The ${this.#options.name} stopped working.`;
    const error = new BotError('speech.failed', true, message, cause);
    this.#died.resolve({ kind: 'died', error });
  }
}
