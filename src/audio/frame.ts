/** 20 ms of Opus. A Buffer, since @discordjs/voice calls `equals` on it. */
export type Frame = Buffer;

/** Source of frames. Playback implements it, and the connection calls it synchronously every 20 ms. */
export interface FrameSource {
  /** Returns the next 20 ms. Undefined while nothing sounds. */
  pullFrame(): Frame | undefined;
  /** True if no frame will come before the connection is woken. */
  readonly isIdle: boolean;
  /** Notes that a frame was sent as a datagram. Only these frames count as heard. */
  markSent(frame: Frame, atMs: number): void;
}
