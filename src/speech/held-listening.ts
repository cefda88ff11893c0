import { controllerUnder, unlessAborted } from '#src/base/waiting.ts';
import type { Listening, Transcript } from './ports.ts';
import { UtteranceSound } from './utterance-sound.ts';

/** One utterance whose sound is kept until it may go to a recogniser. */
export class HeldListening implements Listening {
  readonly #open;
  readonly #over;
  readonly #signal;
  readonly #sound = new UtteranceSound();
  readonly #begun = Promise.withResolvers<Listening>();
  #inner: Listening | undefined;

  constructor(open: (signal: AbortSignal) => Listening, signal: AbortSignal) {
    this.#open = open;
    this.#over = controllerUnder(signal);
    this.#signal = this.#over.signal;
  }

  get hasBegun(): boolean {
    return this.#inner !== undefined;
  }

  /** Sends the kept sound, and from now on all sound. */
  begin(): void {
    if (this.#inner || this.#signal.aborted) return;
    const inner = this.#open(this.#signal);
    this.#inner = inner;
    if (this.#sound.length > 0) inner.push(this.#sound.whole().samples);
    this.#sound.drop();
    this.#begun.resolve(inner);
  }

  push(samples: Int16Array): void {
    if (this.#signal.aborted) return;
    if (this.#inner) this.#inner.push(samples);
    else this.#sound.push(samples);
  }

  async settle(signal: AbortSignal): Promise<Transcript> {
    const either = AbortSignal.any([this.#signal, signal]);
    either.throwIfAborted();
    const inner = await unlessAborted(this.#begun.promise, either);
    return await inner.settle(signal);
  }

  [Symbol.dispose](): void {
    this.#inner?.[Symbol.dispose]();
    this.#over.abort(new Error('not listened to any more'));
  }
}
