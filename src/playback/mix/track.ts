import { speakRateHz } from '#src/audio/pcm.ts';

/** Samples of one frame of 20 ms, mono at the speaking rate. */
export const frameSamples = speakRateHz / 50;

/** 20 ms of one track. */
export type Block = {
  /** `frameSamples` of them. */
  readonly samples: Int16Array;
  /** The frame this block went into really left: it was heard. Not called for a frame that never left. */
  readonly left: (atMs: number) => void;
};

/** One source of sound for the mixer. */
export interface Track {
  /** The next 20 ms, or undefined while there is nothing to play. */
  pullBlock(): Block | undefined;
  /** Replaces the former listener, called whenever `pull` has something again. */
  onSound(listener: () => void): void;
}
