import type { HeardFrame } from '#sandbox/voice/voice-ports.ts';
import { measureLevelDb, type Pcm } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';

export type ListenOptions = {
  /** Instant from which frames count. Default: now. */
  readonly sinceMs?: number;
  /** Silence after which the sound counts as over. */
  readonly quietMs: number;
  /** Longest wait in all. */
  readonly timeoutMs: number;
};

/** One stretch of sound that reached a person. */
export type HeardStretch = {
  readonly firstAudibleAtMs: number;
  /** 48 kHz mono from the first to the last audible frame. Pauses are as long as they were. */
  readonly pcm: Pcm;
  /** Frames, silence frames left out, that did not come end-to-end encrypted. */
  readonly openFrames: number;
  /** `timeout`: the sound was still going on when the wait ended. */
  readonly ended: 'quiet' | 'timeout';
};

/** Quieter frames are heard as silence. */
const minAudibleDb = -50;
const rateHz = 48_000;
/** Frames arriving this much later than the last one ended follow a pause. Less is jitter. */
const jitterMs = 40;
/** Sound that is kept of one speaker. The oldest is forgotten first. */
const maxKeptMs = 3 * 60_000;
const frameMs = 20;
const pollMs = 10;

/** A frame, and whether it is loud enough to be heard. */
export type RecordedFrame = HeardFrame & { readonly loud: boolean };

/** Timeline of recent sound that one person heard from one speaker. */
export class HeardRecorder {
  readonly #clock: Clock;
  readonly #frames: RecordedFrame[] = [];
  #lastLoudAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Frames of the last 3 minutes of sound, oldest first. The list changes with each frame. */
  get frames(): readonly RecordedFrame[] {
    return this.#frames;
  }

  /** Adds a frame. The oldest is forgotten when there are more than 3 minutes of sound. */
  addFrame(frame: HeardFrame): void {
    const loud = frame.audible && measureLevelDb(frame.samples) > minAudibleDb;
    this.#frames.push({ ...frame, loud });
    if (loud) this.#lastLoudAtMs = frame.atMs;
    if (this.#frames.length > maxKeptMs / frameMs) this.#frames.shift();
  }

  /**
   * Waits until something audible came, and then for quiet.
   *
   * Errors: BotError `sandbox.failed` when nothing came in time. Aborting `signal` throws `signal.reason`.
   */
  async listen(options: ListenOptions, signal: AbortSignal): Promise<HeardStretch> {
    const clock = this.#clock;
    const startMs = clock.nowMs();
    const { sinceMs = startMs, quietMs, timeoutMs } = options;
    const isQuiet = () =>
      this.#lastLoudAtMs >= sinceMs && clock.nowMs() - this.#lastLoudAtMs >= quietMs;
    signal.throwIfAborted();
    while (!isQuiet() && clock.nowMs() < startMs + timeoutMs) {
      await clock.sleep(pollMs, signal);
      signal.throwIfAborted();
    }
    if (this.#lastLoudAtMs < sinceMs) throw toSilenceError(timeoutMs);
    return this.#toStretch(sinceMs, isQuiet() ? 'quiet' : 'timeout');
  }

  #toStretch(sinceMs: number, ended: HeardStretch['ended']): HeardStretch {
    const lastAtMs = this.#lastLoudAtMs;
    const within = this.#frames.filter(
      ({ atMs }) => atMs >= sinceMs && atMs <= lastAtMs,
    );
    const frames = within.slice(within.findIndex(({ loud }) => loud));
    return {
      firstAudibleAtMs: frames[0]?.atMs ?? lastAtMs,
      pcm: { samples: joinFrames(frames), rateHz, channels: 1 },
      openFrames: frames.filter(({ audible, sealed }) => audible && !sealed).length,
      ended,
    };
  }
}

/** Joins frames, with the pauses between them filled by silence. */
function joinFrames(frames: readonly HeardFrame[]) {
  const startMs = frames[0]?.atMs ?? 0;
  const jitter = (jitterMs * rateHz) / 1000;
  const placed: { readonly from: number; readonly samples: Int16Array }[] = [];
  let end = 0;
  for (const { atMs, samples } of frames) {
    const arrived = Math.round(((atMs - startMs) * rateHz) / 1000);
    const from = arrived - end > jitter ? arrived : end;
    placed.push({ from, samples });
    end = from + samples.length;
  }
  const sound = new Int16Array(end);
  for (const { from, samples } of placed) sound.set(samples, from);
  return sound;
}

function toSilenceError(timeoutMs: number) {
  const message = `Nothing was heard within ${timeoutMs / 1000} s.`;
  return new BotError('sandbox.failed', false, message);
}
