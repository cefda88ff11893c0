import { speakRateHz } from '#src/audio/pcm.ts';

/** 20 ms, mono. */
export const frameSamples = speakRateHz / 50;

export type Block = {
  readonly samples: Int16Array;
  /** Called when the frame with this block has left, which means that people heard it. */
  readonly left: (atMs: number) => void;
};

export interface Track {
  /** Returns the next 20 ms, or undefined if there is no sound. */
  pullBlock(): Block | undefined;
  /** Replaces the listener that is called when there is sound again. */
  onSound(listener: () => void): void;
}
