import type { SpokenTimes } from '#sandbox/voice/voice-ports.ts';
import { energyDb } from '#src/audio/loudness.ts';
import { type Pcm, toMono } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';

export type EncoderRateHz = 16_000 | 24_000 | 48_000;

export const frameMs = 20;
/** A louder frame of the source is voice; below lie the pauses of a studio recording. */
const voicedDb = -45;

/** Something to say, 20 ms a frame up to the last one with voice; without any voice all of it. Notes when voice left. */
export class SpeechFrames {
  readonly rateHz: EncoderRateHz;
  readonly #frames: readonly Int16Array[];
  #said = 0;
  #firstPacketAtMs: number | undefined;
  #firstVoicedAtMs: number | undefined;
  #lastVoicedAtMs: number | undefined;

  constructor(pcm: Pcm, rateHz: EncoderRateHz) {
    const frames = cut(resample(toMono(pcm), rateHz).samples, rateHz);
    const voiced = frames.findLastIndex(isVoiced);
    this.rateHz = rateHz;
    this.#frames = voiced < 0 ? frames : frames.slice(0, voiced + 1);
  }

  /** Undefined when all is said. */
  get next(): Int16Array | undefined {
    return this.#frames[this.#said];
  }

  /** The packet with `next` left. */
  left(atMs: number): void {
    const frame = this.next;
    if (!frame) return;
    this.#said++;
    this.#firstPacketAtMs ??= atMs;
    if (!isVoiced(frame)) return;
    this.#firstVoicedAtMs ??= atMs;
    this.#lastVoicedAtMs = atMs;
  }

  /** `nowMs` stands for what never was. */
  spoken(nowMs: number): SpokenTimes {
    const firstPacketAtMs = this.#firstPacketAtMs ?? nowMs;
    return {
      firstPacketAtMs,
      firstVoicedAtMs: this.#firstVoicedAtMs ?? firstPacketAtMs,
      lastVoicedAtMs: this.#lastVoicedAtMs ?? firstPacketAtMs,
    };
  }
}

/** The encoder's rate that is nearest to the source. */
export function encoderRate(rateHz: number): EncoderRateHz {
  return rateHz === 16_000 || rateHz === 24_000 ? rateHz : 48_000;
}

function isVoiced(frame: Int16Array): boolean {
  return energyDb(frame) > voicedDb;
}

/** 20 ms each; the last is filled up with silence. */
function cut(samples: Int16Array, rateHz: EncoderRateHz): Int16Array[] {
  const length = (rateHz * frameMs) / 1000;
  return Array.from({ length: Math.ceil(samples.length / length) }, (_, n) => {
    const frame = new Int16Array(length);
    frame.set(samples.subarray(n * length, (n + 1) * length));
    return frame;
  });
}
