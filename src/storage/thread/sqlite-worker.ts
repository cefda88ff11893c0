import { Worker } from 'node:worker_threads';
import type { Clock } from '#src/base/clock.ts';
import { compileCacheEnvironment } from '#src/base/compile-cache.ts';
import { BotError } from '#src/base/errors.ts';
import { within } from '#src/base/waiting.ts';
import type { StoreCode } from '#src/sql/store-part.ts';
import { type StoreKind, storeOver } from './store-kind.ts';
import { errorOf, type StoreAnswer, type StoreRequest } from './store-messages.ts';

export type SqliteWorkerOptions = {
  /** For deadlines; waiting for other programs follows the clock of the machine. */
  readonly clock: Clock;
  /** Longest time, in ms, that another program may hold a store; default 2 s. */
  readonly patienceMs?: number;
  /** File that the thread starts with. */
  readonly entry?: URL;
};

type PendingRequest = {
  readonly code: StoreCode;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
};

/** Longest time, in ms, for an operation, say an erasure of many lines. */
const deadlineMs = 60_000;
/** Longest time, in ms, that closing waits for what was asked for before. */
const closeMs = 3_000;
/** Requests that wait for an answer; further ones fail at once. */
const mostRequests = 1_000;

/**
 * The worker thread of all stores in SQLite files: a disk that is slow delays no frame. The next request starts a thread that broke
 * anew.
 */
export class SqliteWorker {
  readonly #options: SqliteWorkerOptions;
  readonly #open = new Set<string>();
  readonly #requests = new Map<number, PendingRequest>();
  #worker: Worker | undefined;
  #lastId = 0;

  constructor(options: SqliteWorkerOptions) {
    this.#options = options;
  }

  /**
   * Opens the file at `path`, or makes it; `:memory:` ends with the thread. The thread ends when its last store is closed.
   *
   * Errors: BotError `store.unreadable`.
   */
  async open<Store extends AsyncDisposable>(kind: StoreKind<Store>, path: string): Promise<Store> {
    const send = (name: string, args: readonly unknown[], code: StoreCode) =>
      this.#ask({ id: ++this.#lastId, kind: kind.name, path, name, args }, code);
    const close = async () => {
      this.#open.delete(path);
      const late = () => new Error(silent(path, closeMs));
      const closing = send('close', [], 'store.unwritable');
      await within(closing, closeMs, this.#options.clock, late).catch(() => undefined);
      if (this.#open.size === 0) await this.#worker?.terminate();
    };
    this.#open.add(path);
    try {
      await send('open', [], 'store.unreadable');
    } catch (error) {
      await close();
      throw error;
    }
    const ask = async (name: string, args: readonly unknown[], code: StoreCode) => {
      if (!this.#open.has(path)) throw new BotError(code, true, closed(path));
      return await send(name, args, code);
    };
    return storeOver(kind, ask, close);
  }

  async #ask(request: StoreRequest, code: StoreCode): Promise<unknown> {
    const { id, path } = request;
    if (this.#requests.size >= mostRequests) throw new BotError(code, true, tooMuch(path));
    this.#worker ??= this.#start();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#requests.set(id, { code, resolve, reject });
    const late = () => new BotError(code, true, silent(path, deadlineMs));
    try {
      this.#worker.ref();
      this.#worker.postMessage(request);
      return await within(promise, deadlineMs, this.#options.clock, late);
    } finally {
      this.#requests.delete(id);
      if (this.#requests.size === 0) this.#worker?.unref();
    }
  }

  #start(): Worker {
    const { entry = new URL('./store-worker.ts', import.meta.url), patienceMs } = this.#options;
    const bare = { execArgv: [], stdout: true, stderr: true };
    const env = compileCacheEnvironment();
    const worker = new Worker(entry, { workerData: { patienceMs }, env, ...bare });
    worker.stdout.resume();
    worker.stderr.resume();
    worker.on('message', (answer: StoreAnswer) => {
      const request = this.#requests.get(answer.id);
      if ('error' in answer) request?.reject(errorOf(answer.error));
      else request?.resolve(answer.result);
    });
    const fail = (cause?: unknown) => {
      if (this.#worker === worker) this.#fail(cause);
    };
    worker.on('error', fail);
    worker.on('exit', () => fail());
    return worker;
  }

  #fail(cause?: unknown): void {
    this.#worker = undefined;
    const message = 'The thread of the store ended: the next operation starts it again.';
    for (const { code, reject } of this.#requests.values())
      reject(new BotError(code, true, message, cause));
  }
}

function closed(path: string): string {
  return `The store ${path} is closed: start the bot again.`;
}

function silent(path: string, ms: number): string {
  return `The store ${path} did not answer in ${ms / 1000} s: check its disk.`;
}

function tooMuch(path: string): string {
  return `Too many operations wait for the store ${path}: check its disk.`;
}
