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
  /** A process that takes longer for one piece is killed. */
  readonly stepMs: number;
};

/** Extra time for the first answer, as loading the decoders takes 300 ms. */
const startMs = 10_000;
/** A process without a file ends after this time. */
const idleMs = 30_000;
/** Decoders limit their own memory, which lies outside the heap. */
const flags = ['--max-old-space-size=64'];

export type FileInProcess = Disposable & {
  /**
   * Decodes further bytes. Throws BotError `source.not_audio`, or `source.unreachable` if another file ended the
   * process.
   */
  readonly feed: (bytes: Uint8Array, isLast: boolean) => Promise<FeedResult>;
};

/** Child process that decodes files of strangers, one piece at a time. */
export class DecodingProcess {
  readonly #options;
  /** Undefined if the system cannot start another process. */
  readonly #child: ChildProcess | undefined;
  readonly #gone = Promise.withResolvers<void>();
  #before: Promise<unknown> = Promise.resolve();
  #hasAnswered = false;
  #answer: PromiseWithResolvers<FeedResult> | undefined;
  #lastId = 0;
  #files = 0;
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

  get files(): number {
    return this.#files;
  }

  /** Opens a file until it is disposed. */
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

  async stop() {
    this.#failAll();
    if (this.#child) await this.#gone.promise;
  }

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
    if (!this.#isDead) this.#child?.send(message, () => undefined); // Events report the end of the process.
  }

  #failAll() {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#stayAwake?.();
    this.#child?.kill('SIGKILL'); // SIGKILL also ends a process that hangs.
    this.#answer?.reject(refusals.notAudio('its decoder crashed'));
  }
}
