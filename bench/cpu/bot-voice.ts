import type { HeardFrame } from '#sandbox/voice/voice-ports.ts';
import { realClock } from '#src/base/clock.ts';

/** A stretch of the bot's voice that reached a person; a shorter pause than `pauseMs` does not end it. */
type BotVoiceStretch = { readonly fromMs: number; toMs: number };

const pauseMs = 200;
/** An answer and the one before it are enough. */
const maxKeptStretches = 10;

export type BotVoice = ReturnType<typeof createBotVoice>;

/** When the bot's voice reached a person. */
export function createBotVoice() {
  const stretches: BotVoiceStretch[] = [];
  let sentPackets = 0;
  let waiting:
    | { readonly sinceMs: number; readonly found: (fromMs: number) => void }
    | undefined;

  function getLastMs() {
    return stretches.at(-1)?.toMs ?? Number.NEGATIVE_INFINITY;
  }

  function beginStretch(atMs: number) {
    stretches.push({ fromMs: atMs, toMs: atMs });
    if (stretches.length > maxKeptStretches) stretches.shift();
    if (waiting && atMs >= waiting.sinceMs) waiting.found(atMs);
  }

  return {
    /** Heard so far. */
    get packets() {
      return sentPackets;
    },

    /** Whether it is being heard now. */
    get isHeard() {
      return realClock.nowMs() - getLastMs() < pauseMs;
    },

    addPacket({ audible, atMs }: Pick<HeardFrame, 'audible' | 'atMs'>) {
      if (!audible) return;
      sentPackets++;
      const last = stretches.at(-1);
      if (last && atMs - last.toMs < pauseMs) last.toMs = atMs;
      else beginStretch(atMs);
    },

    /** Start of the first stretch that begins at `sinceMs` or later; undefined when none began within `patienceMs` from now. */
    async waitForStart(
      sinceMs: number,
      patienceMs: number,
    ): Promise<number | undefined> {
      const known = stretches.find(({ fromMs }) => fromMs >= sinceMs);
      if (known) return known.fromMs;
      const { promise, resolve } = Promise.withResolvers<number | undefined>();
      waiting = { sinceMs, found: resolve };
      const patience = setTimeout(resolve, patienceMs, undefined);
      const fromMs = await promise;
      clearTimeout(patience);
      waiting = undefined;
      return fromMs;
    },

    /** Resolves once nothing was heard for `forMs`. */
    async waitForQuiet(forMs: number, signal: AbortSignal) {
      for (;;) {
        const restMs = getLastMs() + forMs - realClock.nowMs();
        if (restMs <= 0) return;
        await realClock.sleep(restMs, signal);
      }
    },
  };
}
