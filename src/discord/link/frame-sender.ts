import '#src/discord/library/sodium.ts';
import { Readable } from 'node:stream';
import { AudioResource, type VoiceConnection } from '@discordjs/voice';
import type { Frame, FrameSource } from '#src/audio/frame.ts';
import type { SyncTiming } from '#src/base/clock.ts';

export type FrameSenderOptions = {
  readonly connection: Pick<VoiceConnection, 'playOpusPacket' | 'setSpeaking'>;
  readonly timing: SyncTiming;
  /** False: no frame is taken or sent. */
  readonly settled: () => boolean;
  /** The library threw on a frame: that one is lost. */
  readonly refused: (error: unknown) => void;
  /** Anything else threw; the output has stopped. */
  readonly fail: (error: unknown) => void;
};

export type SenderCounts = {
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
const silenceFrame: Frame = Buffer.from([0xf8, 0xff, 0xfe]);

/**
 * The speaking half of one connection, on its own 20 ms grid: reads a frame at each point and sends it at once. While there is
 * nothing to play no timer runs; `play` and `wake` begin a new grid.
 *
 * The resource that is read, RTP and encryption are the work of @discordjs/voice; the mixer behind the source and this clock are
 * ours, in place of an `AudioPlayer`, which prepares each frame 20 ms ahead: answers would come and stop so much later.
 */
export class FrameSender {
  readonly counts: SenderCounts = { sent: 0, refused: 0, shifts: 0 };
  readonly #options;
  #playing:
    | { readonly source: FrameSource; readonly resource: AudioResource }
    | undefined;
  #dueMs = 0;
  #forget: (() => void) | undefined;
  /** Silence frames still owed after the last frame of the source. */
  #owed = 0;
  #quiet = true;
  #stopped = false;

  constructor(options: FrameSenderOptions) {
    this.#options = options;
  }

  /** Whether sound is under way, or was announced by `wake`. */
  get isBusy(): boolean {
    return !this.#quiet;
  }

  /** Takes frames from this source from now on. */
  playFrame(source: FrameSource): { wake(): void } {
    this.#playing = { source, resource: makeResource(source) };
    const wake = () => this.#wake();
    wake();
    return { wake };
  }

  stop(): void {
    this.#stopped = true;
    this.#playing = undefined;
    this.#forget?.();
  }

  /** Starts a quiet grid anew, as there is sound to play; a busy one goes on. */
  #wake() {
    if (this.#stopped || !this.#quiet) return;
    this.#dueMs = this.#options.timing.nowMs();
    this.#quiet = false; // once is enough
    this.#arm();
  }

  #arm() {
    this.#forget?.();
    const { timing } = this.#options;
    const waitMs = Math.max(0, this.#dueMs - timing.nowMs());
    this.#forget = timing.later(waitMs, () => this.#step());
  }

  /** Catches every error of the timer: a sender that was not armed again would be silent for ever. */
  #step() {
    try {
      this.#catchUp();
      const isIdle = this.#quiet && (this.#playing?.source.isIdle ?? true);
      if (!this.#stopped && !isIdle) this.#arm();
    } catch (error) {
      this.stop();
      this.#options.fail(error);
    }
  }

  #catchUp() {
    const { timing } = this.#options;
    const lateMs = timing.nowMs() - this.#dueMs;
    if (lateMs > catchUpMs) {
      this.#dueMs += frameMs * Math.floor(lateMs / frameMs);
      if (!this.#quiet) this.counts.shifts++;
    }
    const untilMs = timing.nowMs() + earlyMs;
    for (; this.#dueMs <= untilMs && !this.#stopped; this.#dueMs += frameMs)
      this.#tick();
  }

  #tick() {
    if (!this.#options.settled()) return;
    const frame = this.#playing?.resource.read();
    if (frame) this.#playFrame(frame);
    else if (this.#owed > 0) this.#sendSilence();
    else this.#quiet = true;
  }

  #playFrame(frame: Frame) {
    this.#quiet = false;
    this.#owed = silenceFrames;
    if (this.#sendFrame(frame)) {
      this.counts.sent++;
      this.#playing?.source.markSent(frame, this.#options.timing.nowMs());
    } else this.counts.refused++;
  }

  /** Five silence frames, after which the bot is not speaking any more. */
  #sendSilence() {
    this.#sendFrame(silenceFrame);
    this.#owed--;
    if (this.#owed === 0) this.#options.connection.setSpeaking(false);
  }

  /** True when the frame left as a datagram. */
  #sendFrame(frame: Frame) {
    try {
      return this.#options.connection.playOpusPacket(frame) === true;
    } catch (error) {
      this.#options.refused(error);
      return false;
    }
  }
}

/** Frames of a source as a stream that is never ahead: each `read` asks the source at that moment. */
class PulledFrames extends Readable {
  readonly #source;

  constructor(source: FrameSource) {
    super({ objectMode: true });
    this.#source = source;
  }

  override read(size?: number): Frame | null {
    // Node looks for data by read(0), which must not take a frame.
    return size === 0 ? null : (this.#source.pullFrame() ?? null);
  }
}

/** Makes a source the library's own kind of sound, without silence frames, which the sender adds. */
function makeResource(source: FrameSource) {
  // `createAudioResource` makes the same of Opus, but first looks for FFmpeg by starting it, for which the thread waits.
  return new AudioResource([], [new PulledFrames(source)], null, 0);
}
