import { controllerUnder, unlessAborted } from '#src/base/waiting.ts';
import { listenWith } from './listen.ts';
import type { Listening, OnPartial, OnSoundSent, Transcriber, Transcript } from './ports.ts';
import { UtteranceSound } from './utterance-sound.ts';

/** One utterance that keeps its sound until it may go to a recogniser. */
export class HeldListening implements Listening {
  readonly #open: (signal: AbortSignal) => Listening;
  readonly #over: AbortController;
  readonly #signal: AbortSignal;
  readonly #sound = new UtteranceSound();
  readonly #begun = Promise.withResolvers<Listening>();
  #inner: Listening | undefined;

  /** `onEnd` is called once, when it is not listened to any more. */
  constructor(
    open: (signal: AbortSignal) => Listening,
    signal: AbortSignal,
    onEnd: () => void = () => undefined,
  ) {
    this.#open = open;
    this.#over = controllerUnder(signal);
    this.#signal = this.#over.signal;
    this.#signal.addEventListener('abort', onEnd, { once: true });
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

/** Utterances that stream to a recogniser at the same time, each over a connection of its own. */
export type ListeningLimits = {
  readonly perProcess: number;
  readonly perServer: number;
};

/** Owner of an utterance, and the callbacks for its events. */
export type ListeningOwner = {
  readonly guildId: string;
  readonly onWait: () => void;
  readonly onSent?: OnSoundSent;
};

/** Most open connections. Ten channels with four speakers at once; a lively channel alone. */
const usualLimits: ListeningLimits = { perProcess: 40, perServer: 8 };

/** An utterance that streams, or waits for others to end. */
type Slot = { readonly guildId: string; readonly listening: HeldListening };

/** Rate limiter for connections to recognisers that take sound while it is spoken; further utterances wait for a free one. */
export class ListeningSlots {
  readonly #limits: ListeningLimits;
  /** Number of streaming utterances by server. */
  readonly #streaming = new Map<string, number>();
  /** Waiting utterances in order of arrival. */
  #waiting: Slot[] = [];

  constructor(limits: ListeningLimits = usualLimits) {
    this.#limits = limits;
  }

  /**
   * Listens as `listenWith` does; where the limits are reached the utterance keeps its sound until others have ended, and
   * `onWait` is called. Recognisers that are sent whole utterances hold no connection, and are not limited.
   */
  listen(
    { guildId, onWait, onSent }: ListeningOwner,
    transcriber: Transcriber,
    onPartial: OnPartial,
    signal: AbortSignal,
  ): Listening {
    if (!transcriber.listen) return listenWith(transcriber, onPartial, signal, onSent);
    const open = (until: AbortSignal) => listenWith(transcriber, onPartial, until);
    const listening = new HeldListening(open, signal, () => this.#ended(slot));
    const slot: Slot = { guildId, listening };
    if (signal.aborted) return listening;
    if (this.#isFree(guildId)) this.#begin(slot);
    else {
      this.#waiting.push(slot);
      onWait();
    }
    return listening;
  }

  #isFree(guildId: string): boolean {
    const all = [...this.#streaming.values()].reduce((sum, each) => sum + each, 0);
    const { perProcess, perServer } = this.#limits;
    return all < perProcess && (this.#streaming.get(guildId) ?? 0) < perServer;
  }

  #begin({ guildId, listening }: Slot): void {
    this.#streaming.set(guildId, (this.#streaming.get(guildId) ?? 0) + 1);
    listening.begin();
  }

  #ended(ended: Slot): void {
    this.#waiting = this.#waiting.filter((one) => one !== ended);
    if (!ended.listening.hasBegun) return;
    const left = (this.#streaming.get(ended.guildId) ?? 0) - 1;
    if (left > 0) this.#streaming.set(ended.guildId, left);
    else this.#streaming.delete(ended.guildId);
    const next = this.#waiting.find(({ guildId }) => this.#isFree(guildId));
    if (!next) return;
    this.#waiting = this.#waiting.filter((one) => one !== next);
    this.#begin(next);
  }
}
