import type { HeardFrame } from '#sandbox/voice/voice-ports.ts';
import { realClock } from '#src/base/clock.ts';

/** A stretch of the bot's voice that reached a person; a shorter pause than `pauseMs` does not end it. */
type BotVoiceStretch = { readonly fromMs: number; toMs: number };

const pauseMs = 200;
/** An answer and the one before it are enough. */
const maxKeptStretches = 10;

/** When the bot's voice reached a person. */
export class BotVoice {
  readonly #stretches: BotVoiceStretch[] = [];
  #packets = 0;
  #waiting:
    | { readonly sinceMs: number; readonly found: (fromMs: number) => void }
    | undefined;

  /** Heard so far. */
  get packets() {
    return this.#packets;
  }

  /** Whether it is being heard now. */
  get isHeard() {
    return realClock.nowMs() - this.#getLastMs < pauseMs;
  }

  addPacket({ audible, atMs }: Pick<HeardFrame, 'audible' | 'atMs'>) {
    if (!audible) return;
    this.#packets++;
    const last = this.#stretches.at(-1);
    if (last && atMs - last.toMs < pauseMs) last.toMs = atMs;
    else this.#beginStretch(atMs);
  }

  /** Start of the first stretch that begins at `sinceMs` or later; undefined when none began within `patienceMs` from now. */
  async waitForStart(sinceMs: number, patienceMs: number): Promise<number | undefined> {
    const known = this.#stretches.find(({ fromMs }) => fromMs >= sinceMs);
    if (known) return known.fromMs;
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    this.#waiting = { sinceMs, found: resolve };
    const patience = setTimeout(resolve, patienceMs, undefined);
    const fromMs = await promise;
    clearTimeout(patience);
    this.#waiting = undefined;
    return fromMs;
  }

  /** Resolves once nothing was heard for `forMs`. */
  async waitForQuiet(forMs: number, signal: AbortSignal) {
    for (;;) {
      const restMs = this.#getLastMs + forMs - realClock.nowMs();
      if (restMs <= 0) return;
      await realClock.sleep(restMs, signal);
    }
  }

  get #getLastMs() {
    return this.#stretches.at(-1)?.toMs ?? Number.NEGATIVE_INFINITY;
  }

  #beginStretch(atMs: number) {
    this.#stretches.push({ fromMs: atMs, toMs: atMs });
    if (this.#stretches.length > maxKeptStretches) this.#stretches.shift();
    if (this.#waiting && atMs >= this.#waiting.sinceMs) this.#waiting.found(atMs);
  }
}
