/** A track as a page draws it. */
export type TrackFact = {
  readonly name: string;
  /** Title of the current sound. Absent without one, and for words of people. */
  readonly title?: string | undefined;
  readonly isBusy: boolean;
  /** 0 to 200, as people set it. */
  readonly percent: number;
  readonly isMuted: boolean;
  readonly isPaused: boolean;
  readonly isLooping: boolean;
  /** Sounds that wait behind the current one. */
  readonly waiting: number;
  readonly positionMs?: number | undefined;
  readonly lengthMs?: number | undefined;
  /** Percentage of the sound that leaves now: volume, mute, fades and ducking together. */
  readonly gainPercent: number;
};
