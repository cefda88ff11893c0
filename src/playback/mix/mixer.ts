import type { Frame, FrameSource } from '#src/audio/frame.ts';
import {
  encodePause,
  type OpusCodec,
  type OpusEncoder,
} from '#src/audio/opus/opus-codec.ts';
import { musicRateHz, speakRateHz, toStereo } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resampler.ts';
import { fullScale, softLimit } from './gain.ts';
import { type Block, frameSamples, type Track } from './track.ts';

/** Delay of the resampler, in samples: 1 ms. */
const maxLateSamples = speakRateHz / 1000;

const silentFrame = new Int16Array(frameSamples);

/** Frames that the encoder of music is given first. */
const silentPause: readonly Int16Array[] = [silentFrame, silentFrame, silentFrame];

/** Speech for the mix at 48 kHz, 1 ms late. */
class WideSpeech {
  /** The latest frames at their own rate, oldest first. */
  #recent = silentPause;
  #up = new Resampler(speakRateHz, musicRateHz);
  /** The resampler holds nothing but silence. */
  #isSilent = true;

  /** This frame of speech goes out at its own rate. */
  keep(samples: Int16Array): void {
    this.#recent = [...this.#recent.slice(1), samples];
  }

  /** From now on frames are wide; gives the latest ones so, in two channels. */
  begin(): readonly Int16Array[] {
    this.#up = new Resampler(speakRateHz, musicRateHz);
    this.#up.push(new Int16Array(maxLateSamples));
    this.#isSilent = false;
    return this.#recent.map((frame) => toStereo(this.#up.push(frame)));
  }

  /** 20 ms at 48 kHz, one channel; undefined where they are silent. */
  widen(samples: Int16Array | undefined): Int16Array | undefined {
    if (!samples && this.#isSilent) return undefined;
    this.#isSilent = !samples;
    return this.#up.push(samples ?? silentFrame);
  }

  /** Forgets the sound after a long silence. */
  forget(): void {
    this.#recent = silentPause;
  }
}

/** Named tracks as the mixer sees them. */
export interface MusicSource {
  /** The next 20 ms of all of them, or undefined while they are silent. */
  pull(isSpeaking: boolean): Float32Array | undefined;
  /** A `pull` would move something on, whether or not it can be heard. */
  readonly isMoving: boolean;
  /** Replaces the former listener, called whenever `pull` may have something again. */
  onSound(listener: () => void): void;
}

/** All that one link sends. */
export type MixedTracks = {
  readonly voice: Track;
  readonly cues: Track;
  readonly music: MusicSource;
};

/** A frame, its audible sound, mono at the speaking rate, and the speech in it. */
type MixedFrame = {
  readonly frame: Frame;
  readonly heard: () => Int16Array;
  readonly speech: Block | undefined;
};

/**
 * All tracks as one stream of frames. Nothing is mixed or encoded before the link asks.
 *
 * Sound of a track counts as heard once the link reports that its frame left. As long as only speech sounds it is mono at
 * the speaking rate; with music, stereo at 48 kHz.
 */
export class Mixer implements FrameSource {
  readonly #voice;
  readonly #cues;
  readonly #codec;
  /** Encoder of frames of speech, only used after speech or silence. */
  readonly #mono;
  /** Encoder of frames from the first with music to the next silence; most links never need it. */
  #stereo: OpusEncoder | undefined;
  readonly #music;
  readonly #limiter = new MusicLimiter();
  readonly #speech = new WideSpeech();
  readonly #onLeft;
  /** The latest frame, until it has left. */
  #unconfirmed: MixedFrame | undefined;
  #quiet = true;
  /** The latest frame was stereo. */
  #isWide = false;
  /** Sound came while quiet and has not been asked for yet. */
  #due = false;
  #wake: (() => void) | undefined;

  /**
   * `cues` are silent while `voice` sounds. `onLeft` gets every frame that left, as it was before Opus: mono at the
   * speaking rate.
   */
  constructor(
    { voice, cues, music }: MixedTracks,
    codec: Pick<OpusCodec, 'createEncoder'>,
    onLeft: (samples: Int16Array, atMs: number) => void,
  ) {
    this.#voice = voice;
    this.#cues = cues;
    this.#codec = codec;
    this.#mono = codec.createEncoder(speakRateHz);
    this.#music = music;
    this.#onLeft = onLeft;
    for (const track of [voice, cues, music]) track.onSound(() => this.#wakeOutput());
  }

  pullFrame(): Frame | undefined {
    this.#due = false;
    const voice = this.#voice.pullBlock();
    const cue = this.#cues.pullBlock();
    const speech = voice ?? cue;
    const music = this.#music.pull(voice !== undefined);
    if (!speech && !music) return this.#endFrames();
    this.#quiet = false;
    const mixed =
      speech && !music && !this.#isWide
        ? this.#mixSpeechAlone(speech)
        : this.#mixWithMusic(speech, music);
    this.#unconfirmed = mixed;
    return mixed.frame;
  }

  /** Inaudible music still plays. */
  get isIdle(): boolean {
    return !this.#due && !this.#music.isMoving;
  }

  markSent(frame: Frame, atMs: number): void {
    const unconfirmed = this.#unconfirmed;
    if (unconfirmed?.frame !== frame) return;
    this.#unconfirmed = undefined;
    this.#onLeft(unconfirmed.heard(), atMs);
    unconfirmed.speech?.left(atMs);
  }

  /** `wake` is called once whenever there is something again after `next` had nothing. Replaces the former one. */
  onSound(wake: () => void): void {
    this.#wake = wake;
    if (this.#due) wake();
  }

  #endFrames(): undefined {
    if (!this.#quiet) encodePause(this.#mono, speakRateHz);
    if (!this.#quiet && this.#stereo) encodePause(this.#stereo, musicRateHz, 2);
    this.#quiet = true;
    this.#speech.forget();
    this.#isWide = false;
  }

  #mixSpeechAlone(speech: Block) {
    const { samples } = speech;
    this.#speech.keep(samples);
    return { frame: this.#mono.encode(samples), heard: () => samples, speech };
  }

  /**
   * Opus codes the level of a frame as the difference to the one before. So an encoder must know, before its first frame,
   * the sound that listeners heard last, which it then encodes without sending it; else there would be a crack up to 30 dB
   * above the speech.
   */
  #mixWithMusic(speech: Block | undefined, music: Float32Array | undefined) {
    this.#stereo ??= this.#codec.createEncoder(musicRateHz, 2);
    if (!this.#isWide)
      for (const frame of this.#speech.begin()) this.#stereo.encode(frame);
    this.#isWide = true;
    const wide = this.#speech.widen(speech?.samples);
    const sum = music ?? new Float32Array(4 * frameSamples);
    if (wide) addToBoth(sum, wide);
    const samples = this.#limiter.limit(sum);
    return {
      frame: this.#stereo.encode(samples),
      heard: () => toMono24Khz(samples),
      speech,
    };
  }

  #wakeOutput() {
    if (!this.#quiet || this.#due) return;
    this.#due = true;
    this.#wake?.();
  }
}

function addToBoth(sum: Float32Array, one: Int16Array) {
  for (let n = 0; n < one.length; n++) {
    sum[2 * n] = (sum[2 * n] ?? 0) + (one[n] ?? 0);
    sum[2 * n + 1] = (sum[2 * n + 1] ?? 0) + (one[n] ?? 0);
  }
}

/** Half the rate, one channel: good enough to know an echo by. */
function toMono24Khz(samples: Int16Array) {
  const narrow = new Int16Array(frameSamples);
  for (let n = 0, at = 0; n < frameSamples; n++, at += 4) {
    const first = (samples[at] ?? 0) + (samples[at + 1] ?? 0);
    const second = (samples[at + 2] ?? 0) + (samples[at + 3] ?? 0);
    narrow[n] = (first + second) / 4;
  }
  return narrow;
}

/** Peaks stay below: -0.45 dB, so that Opus may overshoot a little. */
const ceiling = 0.95;
/** Largest rise of the gain in a frame, as a factor: 3 dB in 100 ms. */
const release = 1.0725;

/**
 * Brings 20 ms of mixed music back into 16 bits: turns it down within the frame of a peak and slowly up again.
 *
 * It delays nothing; the excess of a peak that comes before the gain has fallen is bent.
 */
export class MusicLimiter {
  #gain = 1;

  limit(sum: Float32Array): Int16Array {
    const from = this.#gain;
    this.#gain = Math.min(1, from * release, (ceiling * fullScale) / peakOf(sum));
    const rise = (this.#gain - from) / sum.length;
    const samples = new Int16Array(sum.length);
    for (let n = 0; n < sum.length; n++) {
      const level = ((sum[n] ?? 0) / fullScale) * (from + n * rise);
      samples[n] = Math.round(softLimit(level, ceiling) * fullScale);
    }
    return samples;
  }
}

/** The largest sample; 1 at least. */
function peakOf(sum: Float32Array) {
  let most = 1;
  for (let n = 0; n < sum.length; n++) most = Math.max(most, Math.abs(sum[n] ?? 0));
  return most;
}
