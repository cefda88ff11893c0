import '#src/discord/library/sodium.ts';
import { Readable } from 'node:stream';
import { AudioResource, type VoiceConnection } from '@discordjs/voice';
import type { Frame, FrameSource } from '#src/audio/frame.ts';
import { silenceFrame } from '#src/audio/opus/opus-codec.ts';
import type { SyncTiming } from '#src/base/clock.ts';

export type FrameSenderDeps = {
  readonly connection: Pick<VoiceConnection, 'playOpusPacket' | 'setSpeaking'>;
  readonly timing: SyncTiming;
  /** Returns whether people can hear frames. Until then no frame is taken or sent. */
  readonly isSettled: () => boolean;
  /** Called with the error when the library throws at a packet, silence included. A packet that the library declines is not reported. */
  readonly onRefused: (error: unknown) => void;
  /** Called after a stall of more than 60 ms while frames left: `lateMs` is how late the next one is. */
  readonly onStall: (lateMs: number) => void;
  /** Called when the output has stopped. */
  readonly onFailure: (error: unknown) => void;
};

export type SenderCounts = {
  readonly sent: number;
  /** Frames that the library did not take. */
  readonly refused: number;
  /** Stalls of more than 60 ms. */
  readonly shifts: number;
};

const frameMs = 20;
/** Timers count whole ms, so a frame may leave this much early. */
const earlyMs = 0.5;
/** Up to this delay, overdue frames leave back to back. Then the grid moves. */
const catchUpMs = 60;
/** Discord docs, "Voice Data Interpolation". */
const silenceFrames = 5;

/**
 * Sends a frame every 20 ms, without a timer when there is none. The player of @discordjs/voice
 * would prepare frames 20 ms ahead, so answers would begin and stop later.
 */
export class FrameSender {
  readonly #deps;
  readonly #counts = { sent: 0, refused: 0, shifts: 0 };
  #frames: FrameSource | undefined;
  #resource: AudioResource | undefined;
  #dueMs = 0;
  #cancelTimer: (() => void) | undefined;
  #owedSilence = 0;
  #isQuiet = true;
  #isStopped = false;

  constructor(deps: FrameSenderDeps) {
    this.#deps = deps;
  }

  /** Counts of frames since the start. They change while frames leave. */
  get counts(): SenderCounts {
    return this.#counts;
  }

  /** True from a wake until the silence after the last frame has left. */
  get isBusy(): boolean {
    return !this.#isQuiet;
  }

  /** Plays `frames` in place of the former source. Wake it when frames have come. */
  playFrames(frames: FrameSource): { wake(): void } {
    this.#frames = frames;
    this.#resource = makeResource(frames);
    this.#wake();
    return { wake: () => this.#wake() };
  }

  /** Stops for good. Takes no further frame. */
  stop(): void {
    this.#isStopped = true;
    this.#frames = undefined;
    this.#resource = undefined;
    this.#cancelTimer?.();
  }

  #wake() {
    if (this.#isStopped || !this.#isQuiet) return;
    this.#dueMs = this.#deps.timing.nowMs();
    this.#isQuiet = false; // once is enough
    this.#setTimer();
  }

  #setTimer() {
    const { timing } = this.#deps;
    this.#cancelTimer?.();
    const waitMs = Math.max(0, this.#dueMs - timing.nowMs());
    this.#cancelTimer = timing.later(waitMs, this.#onTimer);
  }

  /** Sends overdue frames and sets the next timer. */
  readonly #onTimer = () => {
    try {
      this.#catchUp();
      const isIdle = this.#isQuiet && (this.#frames?.isIdle ?? true);
      if (!this.#isStopped && !isIdle) this.#setTimer();
    } catch (error) {
      // A timer that throws would silence the sender for ever.
      this.stop();
      this.#deps.onFailure(error);
    }
  };

  #catchUp() {
    const { timing } = this.#deps;
    const lateMs = timing.nowMs() - this.#dueMs;
    if (lateMs > catchUpMs) {
      this.#dueMs += frameMs * Math.floor(lateMs / frameMs);
      if (!this.#isQuiet) {
        this.#counts.shifts++;
        this.#deps.onStall(lateMs);
      }
    }
    const untilMs = timing.nowMs() + earlyMs;
    for (; this.#dueMs <= untilMs && !this.#isStopped; this.#dueMs += frameMs)
      this.#sendNext();
  }

  #sendNext() {
    if (!this.#deps.isSettled()) return;
    const frame = this.#resource?.read();
    if (frame) this.#sendFrame(frame);
    else if (this.#owedSilence > 0) this.#sendSilence();
    else this.#isQuiet = true;
  }

  #sendFrame(frame: Frame) {
    this.#isQuiet = false;
    this.#owedSilence = silenceFrames;
    if (this.#sendPacket(frame)) {
      this.#counts.sent++;
      this.#frames?.markSent(frame, this.#deps.timing.nowMs());
    } else this.#counts.refused++;
  }

  #sendSilence() {
    this.#sendPacket(silenceFrame);
    this.#owedSilence--;
    if (this.#owedSilence === 0) this.#deps.connection.setSpeaking(false);
  }

  #sendPacket(frame: Frame) {
    try {
      return this.#deps.connection.playOpusPacket(frame) === true;
    } catch (error) {
      this.#deps.onRefused(error);
      return false;
    }
  }
}

/** Reads each frame from the source at the moment when it is sent. */
class PulledFrames extends Readable {
  readonly #frames;

  constructor(frames: FrameSource) {
    super({ objectMode: true });
    this.#frames = frames;
  }

  /** Takes the next frame. Null if none is there now, which does not end the stream. */
  override read(size?: number): Frame | null {
    // Node looks for data by read(0), which must not take a frame.
    return size === 0 ? null : (this.#frames.pullFrame() ?? null);
  }
}

function makeResource(frames: FrameSource) {
  // `createAudioResource` makes the same of Opus, but first looks for FFmpeg by starting it, for which the thread waits.
  return new AudioResource([], [new PulledFrames(frames)], null, 0);
}
