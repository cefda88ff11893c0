import { Worker } from 'node:worker_threads';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { within } from '#src/provider/within.ts';
import type { DecodePlan, Fed, FromDecoder, ToDecoder } from './decode-messages.ts';
import { refusals } from './refusals.ts';

export type ThreadOptions = {
  readonly clock: Clock;
  readonly entry: URL;
  /** What takes longer for one piece of a file takes the thread down with it. */
  readonly stepMs: number;
};

/** Of the heap; the memory of the decoders themselves lies outside and is theirs to bound. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 3 };

/** The worker thread in which files of strangers are decoded, one piece at a time. Once dead it stays so. */
export class DecodingThread {
  readonly #options: ThreadOptions;
  readonly #worker: Worker;
  #before: Promise<unknown> = Promise.resolve();
  #answer: ((message: FromDecoder | 'dead') => void) | undefined;
  #lastId = 0;
  #isDead = false;

  constructor(options: ThreadOptions) {
    this.#options = options;
    const bare = { env: {}, execArgv: [], stdout: true, stderr: true };
    this.#worker = new Worker(options.entry, { ...bare, resourceLimits });
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.unref();
    this.#worker.on('message', (message: FromDecoder) => this.#answer?.(message));
    this.#worker.on('error', () => this.#bury());
    this.#worker.on('exit', () => this.#bury());
  }

  get alive(): boolean {
    return !this.#isDead;
  }

  /** A new file; gives its number. */
  open(plan: DecodePlan): number {
    const id = ++this.#lastId;
    this.#tell({ kind: 'open', id, plan });
    return id;
  }

  close(id: number): void {
    this.#tell({ kind: 'close', id });
  }

  /** What a piece of a file gave. Errors: BotError `source.not_audio`, or one that `isDisplaced` where another file killed the thread. */
  feed(id: number, bytes: Uint8Array, isLast: boolean): Promise<Fed> {
    const fed = this.#before.then(() => this.#feed(id, bytes, isLast));
    this.#before = fed.catch(() => undefined);
    return fed;
  }

  async stop(): Promise<void> {
    this.#bury();
    await this.#worker.terminate();
  }

  async #feed(id: number, bytes: Uint8Array, isLast: boolean): Promise<Fed> {
    if (this.#isDead)
      throw refusals.unreachable('its decoder was stopped by another file', displaced);
    const answered = Promise.withResolvers<FromDecoder | 'dead'>();
    this.#answer = answered.resolve;
    const own = new Uint8Array(bytes); // a view would take everything it looks at along
    this.#worker.ref();
    this.#tell({ kind: 'feed', id, bytes: own, isLast }, [own.buffer]);
    try {
      return fedOf(await this.#inTime(answered.promise));
    } finally {
      this.#answer = undefined;
      this.#worker.unref();
    }
  }

  async #inTime(answer: Promise<FromDecoder | 'dead'>): Promise<FromDecoder | 'dead'> {
    const { clock, stepMs } = this.#options;
    try {
      return await within(answer, stepMs, clock, () => refusals.notAudio('it decodes too slowly'));
    } catch (late) {
      this.stop().catch(() => undefined); // a thread that does not even stop is out of reach
      throw late;
    }
  }

  #tell(message: ToDecoder, transferred: readonly ArrayBuffer[] = []): void {
    if (!this.#isDead) this.#worker.postMessage(message, transferred);
  }

  #bury(): void {
    this.#isDead = true;
    this.#answer?.('dead');
  }
}

const displaced = Symbol('displaced');

/** Whether a file may be read on in another thread: it was not the one that broke this one. */
export function isDisplaced(error: unknown): boolean {
  return error instanceof BotError && error.cause === displaced;
}

function fedOf(answer: FromDecoder | 'dead'): Fed {
  if (answer === 'dead') throw refusals.notAudio('its decoder broke down');
  if (answer.kind === 'damaged') throw refusals.notAudio(answer.why);
  return answer;
}
