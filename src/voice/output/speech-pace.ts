/** Ways to change the pace. */
export const paceChanges = ['slower', 'faster', 'usual'] as const;

const [slowerBy, slowest, fastest] = [0.85, 0.7, 1.4];

/** Pace of the bot's speech in one session, as people asked for it, until they ask otherwise; 1 is usual, less is slower. */
export class SpeechPace {
  #speed = 1;

  get speed(): number {
    return this.#speed;
  }

  /** "Faster" takes back "slower", and the other way round, before it goes further. */
  change(to: (typeof paceChanges)[number]): void {
    const speed = this.#speed;
    if (to === 'usual') this.#speed = 1;
    else if (to === 'slower') this.#speed = speed > 1 ? 1 : Math.max(slowest, speed * slowerBy);
    else this.#speed = speed < 1 ? 1 : Math.min(fastest, speed / slowerBy);
  }
}
