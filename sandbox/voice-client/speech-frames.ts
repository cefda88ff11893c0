import type { EncodedSpeech, SpokenTimes } from '#sandbox/voice/voice-ports.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { measureLevelDb, type Pcm, toMono } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';

export type EncoderRateHz = 16_000 | 24_000 | 48_000;

/** Duration of one frame, in ms. */
export const frameMs: number = 20;
/** A louder frame of the source is voice. Below lie the pauses of a studio recording. */
const minVoicedDb = -45;

/** 20 ms of a speech, as samples or encoded beforehand. */
type SpeechFrame = { readonly sound: Int16Array | Buffer; readonly voiced: boolean };

/** 20 ms of a speech as samples. `voiced` by their energy. */
export type SampledFrame = { readonly sound: Int16Array; readonly voiced: boolean };

/** A speech to say, 20 ms a frame. Notes when voice left. */
export class SpeechFrames {
  /** Sample rate of the frames that are samples. */
  readonly rateHz: EncoderRateHz;
  readonly #frames: readonly SpeechFrame[];
  #sentCount = 0;
  #firstSentAtMs: number | undefined;
  #firstVoicedAtMs: number | undefined;
  #lastVoicedAtMs: number | undefined;

  /** Cuts the speech at once. Encoded frames stay as they are, whatever the rate. */
  constructor(speech: Pcm | EncodedSpeech, rateHz: EncoderRateHz) {
    this.rateHz = rateHz;
    this.#frames =
      'frames' in speech
        ? speech.frames.map(({ opus, voiced }) => ({ sound: opus, voiced }))
        : resampleSpeech(speech, rateHz);
  }

  /** Finds the next frame. Undefined when all is said. */
  get nextFrame(): Int16Array | Buffer | undefined {
    return this.#frames[this.#sentCount]?.sound;
  }

  /** Counts one frame as sent. */
  countSent(atMs: number): void {
    const frame = this.#frames[this.#sentCount];
    if (!frame) return;
    this.#sentCount++;
    this.#firstSentAtMs ??= atMs;
    if (!frame.voiced) return;
    this.#firstVoicedAtMs ??= atMs;
    this.#lastVoicedAtMs = atMs;
  }

  /** Returns the times of a speech. `nowMs` stands for packets that were never sent. */
  toSpokenTimes(nowMs: number): SpokenTimes {
    const firstPacketAtMs = this.#firstSentAtMs ?? nowMs;
    return {
      firstPacketAtMs,
      firstVoicedAtMs: this.#firstVoicedAtMs ?? firstPacketAtMs,
      lastVoicedAtMs: this.#lastVoicedAtMs ?? firstPacketAtMs,
    };
  }
}

/** Encodes all of a speech at once. */
export function encodeSpeech(pcm: Pcm, codec: OpusCodec): EncodedSpeech {
  const rateHz = toEncoderRate(pcm.rateHz);
  const encoder = codec.createEncoder(rateHz);
  const frames = resampleSpeech(pcm, rateHz).map(({ sound, voiced }) => {
    return { opus: Buffer.from(encoder.encode(sound)), voiced };
  });
  return { frames };
}

/** Chooses the encoder's rate that is nearest to the source. */
export function toEncoderRate(rateHz: number): EncoderRateHz {
  return rateHz === 16_000 || rateHz === 24_000 ? rateHz : 48_000;
}

/**
 * Resamples a speech up to the last frame with voice, or all of it without any voice.
 */
export function resampleSpeech(
  pcm: Pcm,
  rateHz: EncoderRateHz,
): readonly SampledFrame[] {
  const sampleFrames = cutFrames(resamplePcm(toMono(pcm), rateHz).samples, rateHz);
  const frames = sampleFrames.map((sound) => ({ sound, voiced: isVoiced(sound) }));
  const lastVoiced = frames.findLastIndex(({ voiced }) => voiced);
  return lastVoiced < 0 ? frames : frames.slice(0, lastVoiced + 1);
}

function isVoiced(frame: Int16Array) {
  return measureLevelDb(frame) > minVoicedDb;
}

/** Cuts samples into frames of 20 ms. The last is filled up with silence. */
function cutFrames(samples: Int16Array, rateHz: EncoderRateHz) {
  const length = (rateHz * frameMs) / 1000;
  return Array.from({ length: Math.ceil(samples.length / length) }, (_, n) => {
    const frame = new Int16Array(length);
    frame.set(samples.subarray(n * length, (n + 1) * length));
    return frame;
  });
}
