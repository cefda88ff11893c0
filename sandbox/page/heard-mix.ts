import type { HeardFrame } from '#sandbox/voice/voice-ports.ts';

/** 20 ms at 48 kHz mono. */
const frameSamples = 960;
/** Somebody who leads the mix and sends nothing for so long leads it no more. */
const leadMs = 60;
/** Frames of one speaker that wait for those of the leader; the oldest is lost first. */
const mostWaiting = 6;

/**
 * Adds what several people say at once into one stream of 20 ms frames, without a clock: the frames of whoever began first
 * leave as they come, and carry what arrived of the others.
 */
export class HeardMix {
  readonly #waiting = new Map<string, Int16Array[]>();
  #leader: { readonly userId: string; readonly atMs: number } | undefined;

  /** Frames to be played now; none while they wait for somebody else's. */
  accept({ fromUserId, samples, atMs }: HeardFrame): readonly Int16Array[] {
    const leader = this.#leader;
    const isLed = leader && leader.userId !== fromUserId && atMs - leader.atMs < leadMs;
    const own = [...(this.#waiting.get(fromUserId) ?? []), ...cut(samples)];
    if (isLed) {
      this.#waiting.set(fromUserId, own.slice(-mostWaiting));
      return [];
    }
    this.#leader = { userId: fromUserId, atMs };
    this.#waiting.delete(fromUserId);
    return own.map((frame) => this.#mixed(frame));
  }

  #mixed(frame: Int16Array): Int16Array {
    const sum = frame.slice();
    for (const [userId, frames] of this.#waiting) {
      const next = frames.shift();
      if (next) addTo(sum, next);
      else this.#waiting.delete(userId);
    }
    return sum;
  }
}

function cut(samples: Int16Array): readonly Int16Array[] {
  const frames: Int16Array[] = [];
  for (let from = 0; from + frameSamples <= samples.length; from += frameSamples) {
    frames.push(samples.subarray(from, from + frameSamples));
  }
  return frames;
}

function addTo(sum: Int16Array, more: Int16Array): void {
  for (let n = 0; n < sum.length; n++) {
    sum[n] = Math.max(-32_768, Math.min(32_767, (sum[n] ?? 0) + (more[n] ?? 0)));
  }
}
