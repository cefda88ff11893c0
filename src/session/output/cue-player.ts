/** How a tone got on: it left for the room, the bot was speaking, or nobody was there to ring it. */
export type CueOutcome = 'left' | 'speaking' | 'away';

/** Where a tone can be played just now. */
type Ringer = {
  /** The bot speaks: then no cue sounds. */
  readonly isSpeaking: () => boolean;
  /** `left` is called as each frame of it leaves. */
  readonly play: (samples: Int16Array, left: () => void) => void;
};

/** Plays a tone in the room of one session, over whichever link there is. */
export class CuePlayer {
  #ringer: Ringer | undefined;

  /** Undefined takes the former one down. */
  hang(ringer: Ringer | undefined): void {
    this.#ringer = ringer;
  }

  /** At once: `speaking` and `away` play nothing. Resolves with `left` when the first frame has left, perhaps never. */
  ring(samples: Int16Array): Promise<CueOutcome> {
    const ringer = this.#ringer;
    if (!ringer) return Promise.resolve('away');
    if (ringer.isSpeaking()) return Promise.resolve('speaking');
    return new Promise((resolve) => ringer.play(samples, () => resolve('left')));
  }
}
