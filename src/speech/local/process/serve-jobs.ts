import { readdir } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import { openChildPort } from '#src/base/child/child-port.ts';
import { realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { admitError } from '#src/base/logged-text.ts';
import type {
  FromModels,
  JobKind,
  LocalModelRequest,
  PerformJob,
  ThreadTurn,
  ToModels,
} from '#src/speech/local/model-jobs.ts';

/** Models of one kind, as a program of jobs loads them. */
export type ModelKind<Kind extends JobKind> = {
  /** Names the files of a folder, for the sentence that they are not there. */
  readonly content: string;
  /** Ends of the names of these files. None: the path is no folder, and is looked at as it is opened. */
  readonly endings: readonly string[];
  /** Loads what all models of a program run by. */
  readonly loadRuntime: () => Promise<unknown>;
  readonly open: (path: string) => Promise<PerformJob<Kind>>;
};

/** Kinds of models that one program serves. */
export type ModelKinds = { readonly [Kind in JobKind]?: ModelKind<Kind> };

/** A model that has not been loaded after ten minutes hangs. */
const [loadSignMs, maxLoadSigns] = [20_000, 30];

/** Serves the jobs of `LocalModels` in its child process, the latest of them first. */
export function serveJobs(kinds: ModelKinds): void {
  new JobServer(kinds).open();
}

/** A job that has begun. */
class RunningJob implements ThreadTurn {
  readonly id: number;
  readonly #server: JobServer;
  readonly #controller = new AbortController();

  constructor(id: number, server: JobServer) {
    this.id = id;
    this.#server = server;
  }

  /** Notes that nobody wants the result. */
  stop(): void {
    this.#controller.abort();
  }

  /** Waits until no later job runs. Throws once nobody wants the result. */
  async waitForThread(): Promise<void> {
    await setImmediate(); // Messages that arrived in a run are read.
    await this.#server.waitUntilLatest(this);
    this.#controller.signal.throwIfAborted();
  }
}

class JobServer {
  readonly #kinds: ModelKinds;
  readonly #models = new Map<string, Promise<PerformJob<JobKind>>>();
  /** Running jobs in the order in which they began. The bot begins a job beside others only if it goes before them. */
  readonly #running: RunningJob[] = [];
  #jobEnd = Promise.withResolvers<void>();
  #send: (message: FromModels) => void = () => undefined;

  constructor(kinds: ModelKinds) {
    this.#kinds = kinds;
  }

  /** Begins to take requests of the bot. */
  open(): void {
    this.#send = openChildPort<ToModels, FromModels>(({ ask, id }) => {
      if (ask === 'drop') this.#running.find((job) => job.id === id)?.stop();
      else void this.#answerRequest(id, ask);
    });
  }

  /** Waits until no later job than this one runs. */
  async waitUntilLatest(job: RunningJob): Promise<void> {
    while (this.#running.at(-1) !== job) await this.#jobEnd.promise;
  }

  async #answerRequest(id: number, { folder, job, kind }: LocalModelRequest) {
    try {
      const value = await (job
        ? this.#runJob(id, kind, folder, job)
        : this.#beginLoading(kind, folder));
      this.#send({ id, kind: 'completed', value });
    } catch (error) {
      const code = error instanceof BotError ? error.code : 'speech.failed';
      this.#send({ id, kind: 'failed', code, message: admitError(error) });
    }
  }

  async #runJob(
    id: number,
    kind: JobKind,
    folder: string,
    work: NonNullable<LocalModelRequest['job']>,
  ) {
    const job = new RunningJob(id, this);
    this.#running.push(job);
    try {
      const model = await this.#waitForModel(id, kind, folder);
      return await model(work, job, (text) => this.#send({ id, kind: 'text', text }));
    } finally {
      this.#running.splice(this.#running.indexOf(job), 1);
      this.#jobEnd.resolve();
      this.#jobEnd = Promise.withResolvers();
    }
  }

  /** A large model loads for minutes from a slow disk: no text is a sign of life. */
  async #waitForModel(id: number, kind: JobKind, folder: string) {
    let forget: () => void = () => undefined;
    const giveSigns = (count: number) => {
      forget = realClock.later(loadSignMs, () => {
        this.#send({ id, kind: 'text', text: '' });
        if (count > 1) giveSigns(count - 1);
      });
    };
    giveSigns(maxLoadSigns);
    try {
      return await this.#getModel(kind, folder);
    } finally {
      forget();
    }
  }

  #getKind(kind: JobKind): ModelKind<JobKind> {
    const found = this.#kinds[kind];
    if (!found) throw new Error(`this program serves no ${kind}`);
    return found as ModelKind<JobKind>;
  }

  /** Checks the runtime and the folder, and begins to load a model. */
  async #beginLoading(kind: JobKind, folder: string) {
    const { content, endings, loadRuntime } = this.#getKind(kind);
    await loadRuntime();
    const names = endings.length > 0 ? await readdir(folder).catch(() => []) : [];
    const isThere = endings.every((ending) =>
      names.some((name) => name.endsWith(ending)),
    );
    if (!isThere)
      throw new BotError('speech.failed', false, `${folder} holds no ${content}.`);
    // The bot starts while the model loads.
    this.#getModel(kind, folder).catch(() => undefined);
  }

  /** Loads a model once, and again after a failure. */
  #getModel(kind: JobKind, folder: string) {
    const key = `${kind} ${folder}`;
    const loaded = this.#models.get(key);
    if (loaded) return loaded;
    const loading = this.#getKind(kind).open(folder);
    this.#models.set(key, loading);
    loading.then(
      // This process is killed, not ended, and Node's parser of TypeScript takes 11 MB where a module was not kept.
      () => flushCompileCache(),
      () => this.#models.delete(key),
    );
    return loading;
  }
}
