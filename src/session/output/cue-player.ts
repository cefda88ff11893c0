/** Outcome of a cue: it left for the channel, the bot was speaking, or no link was open. */
export type CueOutcome = 'left' | 'speaking' | 'away';

/** Output of a link that is open now. */
type CueOutput = {
  /** The bot speaks: then no cue sounds. */
  readonly isSpeaking: () => boolean;
  /** `left` is called as each frame of it leaves. */
  readonly play: (samples: Int16Array, left: () => void) => void;
};

/** Plays cues in the channel of one session, over the link that is open. */
export class CuePlayer {
  #output: CueOutput | undefined;

  /** Sets the output; undefined: no link is open. */
  attach(output: CueOutput | undefined): void {
    this.#output = output;
  }

  /** Plays a cue at once; `speaking` and `away` play nothing. Resolves with `left` when the first frame has left, perhaps never. */
  play(samples: Int16Array): Promise<CueOutcome> {
    const output = this.#output;
    if (!output) return Promise.resolve('away');
    if (output.isSpeaking()) return Promise.resolve('speaking');
    return new Promise((resolve) => output.play(samples, () => resolve('left')));
  }
}
