import { Worker } from 'node:worker_threads';
import type { Clock } from '#src/base/clock.ts';
import { compileCacheEnvironment } from '#src/base/compile-cache.ts';
import { BotError } from '#src/base/errors.ts';
import { within } from '#src/base/waiting.ts';
import type { OperationRules, StoreCode } from '#src/sql/store-part.ts';
import { type StoreKind, storeOver } from './store-kind.ts';
import { errorOf, type FromStore, type StoreThreadData, type ToStore } from './store-messages.ts';

export type StoreThreadOptions = Omit<StoreThreadData, 'path'> & {
  /** For the deadlines of this side; waiting for other programs follows the clock of the machine. */
  readonly clock: Clock;
  /** The thread of that kind of store when left out. */
  readonly entry?: URL;
};

type EnteredOptions = StoreThreadOptions & { readonly entry: URL };

/** Longest time, in ms, until the file is open; checking a big one takes longest. */
const openMs = 10_000;
/** Longest time, in ms, that the thread has for what it was asked before it was closed. */
const closeMs = 3_000;
/** Requests that wait for an answer; further ones fail at once. */
const mostRequests = 1_000;

type Request = {
  readonly code: StoreCode;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
};

/** Why nothing is asked any more: one sentence for the operator. */
type End = { readonly message: string; readonly cause?: unknown };

/**
 * Opens the SQLite file at `path`, or makes it, in a worker thread; `:memory:` ends with the process.
 *
 * Errors: BotError `store.unreadable`, only once its thread has ended: of one file there is never a second thread.
 */
export async function openStore<Store extends AsyncDisposable>(
  kind: StoreKind<Store>,
  path: string,
  options: StoreThreadOptions,
): Promise<Store> {
  const thread = await StoreThread.open(path, { entry: kind.entry, ...options });
  return storeOver(
    kind,
    (name, args, rules) => thread.ask(name, args, rules),
    () => thread.close(),
  );
}

/** The worker thread that holds one store: a disk that is slow delays no frame. Once ended it stays so. */
class StoreThread {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #worker: Worker;
  readonly #opened = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #requests = new Map<number, Request>();
  #lastId = 0;
  #end: End | undefined;

  private constructor(path: string, { clock, entry, ...options }: EnteredOptions) {
    this.#path = path;
    this.#clock = clock;
    const workerData: StoreThreadData = { path, ...options };
    const env = compileCacheEnvironment();
    const bare = { env, execArgv: [], stdout: true, stderr: true };
    this.#worker = new Worker(entry, { workerData, ...bare });
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.on('message', (message: FromStore) => this.#hear(message));
    this.#worker.on('error', (cause) => this.#fail(cause));
    this.#worker.on('exit', () => {
      this.#fail();
      this.#ended.resolve();
    });
  }

  /** Errors: BotError `store.unreadable`, once the thread has ended. */
  static async open(path: string, options: EnteredOptions): Promise<StoreThread> {
    const thread = new StoreThread(path, options);
    const late = () => new BotError('store.unreadable', true, silent(path, openMs));
    try {
      await within(thread.#opened.promise, openMs, options.clock, late);
    } catch (error) {
      await thread.#kill();
      throw error;
    }
    thread.#worker.unref();
    return thread;
  }

  async ask(
    name: string,
    args: readonly unknown[],
    { code, timeoutMs }: OperationRules,
  ): Promise<unknown> {
    if (this.#end) throw new BotError(code, true, this.#end.message, this.#end.cause);
    if (this.#requests.size >= mostRequests) throw new BotError(code, true, tooMuch(this.#path));
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<unknown>();
    this.#requests.set(id, { code, resolve: answer.resolve, reject: answer.reject });
    const late = () => new BotError(code, true, silent(this.#path, timeoutMs));
    try {
      this.#worker.ref();
      this.#send({ kind: 'request', id, name, args });
      return await within(answer.promise, timeoutMs, this.#clock, late);
    } finally {
      this.#requests.delete(id);
      if (this.#requests.size === 0) this.#worker.unref();
    }
  }

  /** Closes the thread after the operations asked before; resolves when it has ended. */
  async close(): Promise<void> {
    this.#end ??= { message: `The store ${this.#path} is closed: start the bot again.` };
    this.#worker.ref();
    this.#send({ kind: 'close' });
    const late = () => new Error(silent(this.#path, closeMs));
    await within(this.#ended.promise, closeMs, this.#clock, late).catch(() => this.#kill());
  }

  async #kill(): Promise<void> {
    await this.#worker.terminate();
    await this.#ended.promise;
  }

  #send(message: ToStore): void {
    this.#worker.postMessage(message);
  }

  #hear(message: FromStore): void {
    switch (message.kind) {
      case 'open':
        this.#opened.resolve();
        return;
      case 'refused':
        this.#opened.reject(errorOf(message.error));
        return;
      case 'done':
        this.#requests.get(message.id)?.resolve(message.result);
        return;
      case 'failed':
        this.#requests.get(message.id)?.reject(errorOf(message.error));
        return;
    }
  }

  #fail(cause?: unknown): void {
    const message = `The thread of the store ${this.#path} ended: the next operation starts it again.`;
    this.#end ??= { message, cause };
    const end = this.#end;
    const error = (code: StoreCode) => new BotError(code, true, end.message, end.cause);
    this.#opened.reject(error('store.unreadable'));
    for (const { code, reject } of this.#requests.values()) reject(error(code));
  }
}

function silent(path: string, ms: number): string {
  return `The store ${path} did not answer in ${ms / 1000} s: check its disk.`;
}

function tooMuch(path: string): string {
  return `Too many operations wait for the store ${path}: check its disk.`;
}
