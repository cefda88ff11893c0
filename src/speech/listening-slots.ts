import { unlessAborted } from '#src/base/waiting.ts';
import { listenWith } from './listen.ts';
import type { Listening, OnPartial, Transcriber, Transcript } from './ports.ts';
import { UtteranceSound } from './utterance-sound.ts';

/** Utterances that stream to a recogniser at the same time, each over a connection of its own. */
export type ListeningLimits = {
  readonly perProcess: number;
  readonly perServer: number;
};

/** A crowd opens no more connections than this. Ten channels with four who speak at once; a lively channel alone. */
const usualLimits: ListeningLimits = { perProcess: 40, perServer: 8 };

/** Rate limiter for connections to recognisers that take sound while it is spoken; further utterances wait for a free one. */
export class ListeningSlots {
  readonly #limits: ListeningLimits;
  /** By server, how many stream. */
  readonly #streaming = new Map<string, number>();
  /** In order of arrival. */
  #waiting: SlotListening[] = [];

  constructor(limits: ListeningLimits = usualLimits) {
    this.#limits = limits;
  }

  /**
   * As `listenWith`; where the limits are reached the utterance keeps its sound until others have ended, and `onWait` is
   * called. Recognisers that are sent whole utterances hold no connection, and are not limited.
   */
  listen(
    { guildId, onWait }: { readonly guildId: string; readonly onWait: () => void },
    transcriber: Transcriber,
    onPartial: OnPartial,
    signal: AbortSignal,
  ): Listening {
    if (!transcriber.listen) return listenWith(transcriber, onPartial, signal);
    const open = (until: AbortSignal) => listenWith(transcriber, onPartial, until);
    const listening = new SlotListening(guildId, open, (ended) => this.#ended(ended), signal);
    if (signal.aborted) return listening;
    if (this.#isFree(guildId)) this.#begin(listening);
    else {
      this.#waiting.push(listening);
      onWait();
    }
    return listening;
  }

  #isFree(guildId: string): boolean {
    const all = [...this.#streaming.values()].reduce((sum, each) => sum + each, 0);
    const { perProcess, perServer } = this.#limits;
    return all < perProcess && (this.#streaming.get(guildId) ?? 0) < perServer;
  }

  #begin(listening: SlotListening): void {
    const { guildId } = listening;
    this.#streaming.set(guildId, (this.#streaming.get(guildId) ?? 0) + 1);
    listening.begin();
  }

  #ended(ended: SlotListening): void {
    this.#waiting = this.#waiting.filter((one) => one !== ended);
    if (!ended.hasBegun) return;
    const left = (this.#streaming.get(ended.guildId) ?? 0) - 1;
    if (left > 0) this.#streaming.set(ended.guildId, left);
    else this.#streaming.delete(ended.guildId);
    const next = this.#waiting.find(({ guildId }) => this.#isFree(guildId));
    if (!next) return;
    this.#waiting = this.#waiting.filter((one) => one !== next);
    this.#begin(next);
  }
}

/** One utterance that keeps its sound until it may stream. */
class SlotListening implements Listening {
  readonly guildId: string;
  readonly #open: (signal: AbortSignal) => Listening;
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  readonly #sound = new UtteranceSound();
  readonly #begun = Promise.withResolvers<Listening>();
  #inner: Listening | undefined;

  constructor(
    guildId: string,
    open: (signal: AbortSignal) => Listening,
    ended: (listening: SlotListening) => void,
    signal: AbortSignal,
  ) {
    this.guildId = guildId;
    this.#open = open;
    this.#signal = AbortSignal.any([signal, this.#over.signal]);
    this.#signal.addEventListener('abort', () => ended(this), { once: true });
  }

  get hasBegun(): boolean {
    return this.#inner !== undefined;
  }

  begin(): void {
    const inner = this.#open(this.#signal);
    this.#inner = inner;
    inner.push(this.#sound.whole().samples);
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
