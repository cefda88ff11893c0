import type { Frame } from '#src/audio/frame.ts';
import type { SyncTiming } from './timing.ts';

/** Where frames come from and go to. */
export type FramePort = {
  /** Takes the next frame, if there is one. */
  take(): Frame | undefined;
  /** True when the frame left as a datagram. */
  send(frame: Frame): boolean;
  /** `frame` of the source left. */
  left(frame: Frame, atMs: number): void;
  /** Where `take` gave nothing: nothing will come before the pacer is woken. */
  isIdle(): boolean;
  /** False: no frame may be taken or sent. */
  settled(): boolean;
  /** All has been said, five silence frames included. */
  fellSilent(): void;
  /** Whatever one of these threw; the pacer has stopped. */
  fail(error: unknown): void;
};

export type PacerCounts = {
  sent: number;
  /** Frames of the source that the library did not take. */
  refused: number;
  /** Stalls of more than 60 ms: the clock moved, no frame was cut. */
  shifts: number;
};

const frameMs = 20;
/** Longest time, in ms, that a frame leaves before its point of the grid: timers count whole ms, and another one would be due for the rest. */
const earlyMs = 0.5;
/** Longest delay, in ms, up to which overdue frames go back to back; beyond it the grid moves. */
const catchUpMs = 60;
/** Discord docs, "Voice Data Interpolation". */
const silenceFrames = 5;
const silence: Frame = Buffer.from([0xf8, 0xff, 0xfe]);

/**
 * One link's own 20 ms grid: asks for a frame at each point and sends it at once. While there is nothing to play no timer
 * runs; `wake` begins a new grid.
 */
export class Pacer {
  readonly counts: PacerCounts = { sent: 0, refused: 0, shifts: 0 };
  readonly #line: FramePort;
  readonly #timing: SyncTiming;
  #dueMs = 0;
  #forget: (() => void) | undefined;
  /** Silence frames still owed after the last frame of the source. */
  #owed = 0;
  #quiet = true;
  #stopped = false;

  constructor(line: FramePort, timing: SyncTiming) {
    this.#line = line;
    this.#timing = timing;
  }

  /** Whether sound is under way, or was announced by `wake`. */
  get isBusy(): boolean {
    return !this.#quiet;
  }

  /** Starts a quiet grid anew, as there is sound to play; a busy one goes on. */
  wake(): void {
    if (this.#stopped || !this.#quiet) return;
    this.#dueMs = this.#timing.nowMs();
    this.#quiet = false; // once is enough
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#forget?.();
  }

  #arm(): void {
    this.#forget?.();
    const waitMs = Math.max(0, this.#dueMs - this.#timing.nowMs());
    this.#forget = this.#timing.later(waitMs, () => this.#step());
  }

  /** Catches every error of the timer: a pacer that was not armed again would be silent for ever. */
  #step(): void {
    try {
      this.#catchUp();
      if (!this.#stopped && !this.#isIdle()) this.#arm();
    } catch (error) {
      this.stop();
      this.#line.fail(error);
    }
  }

  #isIdle(): boolean {
    return this.#quiet && this.#line.isIdle();
  }

  #catchUp(): void {
    const lateMs = this.#timing.nowMs() - this.#dueMs;
    if (lateMs > catchUpMs) {
      this.#dueMs += frameMs * Math.floor(lateMs / frameMs);
      if (!this.#quiet) this.counts.shifts++;
    }
    const untilMs = this.#timing.nowMs() + earlyMs;
    for (; this.#dueMs <= untilMs && !this.#stopped; this.#dueMs += frameMs) this.#tick();
  }

  #tick(): void {
    if (!this.#line.settled()) return;
    const frame = this.#line.take();
    if (frame) this.#play(frame);
    else if (this.#owed > 0) this.#pad();
    else this.#quiet = true;
  }

  #play(frame: Frame): void {
    this.#quiet = false;
    this.#owed = silenceFrames;
    if (this.#line.send(frame)) {
      this.counts.sent++;
      this.#line.left(frame, this.#timing.nowMs());
    } else this.counts.refused++;
  }

  #pad(): void {
    this.#line.send(silence);
    this.#owed--;
    if (this.#owed === 0) this.#line.fellSilent();
  }
}
