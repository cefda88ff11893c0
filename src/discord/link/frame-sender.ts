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

export type SenderCounts = ReturnType<typeof createFrameSender>['counts'];

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
export function createFrameSender(options: FrameSenderOptions) {
  const { connection, timing } = options;
  const counts = {
    sent: 0,
    /** Frames that the library did not take. */
    refused: 0,
    /** Stalls of more than 60 ms. */
    shifts: 0,
  };
  let playing:
    | { readonly source: FrameSource; readonly resource: AudioResource }
    | undefined;
  let dueMs = 0;
  let forgetTimer: (() => void) | undefined;
  let owedSilence = 0;
  let isQuiet = true;
  let isStopped = false;

  function stop() {
    isStopped = true;
    playing = undefined;
    forgetTimer?.();
  }

  function wake() {
    if (isStopped || !isQuiet) return;
    dueMs = timing.nowMs();
    isQuiet = false; // once is enough
    setTimer();
  }

  function setTimer() {
    forgetTimer?.();
    forgetTimer = timing.later(Math.max(0, dueMs - timing.nowMs()), runStep);
  }

  /** Sends overdue frames and sets the next timer. */
  function runStep() {
    try {
      catchUp();
      const isIdle = isQuiet && (playing?.source.isIdle ?? true);
      if (!isStopped && !isIdle) setTimer();
    } catch (error) {
      // A timer that throws would silence the sender for ever.
      stop();
      options.fail(error);
    }
  }

  function catchUp() {
    const lateMs = timing.nowMs() - dueMs;
    if (lateMs > catchUpMs) {
      dueMs += frameMs * Math.floor(lateMs / frameMs);
      if (!isQuiet) counts.shifts++;
    }
    const untilMs = timing.nowMs() + earlyMs;
    for (; dueMs <= untilMs && !isStopped; dueMs += frameMs) sendNext();
  }

  function sendNext() {
    if (!options.settled()) return;
    const frame = playing?.resource.read();
    if (frame) sendFrame(frame);
    else if (owedSilence > 0) sendSilence();
    else isQuiet = true;
  }

  function sendFrame(frame: Frame) {
    isQuiet = false;
    owedSilence = silenceFrames;
    if (sendPacket(frame)) {
      counts.sent++;
      playing?.source.markSent(frame, timing.nowMs());
    } else counts.refused++;
  }

  function sendSilence() {
    sendPacket(silenceFrame);
    owedSilence--;
    if (owedSilence === 0) connection.setSpeaking(false);
  }

  function sendPacket(frame: Frame) {
    try {
      return connection.playOpusPacket(frame) === true;
    } catch (error) {
      options.refused(error);
      return false;
    }
  }

  return {
    counts,

    get isBusy(): boolean {
      return !isQuiet;
    },

    playFrames(source: FrameSource): { wake(): void } {
      playing = { source, resource: makeResource(source) };
      wake();
      return { wake };
    },

    stop,
  };
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
