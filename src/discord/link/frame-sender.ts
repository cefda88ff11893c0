import '#src/discord/library/sodium.ts';
import { Readable } from 'node:stream';
import { AudioResource, type VoiceConnection } from '@discordjs/voice';
import type { Frame, FrameSource } from '#src/audio/frame.ts';
import { silenceFrame } from '#src/audio/opus/opus-packet.ts';
import type { SyncTiming } from '#src/base/clock.ts';

export type FrameSenderOptions = {
  readonly connection: Pick<VoiceConnection, 'playOpusPacket' | 'setSpeaking'>;
  readonly timing: SyncTiming;
  /** False: no frame is taken or sent. */
  readonly settled: () => boolean;
  readonly refused: (error: unknown) => void;
  /** Called when the output has stopped. */
  readonly fail: (error: unknown) => void;
};

export type SenderCounts = FrameSender['counts'];

const frameMs = 20;
/** Timers count whole ms, so a frame may leave this much early. */
const earlyMs = 0.5;
/** Up to this delay, overdue frames leave back to back. Then the grid moves. */
const catchUpMs = 60;
/** Discord docs, "Voice Data Interpolation". */
const silenceFrames = 5;

/**
 * Sends a frame every 20 ms, without a timer when there is none. An `AudioPlayer` would
 * prepare frames 20 ms ahead, so answers would begin and stop later.
 */
export class FrameSender {
  readonly counts = {
    sent: 0,
    /** Frames that the library did not take. */
    refused: 0,
    /** Stalls of more than 60 ms. */
    shifts: 0,
  };
  readonly #options;
  #playing:
    | { readonly source: FrameSource; readonly resource: AudioResource }
    | undefined;
  #dueMs = 0;
  #forget: (() => void) | undefined;
  #owed = 0;
  #quiet = true;
  #stopped = false;

  constructor(options: FrameSenderOptions) {
    this.#options = options;
  }

  get isBusy(): boolean {
    return !this.#quiet;
  }

  playFrame(source: FrameSource): { wake(): void } {
    this.#playing = { source, resource: makeResource(source) };
    const wake = () => this.#wake();
    wake();
    return { wake };
  }

  stop() {
    this.#stopped = true;
    this.#playing = undefined;
    this.#forget?.();
  }

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

  /** Sends overdue frames and sets the next timer. */
  #step() {
    try {
      this.#catchUp();
      const isIdle = this.#quiet && (this.#playing?.source.isIdle ?? true);
      if (!this.#stopped && !isIdle) this.#arm();
    } catch (error) {
      // A timer that throws would silence the sender for ever.
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

  #sendSilence() {
    this.#sendFrame(silenceFrame);
    this.#owed--;
    if (this.#owed === 0) this.#options.connection.setSpeaking(false);
  }

  #sendFrame(frame: Frame) {
    try {
      return this.#options.connection.playOpusPacket(frame) === true;
    } catch (error) {
      this.#options.refused(error);
      return false;
    }
  }
}

/** Reads each frame from the source at the moment when it is sent. */
class PulledFrames extends Readable {
  readonly #source;

  constructor(source: FrameSource) {
    super({ objectMode: true });
    this.#source = source;
  }

  override read(size?: number) {
    // Node looks for data by read(0), which must not take a frame.
    return size === 0 ? null : (this.#source.pullFrame() ?? null);
  }
}

function makeResource(source: FrameSource) {
  // `createAudioResource` makes the same of Opus, but first looks for FFmpeg by starting it, for which the thread waits.
  return new AudioResource([], [new PulledFrames(source)], null, 0);
}
