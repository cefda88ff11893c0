/** 20 ms of Opus, ready for the link. A Buffer, since @discordjs/voice calls `equals` on it. */
export type Frame = Buffer;

/** Frames on demand; playback implements it, the pacer calls it synchronously every 20 ms. */
export interface FrameSource {
  /** The next 20 ms, or undefined while there is nothing to play. */
  next(): Frame | undefined;
  /** Whether, after a `next` without a frame, there will be none before the link is woken. */
  readonly isIdle: boolean;
  /** `frame` really left as a datagram: that, and only that, was heard. */
  left(frame: Frame, atMs: number): void;
}
