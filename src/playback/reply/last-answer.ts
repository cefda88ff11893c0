import { speakRateHz } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import type { SpokenReply } from './spoken-reply.ts';
import { stretched } from './stretch.ts';

/** `keepMs` of an answer that may be asked for again: of a longer one its last minute, from the start of a sentence. */
export const keepAnswerMs = 60_000;

/** The sound of an answer that was given, also of what was cut off; 2.9 MB a minute. */
export class LastAnswer {
  readonly #given: SpokenReply;

  /** `given` takes no more sound. */
  constructor(given: SpokenReply) {
    this.#given = given;
  }

  /**
   * Writes it to a new reply, and ends that: at 0.5 to 2 times its own pace, at the same pitch.
   *
   * Works while the reply plays, and lets everything else run in between: a second of sound takes 3 to 9 ms. Aborting
   * `signal` throws `signal.reason`.
   */
  async sayTo(
    reply: SpokenReply,
    { speed, clock }: { readonly speed: number; readonly clock: Clock },
    signal: AbortSignal,
  ): Promise<void> {
    for (const { text, samples } of this.#given.sentences()) {
      for (const piece of stretched(samples, speed)) {
        await reply.write({ samples: piece, rateHz: speakRateHz, channels: 1 }, text, signal);
        await clock.sleep(0, signal);
      }
    }
    reply.end();
  }
}
