import type { ChildProcess } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { Admitted } from '#src/base/admitted.ts';
import { forkChild } from '#src/base/child/child-port.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { type LoggedText, writeSentence } from '#src/base/logged-text.ts';
import { JobQueue, type QueuedJob, type RunningLimits } from './jobs/job-queue.ts';
import type {
  FromModels,
  JobKind,
  LocalModelRequest,
  ModelJob,
  ModelJobs,
  ToModels,
} from './model-jobs.ts';

/** `entry` is another program of the process. */
export type LocalModelsOptions = {
  readonly clock?: Clock;
  readonly entry?: URL;
  /** Largest heap of the process, in MB, beside what models take. */
  readonly heapMb?: number;
  readonly maxRunning?: RunningLimits;
  /** The program starts another one while a model loads, and none later. */
  readonly startsPrograms?: boolean;
  /** The process gets only the time that no other one wants. */
  readonly isBackground?: boolean;
  /** Called once, when the process has ended by itself for the first time. Never throws. */
  readonly onDeath?: (() => void) | undefined;
};

/** A process that ended by itself, for the operator. */
export const deadProcessHabit: {
  readonly what: LoggedText;
  readonly mend: LoggedText;
} = {
  what: writeSentence`the process of its models ended by itself, and another one went on`,
  mend: writeSentence`most often the machine has no memory left: use a smaller model, or a machine with more`,
};

/** Longest silence of a busy process: 20 times the price of all jobs that may run at once. Loading a voice took 20 s on two cores with load 20. */
const silenceLimitMs = 90_000;
const defaultEntry = new URL('./process/models-main.ts', import.meta.url);
/** Tensors lie outside the heap. */
const standardHeapMb = 256;
/**
 * One arena saves 60 MB. Blocks of 1 MB are given back once they are free: of ears and turn model that saves
 * 37 MB, with the memory pattern, at the same time of a run. At 128 kB each recognition takes 80 ms more.
 */
const environment = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '1048576',
  MALLOC_TRIM_THRESHOLD_: '8388608',
};

/** A request that was sent, or a job that waits. */
type Request = {
  readonly id: number;
  readonly ask: LocalModelRequest;
  readonly result: PromiseWithResolvers<unknown>;
};
type JobRequest = Request &
  QueuedJob & {
    readonly onText?: ((text: string) => void) | undefined;
    /** It cannot be run again: its process has died once, some of its text is out, or nobody wants it. */
    isLastRun: boolean;
  };

/**
 * The models that hear and speak without a server, in one child process. It starts at the first request, is killed when it
 * hangs, starts again after its death, and ends with the bot. Jobs of all servers wait here, in the order of `JobQueue`. A death
 * takes no job along: those that wait are begun in the next process, and those that ran are run once more.
 *
 * @example
 * import { noGuild } from '#src/base/ids.ts';
 * import { admitJob } from '#src/speech/local/jobs/admit-job.ts';
 * import { LocalModels } from '#src/speech/local/local-models.ts';
 *
 * declare const speech: { folder: string; samples: Int16Array; signal: AbortSignal };
 * await using models = new LocalModels();
 * const { folder, samples, signal } = speech;
 * const order = { kind: 'transcribe', folder, work: { samples }, guildId: noGuild, urgency: 'ears' } as const;
 * console.log((await models.runJob(admitJob(order), signal)).text);
 */
export class LocalModels implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #entry: URL;
  readonly #options: LocalModelsOptions;
  #child: ChildProcess | undefined;
  readonly #queue: JobQueue<JobRequest>;
  /** Requests that the process has not answered. */
  readonly #sent = new Map<number, Request | JobRequest>();
  #lastId = 0;
  #stopWatching: (() => void) | undefined;
  #isClosed = false;
  #hasDied = false;

  constructor(options: LocalModelsOptions = {}) {
    const { clock = realClock, entry = defaultEntry, maxRunning } = options;
    this.#clock = clock;
    this.#entry = entry;
    this.#options = options;
    this.#queue = new JobQueue(maxRunning);
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
    this.#throwIfClosed();
    const request = this.#createRequest({ kind, folder });
    this.#sendRequest(request);
    await request.result.promise;
  }

  /**
   * Runs a job in the turn of its server. `onText` takes what a chat model has written. Aborting drops the job. Throws BotError `speech.failed` if the process hangs,
   * ends twice or after some text, or too much work waits.
   */
  async runJob<Kind extends JobKind>(
    job: Admitted<ModelJob<Kind>, 'job'>,
    signal: AbortSignal,
    onText?: (text: string) => void,
  ): Promise<ModelJobs[Kind]['result']> {
    signal.throwIfAborted();
    this.#throwIfClosed();
    if (!this.#queue.canAdd(job)) throw createShareError();
    const { bytes, folder, guildId, kind, threadMs, urgency, work } = job;
    const request: JobRequest = {
      ...this.#createRequest({ kind, folder, job: work }),
      ...{ bytes, guildId, threadMs, urgency, onText, isLastRun: false },
    };
    const dropJob = () => this.#dropJob(request, signal.reason);
    signal.addEventListener('abort', dropJob, { once: true });
    this.#queue.add(request);
    this.#beginJobs();
    try {
      return (await request.result.promise) as ModelJobs[Kind]['result'];
    } finally {
      signal.removeEventListener('abort', dropJob);
    }
  }

  /** Ends a process that has nothing to do, which gives its memory back. The next request starts another one. */
  endIdle(): void {
    // The next one need not wait: this one is gone after 0.5 s on a busy machine, and a model takes longer to load (`npm run test:others -- models`).
    if (this.#sent.size === 0) this.#endProcess('', true);
  }

  /** Kills the process and waits for its end. All requests fail, also later ones. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const child = this.#child;
    this.#endProcess(closedReason, false);
    if (child && child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => child.once('exit', resolve));
  }

  #throwIfClosed() {
    if (this.#isClosed) throw createModelError(closedReason, false);
  }

  #createRequest(ask: LocalModelRequest): Request {
    return { id: ++this.#lastId, ask, result: Promise.withResolvers() };
  }

  #beginJobs() {
    for (let job = this.#queue.begin(); job; job = this.#queue.begin())
      this.#sendRequest(job);
  }

  #dropJob(request: JobRequest, reason: unknown) {
    request.result.reject(reason);
    request.isLastRun = true;
    const hasBegun = !this.#queue.drop(request);
    // The process says when the job is over, and the next one begins.
    if (hasBegun && this.#sent.has(request.id))
      this.#sendMessage({ id: request.id, ask: 'drop' });
  }

  #sendRequest(request: Request) {
    this.#sent.set(request.id, request);
    this.#sendMessage({ id: request.id, ask: request.ask });
  }

  #sendMessage(message: ToModels) {
    this.#child ??= this.#startProcess();
    this.#child?.send(message, () => undefined); // Events report a lost process.
    this.#stopWatching ??= this.#watchSilence();
  }

  #startProcess() {
    const { heapMb = standardHeapMb, isBackground, startsPrograms } = this.#options;
    const flags = [`--max-old-space-size=${heapMb}`];
    const rights = { environment, reads: ['*'], startsPrograms };
    const child = forkChild(this.#entry, flags, rights);
    if (isBackground && child?.pid !== undefined) lowerPriority(child.pid);
    const onEnd = () => {
      if (this.#child !== child) return;
      if (!this.#hasDied) this.#options.onDeath?.();
      this.#hasDied = true;
      this.#replaceProcess('The process of the local models stopped.');
    };
    child?.on('message', (message: FromModels) => {
      if (this.#child === child) this.#onMessage(message);
    });
    for (const end of ['error', 'disconnect', 'exit'] as const) child?.on(end, onEnd);
    return child;
  }

  #onMessage(message: FromModels) {
    const request = this.#sent.get(message.id);
    if (message.kind === 'text') {
      this.#restartWatch();
      if (message.text !== '' && request && isJob(request)) {
        request.isLastRun = true;
        request.onText?.(message.text);
      }
      return;
    }
    this.#sent.delete(message.id);
    if (message.kind === 'completed') request?.result.resolve(message.value);
    else request?.result.reject(new BotError(message.code, false, message.message));
    if (request && isJob(request)) this.#queue.end(request);
    this.#restartWatch();
    this.#beginJobs();
  }

  #restartWatch() {
    this.#stopWatching?.();
    this.#stopWatching = this.#watchSilence();
  }

  #watchSilence() {
    return this.#clock.later(silenceLimitMs, () => {
      this.#stopWatching = undefined;
      if (this.#sent.size === 0) return;
      // It would be as slow again.
      for (const request of [...this.#sent.values()].filter(isJob))
        request.isLastRun = true;
      this.#replaceProcess('The local models were too slow and are restarted.');
    });
  }

  /** Goes on in another process, after one that ended by itself or hangs. */
  #replaceProcess(reason: string) {
    const child = this.#dropProcess();
    const begun = [...this.#sent.values()].toReversed();
    this.#sent.clear();
    for (const request of begun) this.#runAgain(request, reason);
    child?.kill('SIGKILL');
    this.#beginJobs();
  }

  #dropProcess() {
    const child = this.#child;
    this.#child = undefined;
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    return child;
  }

  /** A job that ends its process would end each one, so that it gets a second one alone. */
  #runAgain(request: Request | JobRequest, reason: string) {
    if (isJob(request) && !request.isLastRun) {
      request.isLastRun = true;
      this.#queue.putBack(request);
      return;
    }
    if (isJob(request)) this.#queue.end(request);
    request.result.reject(createModelError(reason, true));
  }

  #endProcess(reason: string, retryable: boolean) {
    const child = this.#dropProcess();
    const requests = new Set([...this.#sent.values(), ...this.#queue.clear()]);
    this.#sent.clear();
    for (const { result } of requests)
      result.reject(createModelError(reason, retryable));
    child?.kill('SIGKILL');
  }
}

function isJob(request: Request | JobRequest): request is JobRequest {
  return 'guildId' in request;
}

function lowerPriority(processId: number) {
  try {
    setPriority(processId, constants.priority.PRIORITY_LOW);
  } catch {
    // It may have ended already, of which its events tell.
  }
}

const closedReason = 'The local models are closed.';

function createModelError(message: string, retryable: boolean) {
  return new BotError('speech.failed', retryable, message);
}

function createShareError() {
  const message = 'Too much work waits for the local models.';
  const about = { isShareUsed: true } as const;
  return new BotError('speech.failed', false, message, undefined, undefined, about);
}
