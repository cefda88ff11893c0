import type { Clock } from '#src/base/clock.ts';
import { musicPerMs } from '#src/playback/mix/stereo.ts';

/** In one go no more is turned into samples, 100 ms: the link wants its frame every 20 ms. */
export const portion = 100 * musicPerMs;

/** When a source may be read on: with room for its sound, and not before others had their turn. */
export class ReadPace {
  readonly #clock: Clock;
  readonly #hasRoom: () => boolean;
  #room: PromiseWithResolvers<void> | undefined;
  /** Samples since others had their turn. */
  #unshared = 0;

  /** `hasRoom` is asked again after every `wake`. */
  constructor(clock: Clock, hasRoom: () => boolean) {
    this.#clock = clock;
    this.#hasRoom = hasRoom;
  }

  /** There may be room again, or nobody wants to read any more. */
  wake(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  /** Returns once there is room, or `signal` is aborted. */
  async untilRoom(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#hasRoom()) {
      this.#room ??= Promise.withResolvers();
      await this.#room.promise;
    }
  }

  /** Counts `samples` of work, and lets other work run after each portion; aborting `signal` throws `signal.reason`. */
  async share(samples: number, signal: AbortSignal): Promise<void> {
    this.#unshared += samples;
    if (this.#unshared < portion) return;
    this.#unshared = 0;
    await this.#clock.sleep(0, signal);
  }
}
