import { Worker } from 'node:worker_threads';
import type { Clock } from '#src/base/clock.ts';
import { compileCacheEnvironment } from '#src/base/compile-cache.ts';
import { BotError } from '#src/base/errors.ts';
import { Mailbox } from '#src/base/loops/mailbox.ts';
import type { FromEngine } from './serve-engine.ts';

export type EngineOptions = {
  /** Name in messages, say `speech recogniser`. */
  readonly name: string;
  readonly entry: URL;
  /** Longest time until the engine is warm, in ms. */
  readonly startLimitMs: number;
  readonly clock: Clock;
  /** Whether a job may be repeated after some of its output was already given. */
  readonly repeatable: boolean;
};

/** Jobs that wait beside the one that runs; one more is refused. */
const longestQueue = 32;
/** Limit of unread output, more than any job gives; beyond it the oldest would be lost. */
const mostOutputs = 1024;
/** The first try, and one more on a new thread if the first one's died. */
const tries = 2;
/** An engine's memory lies outside the heap; a larger young generation would only keep garbage of loading. */
const resourceLimits = { maxYoungGenerationSizeMb: 3 };

type Task<In, Out> = {
  readonly input: In;
  readonly limitMs: number;
  readonly out: Mailbox<Out>;
  /** The caller's, or its leaving before the end. */
  readonly signal: AbortSignal;
};

type JobEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed' | 'died'; readonly error: BotError };

/** `unwanted`: 1 once the result of its job is not wanted any more. */
type Thread = { readonly worker: Worker; readonly unwanted: Int32Array };

/** A speech engine in a thread of its own: does jobs in order of call, and restarts when its thread dies. */
export class Engine<In, Out> implements AsyncDisposable {
  readonly #options: EngineOptions;
  #thread: Thread | undefined;
  #hear: (message: FromEngine<Out>) => void = () => {};
  #end: (end: JobEnd) => void = () => {};
  #queue: Task<In, Out>[] = [];
  #serving = false;
  #closed = false;

  private constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Resolves when the engine is warm. Errors: BotError `speech.failed`. */
  static async open<In, Out>(options: EngineOptions): Promise<Engine<In, Out>> {
    const engine = new Engine<In, Out>(options);
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
      const error = await this.#perform(task).catch((thrown: unknown) => thrown);
      if (error) task.out.fail(error);
      else task.out.end();
    }
    this.#serving = false;
  }

  /** Runs the task; returns its error, if any. */
  async #perform({ input, limitMs, out, signal }: Task<In, Out>): Promise<BotError | undefined> {
    let given = 0;
    const give = (value: Out) => {
      given++;
      out.put(value);
    };
    for (let tried = 1; ; tried++) {
      const { worker, unwanted } = await this.#awake();
      const leave = () => Atomics.store(unwanted, 0, 1);
      Atomics.store(unwanted, 0, 0);
      if (signal.aborted) leave();
      signal.addEventListener('abort', leave);
      worker.ref();
      worker.postMessage(input);
      const end = await this.#endOf(limitMs, give);
      signal.removeEventListener('abort', leave);
      worker.unref();
      if (end.kind === 'done') return undefined;
      const again =
        end.kind === 'died' && tried < tries && (given === 0 || this.#options.repeatable);
      if (!again || signal.aborted || this.#closed) return end.error;
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
    worker.on('message', (message: FromEngine<Out>) => {
      if (this.#thread === thread) this.#hear(message);
    });
    worker.on('error', (cause) => this.#bury(thread, cause));
    worker.on('exit', () => this.#bury(thread));
    const end = await this.#endOf(startLimitMs);
    worker.unref();
    if (end.kind === 'done') return thread;
    await this.#stop();
    throw this.#closed ? this.#refusal('is closed') : end.error;
  }

  /** End of what the thread does: of its start, or of one job. One that takes too long takes the thread down with it. */
  #endOf(limitMs: number, give: (value: Out) => void = () => {}): Promise<JobEnd> {
    const { promise, resolve } = Promise.withResolvers<JobEnd>();
    const { clock, name } = this.#options;
    const forget = clock.later(limitMs, () => {
      const message = `The ${name} was too slow and is restarted.`;
      this.#end({ kind: 'failed', error: new BotError('speech.failed', true, message) });
      this.#stop().catch(() => {}); // A thread that does not even stop is out of reach.
    });
    this.#end = (end) => {
      forget();
      resolve(end);
    };
    this.#hear = (message) => {
      if (message.kind === 'out') return give(message.value);
      if (message.kind === 'done') return this.#end(message);
      const error = new BotError(message.code, false, message.message);
      this.#end({ kind: 'failed', error });
    };
    if (!this.#thread) this.#end(this.#died());
    return promise;
  }

  async #stop(): Promise<void> {
    const thread = this.#thread;
    if (thread) this.#bury(thread);
    await thread?.worker.terminate();
  }

  #bury(thread: Thread, cause?: unknown): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    this.#end(this.#died(cause));
  }

  #died(cause?: unknown): JobEnd {
    const message = `The ${this.#options.name} stopped working.`;
    return { kind: 'died', error: new BotError('speech.failed', true, message, cause) };
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
