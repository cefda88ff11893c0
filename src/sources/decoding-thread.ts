import { Worker } from 'node:worker_threads';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { within } from '#src/provider/within.ts';
import type { DecodePlan, DecoderReady, Fed, FromDecoder, ToDecoder } from './decode-messages.ts';
import type { Inspected, Inspection } from './inspection.ts';
import { refusals } from './refusals.ts';

export type ThreadOptions = {
  readonly clock: Clock;
  readonly entry: URL;
  /** What takes longer for one piece of a file takes the thread down with it. */
  readonly stepMs: number;
};

/** Longest time a thread may take to load its decoders; 300 ms are usual, and no file has to answer for it. */
const startMs = 10_000;
/** Of the heap; the memory of the decoders themselves lies outside and is theirs to bound. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 3 };

/** The worker thread in which files of strangers are decoded, one piece at a time. Once dead it stays so. */
export class DecodingThread {
  readonly #options: ThreadOptions;
  readonly #worker: Worker;
  readonly #ready = Promise.withResolvers<void>();
  #before: Promise<unknown> = this.#ready.promise;
  #answer: ((message: FromDecoder | 'dead') => void) | undefined;
  #lastId = 0;
  #isDead = false;

  constructor(options: ThreadOptions) {
    this.#options = options;
    const bare = { env: {}, execArgv: [], stdout: true, stderr: true };
    this.#worker = new Worker(options.entry, { ...bare, resourceLimits });
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.on('message', (message: FromDecoder | DecoderReady) => {
      if (message.kind === 'ready') this.#ready.resolve();
      else this.#answer?.(message);
    });
    this.#worker.on('error', () => this.#bury());
    this.#worker.on('exit', () => this.#bury());
    const late = () => new Error('The decoding thread did not start.');
    within(this.#ready.promise, startMs, options.clock, late).then(
      () => this.#worker.unref(),
      () => this.stop().catch(() => undefined),
    );
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

  /**
   * What a piece of a file gave.
   *
   * Errors: BotError `source.not_audio`, for which `endedThread` holds where it took the thread down, or one that
   * `isDisplaced` where another file did.
   */
  async feed(id: number, bytes: Uint8Array, isLast: boolean): Promise<Fed> {
    const own = new Uint8Array(bytes); // a view would take everything it looks at along
    const answer = await this.#ask({ kind: 'feed', id, bytes: own, isLast }, [own.buffer]);
    if (answer.kind !== 'fed') throw new Error('The decoding thread gave another answer.');
    return answer;
  }

  /** Errors: as `feed`. */
  async inspect(inspection: Inspection): Promise<Inspected> {
    const answer = await this.#ask({ kind: 'inspect', inspection });
    if (answer.kind !== 'inspected') throw new Error('The decoding thread gave another answer.');
    return answer.inspected;
  }

  async stop(): Promise<void> {
    this.#bury();
    await this.#worker.terminate();
  }

  /** One question after the other. */
  #ask(message: ToDecoder, transferred: readonly ArrayBuffer[] = []): Promise<Answered> {
    const answer = this.#before.then(() => this.#askNow(message, transferred));
    this.#before = answer.catch(() => undefined);
    return answer;
  }

  async #askNow(message: ToDecoder, transferred: readonly ArrayBuffer[]): Promise<Answered> {
    if (this.#isDead)
      throw refusals.unreachable('its decoder was stopped by another file', displaced);
    const answered = Promise.withResolvers<FromDecoder | 'dead'>();
    this.#answer = answered.resolve;
    this.#worker.ref();
    this.#tell(message, transferred);
    try {
      return answerOf(await this.#inTime(answered.promise));
    } finally {
      this.#answer = undefined;
      this.#worker.unref();
    }
  }

  async #inTime(answer: Promise<FromDecoder | 'dead'>): Promise<FromDecoder | 'dead'> {
    const { clock, stepMs } = this.#options;
    try {
      return await within(answer, stepMs, clock, tooSlow);
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
    this.#ready.resolve(); // whoever waits is told that it is dead
    this.#answer?.('dead');
  }
}

type Answered = Exclude<FromDecoder, { kind: 'damaged' }>;

const displaced = Symbol('displaced');
const ended = Symbol('ended');

/** Whether a file may be read on in another thread: it was not the one that broke this one. */
export function isDisplaced(error: unknown): boolean {
  return error instanceof BotError && error.cause === displaced;
}

/** Whether a file took the thread down in which it was decoded, and all others there with it. */
export function endedThread(error: unknown): boolean {
  return error instanceof BotError && error.cause === ended;
}

function tooSlow(): BotError {
  return refusals.notAudio('it decodes too slowly', ended);
}

function answerOf(answer: FromDecoder | 'dead'): Answered {
  if (answer === 'dead') throw refusals.notAudio('its decoder broke down', ended);
  if (answer.kind === 'damaged') throw refusals.notAudio(answer.why);
  return answer;
}
