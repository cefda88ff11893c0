import type { Frame, FrameSource } from '#src/audio/frame.ts';
import { fullScale, softLimit } from '#src/audio/loudness/loudness.ts';
import {
  encodePause,
  type OpusCodec,
  type OpusEncoder,
} from '#src/audio/opus/opus-codec.ts';
import { mixDown, musicRateHz, speakRateHz, toStereo } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resampler.ts';

/** Samples of 20 ms, mono at 24 kHz. */
export const frameSamples: number = speakRateHz / 50;

/** 20 ms of a track, mono at 24 kHz. */
export type Block = {
  readonly samples: Int16Array;
  /** Called with the instant at which the frame of this block was sent. Not called for a frame that was not sent. */
  readonly onSent: (atMs: number) => void;
};

/** A track of speech or cues. */
export interface Track {
  /** Returns the next 20 ms, or undefined if there is no sound. */
  pullBlock(): Block | undefined;
  /** Replaces the listener for sound after silence. */
  onSound(listener: () => void): void;
}

/** Delay of the resampler: 1 ms. */
const maxLateSamples = speakRateHz / 1000;

const silentFrame = new Int16Array(frameSamples);

const silentPause: readonly Int16Array[] = [silentFrame, silentFrame, silentFrame];

/** Converts speech to 48 kHz for the mix, 1 ms late. */
class WideSpeech {
  /** The latest frames at 24 kHz, oldest first. */
  #recent = silentPause;
  #up = new Resampler(speakRateHz, musicRateHz);
  /** The resampler holds only silence. */
  #isSilent = true;

  /** Adds a frame that leaves in mono, without a conversion. */
  keepFrame(samples: Int16Array): void {
    this.#recent = [...this.#recent.slice(1), samples];
  }

  /** Starts the conversion, and returns the latest frames in stereo. */
  beginMix(): readonly Int16Array[] {
    this.#up = new Resampler(speakRateHz, musicRateHz);
    this.#up.push(new Int16Array(maxLateSamples));
    this.#isSilent = false;
    return this.#recent.map((frame) => toStereo(this.#up.push(frame)));
  }

  /** Converts 20 ms to 48 kHz stereo. Undefined for silence. */
  widenFrame(samples: Int16Array | undefined): Int16Array | undefined {
    if (!samples && this.#isSilent) return undefined;
    this.#isSilent = !samples;
    return this.#up.push(samples ?? silentFrame);
  }

  /** Forgets the latest frames, at the end of speech. */
  forgetFrames(): void {
    this.#recent = silentPause;
  }
}

/** All named tracks together, stereo at 48 kHz. */
export interface MusicSource {
  /** Returns the next 20 ms of all named tracks, or undefined for silence. */
  pullFrame(isSpeaking: boolean): Float32Array | undefined;
  /** True if `pullFrame` would advance a track, even an inaudible one. */
  readonly isMoving: boolean;
  /** Replaces the listener for sound after silence. */
  onSound(listener: () => void): void;
}

/** The tracks that a mixer joins. */
export type MixedTracks = {
  readonly voice: Track;
  readonly cues: Track;
  readonly music: MusicSource;
};

type MixedFrame = {
  readonly frame: Frame;
  readonly getHeard: () => Int16Array;
  readonly speech: Block | undefined;
};

/**
 * Mixes all tracks into one stream of frames, each when the connection asks for it.
 *
 * Sound counts as heard when its frame was sent. Speech alone is mono at 24 kHz, and a mix with
 * music is stereo at 48 kHz.
 */
export class Mixer implements FrameSource {
  readonly #voice;
  readonly #cues;
  readonly #codec;
  readonly #mono;
  /** Encoder of frames with music, until the next silence. Most connections never need it. */
  #stereo: OpusEncoder | undefined;
  readonly #music;
  readonly #limiter = new MusicLimiter();
  readonly #speech = new WideSpeech();
  readonly #onSent;
  #unconfirmed: MixedFrame | undefined;
  #isQuiet = true;
  #isWide = false;
  /** Sound came during silence, and was not pulled yet. */
  #isDue = false;
  #wake: (() => void) | undefined;

  /** Creates a mixer. `cues` are silent while `voice` sounds. `onSent` gets each sent frame, in mono at 24 kHz. */
  constructor(
    { voice, cues, music }: MixedTracks,
    codec: Pick<OpusCodec, 'createEncoder'>,
    onSent: (samples: Int16Array, atMs: number) => void,
  ) {
    this.#voice = voice;
    this.#cues = cues;
    this.#codec = codec;
    this.#mono = codec.createEncoder(speakRateHz);
    this.#music = music;
    this.#onSent = onSent;
    for (const track of [voice, cues, music]) track.onSound(() => this.#wakeOutput());
  }

  /** Mixes and encodes the next 20 ms. Undefined for silence. */
  pullFrame(): Frame | undefined {
    this.#isDue = false;
    const voice = this.#voice.pullBlock();
    const cue = this.#cues.pullBlock();
    const speech = voice ?? cue;
    const music = this.#music.pullFrame(voice !== undefined);
    if (!speech && !music) return this.#endFrames();
    this.#isQuiet = false;
    const mixed =
      speech && !music && !this.#isWide
        ? this.#mixSpeechAlone(speech)
        : this.#mixWithMusic(speech, music);
    this.#unconfirmed = mixed;
    return mixed.frame;
  }

  /** True if no frame will come before a track wakes the connection. */
  get isIdle(): boolean {
    return !this.#isDue && !this.#music.isMoving;
  }

  /** Counts the sound of the last pulled frame as heard. Another frame changes nothing. */
  markSent(frame: Frame, atMs: number): void {
    const unconfirmed = this.#unconfirmed;
    if (unconfirmed?.frame !== frame) return;
    this.#unconfirmed = undefined;
    this.#onSent(unconfirmed.getHeard(), atMs);
    unconfirmed.speech?.onSent(atMs);
  }

  /** Replaces the listener that wakes the connection, and calls it if sound waits already. */
  onSound(wake: () => void): void {
    this.#wake = wake;
    if (this.#isDue) wake();
  }

  #endFrames(): undefined {
    if (!this.#isQuiet) encodePause(this.#mono, speakRateHz);
    if (!this.#isQuiet && this.#stereo) encodePause(this.#stereo, musicRateHz, 2);
    this.#isQuiet = true;
    this.#speech.forgetFrames();
    this.#isWide = false;
  }

  #mixSpeechAlone(speech: Block) {
    const { samples } = speech;
    this.#speech.keepFrame(samples);
    return { frame: this.#mono.encode(samples), getHeard: () => samples, speech };
  }

  #mixWithMusic(speech: Block | undefined, music: Float32Array | undefined) {
    this.#stereo ??= this.#codec.createEncoder(musicRateHz, 2);
    // Opus codes the level of a frame relative to the one before. Without the last heard frames, which are not
    // sent, a crack of up to 30 dB would sound.
    if (!this.#isWide)
      for (const frame of this.#speech.beginMix()) this.#stereo.encode(frame);
    this.#isWide = true;
    const wide = this.#speech.widenFrame(speech?.samples);
    const sum = music ?? new Float32Array(4 * frameSamples);
    if (wide) addToBoth(sum, wide);
    const samples = this.#limiter.limitSum(sum);
    return {
      frame: this.#stereo.encode(samples),
      // Two frames of two channels, at half the rate, which is enough to recognise an echo.
      getHeard: () => mixDown(samples, 4),
      speech,
    };
  }

  #wakeOutput() {
    if (!this.#isQuiet || this.#isDue) return;
    this.#isDue = true;
    this.#wake?.();
  }
}

function addToBoth(sum: Float32Array, speech: Int16Array) {
  for (let n = 0; n < speech.length; n++) {
    sum[2 * n] = (sum[2 * n] ?? 0) + (speech[n] ?? 0);
    sum[2 * n + 1] = (sum[2 * n + 1] ?? 0) + (speech[n] ?? 0);
  }
}

/** -0.45 dB, as Opus may overshoot a little. */
const ceiling = 0.95;
/** The gain rises by at most 3 dB in 100 ms. */
const release = 1.0725;

/**
 * Limits 20 ms of mixed music to 16 bits, without delay. The gain falls within the frame of a peak and rises
 * slowly. An earlier peak is bent.
 */
export class MusicLimiter {
  #gain = 1;

  /** Returns the limited sound, interleaved. */
  limitSum(sum: Float32Array): Int16Array {
    const from = this.#gain;
    this.#gain = Math.min(1, from * release, (ceiling * fullScale) / measurePeak(sum));
    const rise = (this.#gain - from) / sum.length;
    const samples = new Int16Array(sum.length);
    for (let n = 0; n < sum.length; n++) {
      const level = ((sum[n] ?? 0) / fullScale) * (from + n * rise);
      samples[n] = Math.round(softLimit(level, ceiling) * fullScale);
    }
    return samples;
  }
}

function measurePeak(sum: Float32Array) {
  let peak = 1;
  for (let n = 0; n < sum.length; n++) peak = Math.max(peak, Math.abs(sum[n] ?? 0));
  return peak;
}
