import type { RealtimeLink } from '#src/provider/realtime-link.ts';

/** Name of the message with hints, by which a server refuses it. */
export const hintsEventId = 'hints';

/** Likely words that a server was told, by connection. One that refuses them, or ends there, is told none any more. */
export class TranscriptionHints {
  areRefused = false;
  readonly #updateOf: (hints: readonly string[]) => object;
  readonly #told = new WeakMap<RealtimeLink, string>();

  /** `updateOf`: the settings of a session with these hints. */
  constructor(updateOf: (hints: readonly string[]) => object) {
    this.#updateOf = updateOf;
  }

  /** Makes the server expect these words from now on. False where it expects them already, or none. */
  tell(link: RealtimeLink, hints: readonly string[]): boolean {
    const words = hints.join('\n');
    if (this.areRefused || words === (this.#told.get(link) ?? '')) return false;
    this.#told.set(link, words);
    link.send({ ...this.#updateOf(hints), event_id: hintsEventId });
    return true;
  }
}
