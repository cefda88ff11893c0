import type { ChildProcess } from 'node:child_process';
import { withTimeout } from '#src/base/bounded-wait.ts';
import { forkChild } from '#src/base/child/child-port.ts';
import type { Clock } from '#src/base/clock.ts';
import type {
  DecodePlan,
  FeedResult,
  FromDecoder,
  ToDecoder,
} from '#src/sources/decode/decode-messages.ts';
import { refusals } from './fetch/sound-refusals.ts';

export type ProcessOptions = {
  readonly clock: Clock;
  readonly entry: URL;
  /** Longest step for one piece of a file, in ms; after that the process is killed. */
  readonly stepMs: number;
};

/** Time in ms that the first answer may take longer: the process loads its decoders, usually in 300 ms. */
const startMs = 10_000;
/** Time without a file, in ms, after which a process and its memory are given up. */
const idleMs = 30_000;
/** Heap limit; the decoders' own memory lies outside the heap and is theirs to limit. */
const flags = ['--max-old-space-size=64'];

/** One file in a decoding process. */
export type FileInProcess = Disposable & {
  /**
   * Decodes a piece of it. Errors: BotError `source.not_audio`, `source.unreachable` where another file ended the
   * process: another one may go on.
   */
  readonly feed: (bytes: Uint8Array, isLast: boolean) => Promise<FeedResult>;
};

/** The child process in which files of strangers are decoded, one piece at a time. Once dead it stays so. */
export class DecodingProcess {
  readonly #options;
  /** Undefined where the system has no room for another process. */
  readonly #child: ChildProcess | undefined;
  readonly #gone = Promise.withResolvers<void>();
  #before: Promise<unknown> = Promise.resolve();
  #hasAnswered = false;
  #answer: PromiseWithResolvers<FeedResult> | undefined;
  #lastId = 0;
  #files = 0;
  /** Ends the wait for its end. */
  #stayAwake: (() => void) | undefined;
  #isDead = false;

  constructor(options: ProcessOptions) {
    this.#options = options;
    this.#child = forkChild(options.entry, flags);
    if (!this.#child) this.#failAll();
    this.#child?.on('message', (message: FromDecoder) => {
      this.#hasAnswered = true;
      if (message.kind === 'damaged')
        this.#answer?.reject(refusals.notAudio(message.why));
      else this.#answer?.resolve(message);
    });
    this.#child?.on('disconnect', () => this.#failAll());
    for (const end of ['error', 'exit'] as const)
      this.#child?.on(end, () => {
        this.#failAll();
        this.#gone.resolve();
      });
  }

  get alive(): boolean {
    return !this.#isDead;
  }

  /** Files that are decoded in it. */
  get files(): number {
    return this.#files;
  }

  /** A new file, until it is disposed of. */
  open(plan: DecodePlan): FileInProcess {
    const id = ++this.#lastId;
    this.#files++;
    this.#stayAwake?.();
    return {
      feed: (bytes, isLast) =>
        this.#sendAndWait({ kind: 'feed', id, plan, bytes, isLast }),
      [Symbol.dispose]: () => {
        this.#sendMessage({ kind: 'close', id });
        this.#files--;
        if (this.#files > 0 || this.#isDead) return;
        this.#stayAwake = this.#options.clock.later(idleMs, () => this.#failAll());
      },
    };
  }

  async stop(): Promise<void> {
    this.#failAll();
    if (this.#child) await this.#gone.promise;
  }

  /** One question after the other. */
  #sendAndWait(message: ToDecoder) {
    const answer = this.#before.then(() => this.#askNow(message));
    this.#before = answer.catch(() => undefined);
    return answer;
  }

  async #askNow(message: ToDecoder) {
    if (this.#isDead) throw refusals.unreachable('another file stopped its decoder');
    const { clock, stepMs } = this.#options;
    const answer = Promise.withResolvers<FeedResult>();
    this.#answer = answer;
    this.#sendMessage(message);
    try {
      const limitMs = this.#hasAnswered ? stepMs : startMs + stepMs;
      return await withTimeout(answer.promise, limitMs, clock, () => {
        this.#answer = undefined;
        this.#failAll();
        return refusals.notAudio('it decodes too slowly');
      });
    } finally {
      this.#answer = undefined;
    }
  }

  #sendMessage(message: ToDecoder) {
    if (!this.#isDead) this.#child?.send(message, () => undefined); // events report its end
  }

  #failAll() {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#stayAwake?.();
    this.#child?.kill('SIGKILL'); // also one that merely hung up
    this.#answer?.reject(refusals.notAudio('its decoder crashed'));
  }
}
