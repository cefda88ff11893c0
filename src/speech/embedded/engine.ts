import { on } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Clock } from '#src/base/clock.ts';
import { compileCacheEnvironment } from '#src/base/compile-cache.ts';
import { BotError } from '#src/base/errors.ts';
import { Mailbox } from '#src/base/loops/mailbox.ts';
import { deadlineSignal } from '#src/base/waiting.ts';
import type { FromEngine } from './serve-engine.ts';

export type EngineOptions = {
  /** Name in messages, say `speech recogniser`. */
  readonly name: string;
  readonly entry: URL;
  /** Longest time until the engine is warm, in ms. */
  readonly startLimitMs: number;
  readonly clock: Clock;
};

/** Jobs that wait beside the one that runs; one more is refused. */
const longestQueue = 32;
/** Limit of unread output, more than any job gives; beyond it the oldest would be lost. */
const mostOutputs = 1024;
/** An engine's memory lies outside the heap; a larger young generation would only keep garbage of loading. */
const resourceLimits = { maxYoungGenerationSizeMb: 3 };

type Task<In, Out> = {
  readonly input: In;
  readonly limitMs: number;
  readonly out: Mailbox<Out>;
  /** The caller's, or its leaving before the end. */
  readonly signal: AbortSignal;
};

/** `unwanted`: 1 once the result of its job is not wanted any more. */
type Thread = { readonly worker: Worker; readonly unwanted: Int32Array };

/** A speech engine in a thread of its own: does jobs in order of call, and restarts when its thread dies. */
export class EmbeddedEngine<In, Out> implements AsyncDisposable {
  readonly #options: EngineOptions;
  #thread: Thread | undefined;
  #queue: Task<In, Out>[] = [];
  #serving = false;
  #closed = false;

  private constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Resolves when the engine is warm. Errors: BotError `speech.failed`. */
  static async open<In, Out>(options: EngineOptions): Promise<EmbeddedEngine<In, Out>> {
    const engine = new EmbeddedEngine<In, Out>(options);
    await engine.#awake();
    return engine;
  }

  /** Queued at once, read or not; `limitMs` counts from the job's own start. Leaving the loop drops the job. */
  run(input: In, limitMs: number, signal: AbortSignal): AsyncIterable<Out> {
    const left = new AbortController();
    const out = new Mailbox<Out>(mostOutputs);
    this.#add({ input, limitMs, out, signal: AbortSignal.any([signal, left.signal]) });
    return readThenLeave(out, signal, left);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const { out } of this.#queue.splice(0)) out.fail(this.#refusal('is closed'));
    await this.#stop();
  }

  #add(task: Task<In, Out>): void {
    if (task.signal.aborted) return;
    this.#queue = this.#queue.filter(({ signal }) => !signal.aborted);
    if (this.#closed) task.out.fail(this.#refusal('is closed'));
    else if (this.#queue.length >= longestQueue)
      task.out.fail(this.#refusal('has reached its limit of waiting tasks'));
    else this.#queue.push(task);
    if (!this.#serving) void this.#serve();
  }

  /** Never throws: an error belongs to the task. */
  async #serve(): Promise<void> {
    this.#serving = true;
    for (let task = this.#queue.shift(); task; task = this.#queue.shift()) {
      if (task.signal.aborted) continue;
      await this.#perform(task).then(
        () => task.out.end(),
        (error: unknown) => task.out.fail(error),
      );
    }
    this.#serving = false;
  }

  async #perform({ input, limitMs, out, signal }: Task<In, Out>): Promise<void> {
    const thread = await this.#awake();
    const { worker, unwanted } = thread;
    const leave = () => Atomics.store(unwanted, 0, 1);
    Atomics.store(unwanted, 0, 0);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave);
    worker.ref();
    worker.postMessage(input);
    try {
      const death = await this.#endOf(thread, limitMs, (value) => out.put(value));
      if (death) throw death;
    } finally {
      signal.removeEventListener('abort', leave);
      worker.unref();
    }
  }

  async #awake(): Promise<Thread> {
    if (this.#closed) throw this.#refusal('is closed');
    if (this.#thread) return this.#thread;
    const unwanted = new Int32Array(new SharedArrayBuffer(4));
    const env = compileCacheEnvironment();
    const bare = { env, execArgv: [], stdout: true, stderr: true };
    const { entry, startLimitMs } = this.#options;
    const worker = new Worker(entry, { workerData: unwanted, ...bare, resourceLimits });
    const thread = { worker, unwanted };
    this.#thread = thread;
    const bury = () => {
      if (this.#thread === thread) this.#thread = undefined;
    };
    worker.on('error', bury);
    worker.on('exit', bury);
    try {
      const death = await this.#endOf(thread, startLimitMs);
      if (!death) return thread;
      throw this.#closed ? this.#refusal('is closed') : death;
    } catch (error) {
      await this.#stop();
      throw error;
    } finally {
      worker.unref();
    }
  }

  /**
   * Waits for the end of what the thread does: of its start, or of one job; the result is the error of a thread that died.
   *
   * Errors: BotError `speech.failed` where it takes too long, which takes the thread down; those of the job.
   */
  async #endOf(
    { worker }: Thread,
    limitMs: number,
    give: (value: Out) => void = () => {},
  ): Promise<BotError | undefined> {
    const { clock, name } = this.#options;
    const slow = new BotError('speech.failed', true, `The ${name} was too slow and is restarted.`);
    using deadline = deadlineSignal(limitMs, clock, () => slow);
    const { signal } = deadline;
    try {
      const messages: AsyncIterable<readonly FromEngine<Out>[]> = on(worker, 'message', {
        signal,
        close: ['exit'],
      });
      for await (const [message] of messages) {
        if (message?.kind === 'out') give(message.value);
        else if (message?.kind === 'failed')
          throw new BotError(message.code, false, message.message);
        else return undefined;
      }
    } catch (cause) {
      if (cause instanceof BotError) throw cause;
      if (!signal.aborted) return this.#death(cause);
      this.#stop().catch(() => {}); // A thread that does not even stop is out of reach.
      throw slow;
    }
    return this.#death();
  }

  async #stop(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.worker.terminate();
  }

  #death(cause?: unknown): BotError {
    const message = `The ${this.#options.name} stopped working.`;
    return new BotError('speech.failed', true, message, cause);
  }

  #refusal(why: string): BotError {
    return new BotError('speech.failed', false, `The ${this.#options.name} ${why}.`);
  }
}

async function* readThenLeave<Out>(
  out: Mailbox<Out>,
  signal: AbortSignal,
  left: AbortController,
): AsyncGenerator<Out> {
  try {
    yield* out.read(signal);
  } finally {
    left.abort();
  }
}
