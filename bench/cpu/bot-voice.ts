import type { HeardFrame } from '#sandbox/voice/voice-ports.ts';
import { realClock } from '#src/base/clock.ts';

/** A stretch of the bot's voice that reached a person. A pause shorter than `pauseMs` does not end it. */
type BotVoiceStretch = { readonly fromMs: number; toMs: number };

const pauseMs = 200;
/** An answer and the one before it are enough. */
const maxKeptStretches = 10;

/** Notes when the bot's voice reached a person. */
export class BotVoice {
  readonly #stretches: BotVoiceStretch[] = [];
  #packets = 0;
  #startWait:
    | { readonly sinceMs: number; readonly resolve: (fromMs: number) => void }
    | undefined;

  /** Number of packets that were heard so far. */
  get packets(): number {
    return this.#packets;
  }

  /** Whether the bot is being heard now. */
  get isHeard(): boolean {
    return realClock.nowMs() - this.#getLastMs() < pauseMs;
  }

  /** Notes a packet that arrived. Silence frames do not count. */
  addPacket({ audible, atMs }: Pick<HeardFrame, 'audible' | 'atMs'>): void {
    if (!audible) return;
    this.#packets++;
    const last = this.#stretches.at(-1);
    if (last && atMs - last.toMs < pauseMs) last.toMs = atMs;
    else this.#beginStretch(atMs);
  }

  /** Waits for the start of the first stretch that begins at `sinceMs` or later. Undefined when none began within `maxWaitMs` from now. One caller at a time. */
  async waitForStart(sinceMs: number, maxWaitMs: number): Promise<number | undefined> {
    const stretch = this.#stretches.find(({ fromMs }) => fromMs >= sinceMs);
    if (stretch) return stretch.fromMs;
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    this.#startWait = { sinceMs, resolve };
    const timer = setTimeout(resolve, maxWaitMs, undefined);
    const fromMs = await promise;
    clearTimeout(timer);
    this.#startWait = undefined;
    return fromMs;
  }

  /** Resolves once nothing was heard for `forMs`. */
  async waitForQuiet(forMs: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const leftMs = this.#getLastMs() + forMs - realClock.nowMs();
      if (leftMs <= 0) return;
      await realClock.sleep(leftMs, signal);
    }
  }

  #getLastMs() {
    return this.#stretches.at(-1)?.toMs ?? Number.NEGATIVE_INFINITY;
  }

  #beginStretch(atMs: number) {
    this.#stretches.push({ fromMs: atMs, toMs: atMs });
    if (this.#stretches.length > maxKeptStretches) this.#stretches.shift();
    if (this.#startWait && atMs >= this.#startWait.sinceMs)
      this.#startWait.resolve(atMs);
  }
}
