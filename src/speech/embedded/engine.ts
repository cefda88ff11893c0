import { BotError } from '#src/base/errors.ts';
import { Mailbox } from '#src/base/loops/mailbox.ts';
import { EngineThread, type EngineThreadOptions } from './engine-thread.ts';

export type EngineOptions = EngineThreadOptions & {
  /** Whether a job may be repeated after some of its output was already given. */
  readonly repeatable: boolean;
};

/** Jobs that wait beside the one that runs; one more is refused. */
const longestQueue = 32;
/** Limit of unread output, more than any job gives; beyond it the oldest would be lost. */
const mostOutputs = 1024;
/** The first try, and one more on a new thread if the first one's died. */
const tries = 2;

type Task<In, Out> = {
  readonly input: In;
  readonly limitMs: number;
  readonly out: Mailbox<Out>;
  /** The caller's, or its leaving before the end. */
  readonly signal: AbortSignal;
};

/** A speech engine in a thread of its own: does jobs in order of call, and restarts when its thread dies. */
export class Engine<In, Out> implements AsyncDisposable {
  readonly #options: EngineOptions;
  #thread: EngineThread<In, Out> | undefined;
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
    await this.#thread?.stop();
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
      const thread = await this.#awake();
      const end = await thread.perform(input, limitMs, give, signal);
      if (end.kind === 'done') return undefined;
      const again =
        end.kind === 'died' && tried < tries && (given === 0 || this.#options.repeatable);
      if (!again || signal.aborted || this.#closed) return end.error;
    }
  }

  async #awake(): Promise<EngineThread<In, Out>> {
    if (this.#closed) throw this.#refusal('is closed');
    if (this.#thread?.alive) return this.#thread;
    const thread = await EngineThread.start<In, Out>(this.#options);
    this.#thread = thread;
    if (!this.#closed) return thread;
    await thread.stop();
    throw this.#refusal('is closed');
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
