import type { OverlapKind } from '#src/turn/overlap/interruption-words.ts';

/** Outcome of a cue: it left for the channel, the bot was speaking, or no connection was open. */
export type CueOutcome = 'left' | 'speaking' | 'away';

/** Sound of a connection that is open now. */
type ConnectionSound = {
  /** The bot speaks: then no cue sounds. */
  readonly isSpeaking: () => boolean;
  /** `left` is called as each frame of it leaves. */
  readonly play: (samples: Int16Array, left: () => void) => void;
  /** Gives barge-in the meaning of words over the bot's voice. */
  readonly overheard: (personId: string, what: OverlapKind, isMeant: boolean) => void;
  readonly playWaitingCue: (cue: 'tick' | 'moment' | 'pad') => void;
  /** Nothing is awaited any more. */
  readonly endWaitingCues: () => void;
};

/** Connection of a session that is open now, for whatever outlives it: plays cues. */
export class CurrentConnection {
  #sound: ConnectionSound | undefined;

  /** Undefined while the link is away. */
  get sound(): ConnectionSound | undefined {
    return this.#sound;
  }

  /** Sets the sound of the connection; undefined: none is open. */
  attach(sound: ConnectionSound | undefined): void {
    this.#sound = sound;
  }

  /** Plays a cue at once; `speaking` and `away` play nothing. Resolves with `left` when the first frame has left, perhaps never. */
  play(samples: Int16Array): Promise<CueOutcome> {
    const sound = this.#sound;
    if (!sound) return Promise.resolve('away');
    if (sound.isSpeaking()) return Promise.resolve('speaking');
    return new Promise((resolve) => sound.play(samples, () => resolve('left')));
  }
}
