import type { ChildProcess } from 'node:child_process';
import { forkChild } from '#src/base/child/child-port.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { Mailbox } from '#src/base/loops/mailbox.ts';
import type {
  FromModels,
  JobKind,
  LocalModelRequest,
  ModelJobs,
  ToModels,
} from './model-jobs.ts';

/** `entry` is the program of the process, for tests. */
export type LocalModelsOptions = {
  readonly clock?: Clock;
  readonly entry?: URL;
};

/** Further requests are refused. */
const maxRequests = 64;
/** More than any job returns, since the oldest would be lost. */
const maxResults = 1024;
/** Longest silence of a busy process. Loading a voice took 20 s on two cores with load 20. */
const silenceLimitMs = 60_000;
const defaultEntry = new URL('./process/models-main.ts', import.meta.url);
/** Tensors lie outside the heap. One arena saves 60 MB. */
const flags = ['--max-old-space-size=256'];
const environment = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '8388608',
  MALLOC_TRIM_THRESHOLD_: '33554432',
};

/**
 * The models that hear and speak without a server, in one child process. It starts at the first request, is killed when it
 * hangs, starts again at the next request after its death, and ends with the bot.
 *
 * @example
 * import { LocalModels } from '#src/speech/local/local-models.ts';
 *
 * declare const job: { folder: string; samples: Int16Array; signal: AbortSignal };
 * await using models = new LocalModels();
 * const { folder, samples, signal } = job;
 * for await (const { text } of models.runJob('transcribe', folder, { samples }, signal)) console.log(text);
 */
export class LocalModels implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #entry: URL;
  #child: ChildProcess | undefined;
  readonly #requests = new Map<number, Mailbox<unknown>>();
  #lastId = 0;
  #stopWatching: (() => void) | undefined;
  #isClosed = false;

  constructor({ clock = realClock, entry = defaultEntry }: LocalModelsOptions = {}) {
    this.#clock = clock;
    this.#entry = entry;
  }

  /** Id of the child process. Undefined before the first request and after its death. */
  get processId(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Begins to load a model. Throws BotError `speech.failed` without the runtime or the folder. A
   * broken file fails the first job.
   */
  async loadModel(kind: JobKind, folder: string): Promise<void> {
    for await (const _ of this.#sendRequest(
      { kind, folder },
      new AbortController().signal,
    ));
  }

  /**
   * Runs a job. Jobs of one kind keep their order. Aborting or ending the loop drops the job. Throws BotError,
   * `speech.failed` if the process ends.
   */
  runJob<Kind extends JobKind>(
    kind: Kind,
    folder: string,
    job: ModelJobs[Kind]['job'],
    signal: AbortSignal,
  ): AsyncIterable<ModelJobs[Kind]['result']> {
    return this.#sendRequest({ kind, folder, job }, signal);
  }

  /** Kills the process and waits for its end. All requests fail, also later ones. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const child = this.#child;
    this.#endProcess('The local models are closed.', false);
    if (child && child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => child.once('exit', resolve));
  }

  #sendRequest<Result>(ask: LocalModelRequest, signal: AbortSignal) {
    const id = ++this.#lastId;
    const results = new Mailbox<Result>(maxResults);
    if (this.#isClosed)
      results.fail(createModelError('The local models are closed.', false));
    else if (this.#requests.size >= maxRequests)
      results.fail(
        createModelError(
          'The local models have reached their limit of waiting work.',
          false,
        ),
      );
    else if (!signal.aborted) {
      this.#requests.set(id, results as Mailbox<unknown>);
      this.#sendMessage({ id, ask });
    }
    const dropJob = () => {
      if (this.#requests.delete(id)) this.#sendMessage({ id, ask: 'drop' });
    };
    signal.addEventListener('abort', dropJob, { once: true });
    return readUntilLeft(results, signal, dropJob);
  }

  #sendMessage(message: ToModels) {
    this.#child ??= this.#startProcess();
    this.#child?.send(message, () => undefined); // Events report a lost process.
    this.#stopWatching ??= this.#watchSilence();
  }

  #startProcess() {
    const child = forkChild(this.#entry, flags, { environment, reads: ['*'] });
    const onEnd = () => {
      if (this.#child === child)
        this.#endProcess('The process of the local models stopped.', true);
    };
    child?.on('message', (message: FromModels) => this.#onMessage(message));
    for (const end of ['error', 'disconnect', 'exit'] as const) child?.on(end, onEnd);
    return child;
  }

  #onMessage(message: FromModels) {
    this.#stopWatching?.();
    const results = this.#requests.get(message.id);
    if (message.kind === 'out') results?.put(message.value);
    else this.#requests.delete(message.id);
    if (message.kind === 'completed') results?.end();
    if (message.kind === 'failed')
      results?.fail(new BotError(message.code, false, message.message));
    this.#stopWatching = this.#watchSilence();
  }

  #watchSilence() {
    return this.#clock.later(silenceLimitMs, () => {
      this.#stopWatching = undefined;
      if (this.#requests.size > 0)
        this.#endProcess('The local models were too slow and are restarted.', true);
    });
  }

  #endProcess(reason: string, retryable: boolean) {
    const child = this.#child;
    this.#child = undefined;
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    for (const results of requests) results.fail(createModelError(reason, retryable));
    child?.kill('SIGKILL');
  }
}

async function* readUntilLeft<Result>(
  results: Mailbox<Result>,
  signal: AbortSignal,
  dropJob: () => void,
) {
  try {
    yield* results.read(signal);
  } finally {
    signal.removeEventListener('abort', dropJob);
    dropJob();
  }
}

function createModelError(message: string, retryable: boolean) {
  return new BotError('speech.failed', retryable, message);
}
