import type { Frame, FrameSource } from '#src/audio/frame.ts';
import type { OpusCodec, OpusEncoder } from '#src/audio/opus/opus.ts';
import { opusMode } from '#src/audio/opus/opus-packet.ts';
import { restEncoder } from '#src/audio/opus/pause-aware-encoder.ts';
import { inBoth, joinSamples, musicRateHz, speakRateHz } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resample.ts';
import { MusicLimiter } from './music-limiter.ts';
import { type Block, frameSamples, type Track } from './track.ts';

/** Frames an encoder is given first, so that its state matches the latest sound of the listeners. */
const silenceFrames = 3;
/** Delay of the resampler, in samples: 1 ms. */
const late = speakRateHz / 1000;
/** Share of a frame in which sound slides from in time to late: 5 % lower in pitch meanwhile. */
const slide = 0.94;

const silence = new Int16Array(frameSamples);

/** Frames before the first one of the speech. */
const pause: readonly Int16Array[] = Array.from({ length: silenceFrames }, () => silence);

/** Speech for the mix at 48 kHz, 1 ms late, with a switch to it without a jump. */
class WideSpeech {
  /** The latest frames at their own rate, oldest first. */
  #recent = pause;
  /** They and the first wide frame, at 48 kHz. */
  #first: Int16Array = new Int16Array(0);
  #up: Resampler | undefined;
  /** The resampler holds nothing but silence. */
  #isSilent = true;

  /** This frame of speech goes out at its own rate. */
  keep(samples: Int16Array): void {
    this.#recent = [...this.#recent.slice(1), samples];
  }

  /** 20 ms at 48 kHz, one channel; undefined where they are silent. */
  widen(samples: Int16Array | undefined): Int16Array | undefined {
    if (!samples && this.#up && this.#isSilent) return undefined;
    this.#isSilent = !samples;
    const frame = samples ?? silence;
    if (this.#up) return this.#up.push(frame);
    this.#up = new Resampler(speakRateHz, musicRateHz);
    this.#first = this.#up.push(joinSamples([...this.#recent, frame]));
    return slid(this.#first, 2 * frameSamples * silenceFrames);
  }

  /** Right after the first `widen`: the frames before it in two channels. */
  before(): readonly Int16Array[] {
    return this.#recent.map((_, n) => {
      const from = 2 * frameSamples * n;
      return inBoth(this.#first.subarray(from, from + 2 * frameSamples));
    });
  }

  /** Forgets the sound after a long silence. */
  forget(): void {
    this.#recent = pause;
    this.#up = undefined;
  }
}

/** `sound` from place `at` on, read more and more before that, up to twice `late`. */
function slid(sound: Int16Array, at: number): Int16Array {
  const length = 2 * frameSamples;
  return Int16Array.from({ length }, (_, n) => {
    const share = Math.min(1, n / (slide * length));
    return Math.round(between(sound, at + n - 2 * late * share));
  });
}

/** Interpolates between samples, by the cubic through the four around. */
function between(sound: Int16Array, place: number): number {
  const at = Math.floor(place);
  const share = place - at;
  const [a = 0, b = 0, c = 0, d = 0] = sound.subarray(at - 1, at + 3);
  const [rise, bow] = [c - a, 2 * a - 5 * b + 4 * c - d];
  return b + (share / 2) * (rise + share * (bow + share * (3 * (b - c) + d - a)));
}

/**
 * Joins the frames of two encoders into one stream that sounds like one encoder's: that of speech, and from any frame to
 * the next silence that of music.
 *
 * Opus codes the level of a frame as the difference to the one before. So an encoder must know, before its first frame,
 * the sound that listeners heard last: a pause, or the sound of the other encoder, which it then encodes without sending
 * it, in the mode of that. A change of mode it then makes itself, in its next frame; else there would be a crack up to 30
 * dB above the speech.
 */
export class FrameEncoders {
  readonly #mono: OpusEncoder;
  readonly #codec: Pick<OpusCodec, 'encoder'>;
  #stereo: OpusEncoder | undefined;
  /** Encoder and frame that people heard last; undefined in silence. */
  #last: { readonly encoder: OpusEncoder; readonly frame: Frame } | undefined;
  /** Encoders that do not know of the latest silence yet. */
  readonly #restless = new Set<OpusEncoder>();

  /** The encoder of music is opened with its first frame: most links never need it. */
  constructor(codec: Pick<OpusCodec, 'encoder'>) {
    this.#codec = codec;
    this.#mono = codec.encoder(speakRateHz);
  }

  /** Only after speech, or after silence. */
  mono(samples: Int16Array): Frame {
    return this.#encoded(this.#mono, samples);
  }

  /** `before` gives the latest frames that were heard, as this encoder would have had them; only asked after speech. */
  stereo(samples: Int16Array, before?: () => readonly Int16Array[]): Frame {
    this.#stereo ??= this.#codec.encoder(musicRateHz, 2);
    if (before && this.#last?.encoder === this.#mono) {
      this.#stereo.force?.(opusMode(this.#last.frame));
      for (const frame of before()) this.#stereo.encode(frame);
      this.#stereo.force?.(undefined);
    }
    return this.#encoded(this.#stereo, samples);
  }

  /** People hear silence from now on. */
  rest(): void {
    for (const encoder of this.#restless) {
      if (encoder === this.#mono) restEncoder(encoder, speakRateHz);
      else restEncoder(encoder, musicRateHz, 2);
    }
    this.#restless.clear();
    this.#last = undefined;
  }

  #encoded(encoder: OpusEncoder, samples: Int16Array): Frame {
    const frame = encoder.encode(samples);
    this.#last = { encoder, frame };
    this.#restless.add(encoder);
    return frame;
  }
}

/** Frames that may wait for their confirmation, one second; the oldest then counts as never sent. */
const mostUnconfirmed = 50;

type UnconfirmedMix = { readonly heard: () => Int16Array; readonly speech: Block | undefined };

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

/** A frame, and its audible sound, mono at the speaking rate. */
type MixedFrame = { readonly frame: Frame; readonly heard: () => Int16Array };

/**
 * All tracks as one stream of frames. Nothing is mixed or encoded before the link asks.
 *
 * Sound of a track counts as heard once the link reports that its frame left. As long as only speech sounds it is mono at
 * the speaking rate; with music, stereo at 48 kHz.
 */
export class Mixer implements FrameSource {
  readonly #voice: Track;
  readonly #cues: Track;
  readonly #encoders: FrameEncoders;
  readonly #music: MusicSource;
  readonly #limiter = new MusicLimiter();
  readonly #speech = new WideSpeech();
  readonly #onLeft: (samples: Int16Array, atMs: number) => void;
  readonly #unconfirmed = new Map<Frame, UnconfirmedMix>();
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
    codec: Pick<OpusCodec, 'encoder'>,
    onLeft: (samples: Int16Array, atMs: number) => void,
  ) {
    this.#voice = voice;
    this.#cues = cues;
    this.#encoders = new FrameEncoders(codec);
    this.#music = music;
    this.#onLeft = onLeft;
    for (const track of [voice, cues, music]) track.onSound(() => this.#rouse());
  }

  next(): Frame | undefined {
    this.#due = false;
    const voice = this.#voice.pull();
    const cue = this.#cues.pull();
    const speech = voice ?? cue;
    const music = this.#music.pull(voice !== undefined);
    if (!speech && !music) return this.#rest();
    this.#quiet = false;
    const isNarrow = speech && !music && !this.#isWide;
    const { frame, heard } = isNarrow
      ? this.#narrow(speech.samples)
      : this.#wide(speech?.samples, music);
    this.#remember(frame, { heard, speech });
    return frame;
  }

  /** Inaudible music still plays. */
  get isIdle(): boolean {
    return !this.#due && !this.#music.isMoving;
  }

  left(frame: Frame, atMs: number): void {
    const unconfirmed = this.#unconfirmed.get(frame);
    if (!unconfirmed) return;
    this.#unconfirmed.delete(frame);
    this.#onLeft(unconfirmed.heard(), atMs);
    unconfirmed.speech?.left(atMs);
  }

  /** `wake` is called once whenever there is something again after `next` had nothing. Replaces the former one. */
  onSound(wake: () => void): void {
    this.#wake = wake;
    if (this.#due) wake();
  }

  #rest(): undefined {
    if (!this.#quiet) this.#encoders.rest();
    this.#quiet = true;
    this.#speech.forget();
    this.#isWide = false;
  }

  #narrow(speech: Int16Array): MixedFrame {
    this.#speech.keep(speech);
    return { frame: this.#encoders.mono(speech), heard: () => speech };
  }

  #wide(speech: Int16Array | undefined, music: Float32Array | undefined): MixedFrame {
    const isFirst = !this.#isWide;
    this.#isWide = true;
    const wide = this.#speech.widen(speech);
    const sum = music ?? new Float32Array(4 * frameSamples);
    if (wide) addToBoth(sum, wide);
    const samples = this.#limiter.limit(sum);
    const before = isFirst ? () => this.#speech.before() : undefined;
    return { frame: this.#encoders.stereo(samples, before), heard: () => narrowed(samples) };
  }

  #rouse(): void {
    if (!this.#quiet || this.#due) return;
    this.#due = true;
    this.#wake?.();
  }

  #remember(frame: Frame, unconfirmed: UnconfirmedMix): void {
    this.#unconfirmed.set(frame, unconfirmed);
    if (this.#unconfirmed.size <= mostUnconfirmed) return;
    const [oldest] = this.#unconfirmed.keys();
    if (oldest) this.#unconfirmed.delete(oldest);
  }
}

function addToBoth(sum: Float32Array, one: Int16Array): void {
  for (let n = 0; n < one.length; n++) {
    sum[2 * n] = (sum[2 * n] ?? 0) + (one[n] ?? 0);
    sum[2 * n + 1] = (sum[2 * n + 1] ?? 0) + (one[n] ?? 0);
  }
}

/** Half the rate, one channel: good enough to know an echo by. */
function narrowed(samples: Int16Array): Int16Array {
  const narrow = new Int16Array(frameSamples);
  for (let n = 0, at = 0; n < frameSamples; n++, at += 4) {
    const first = (samples[at] ?? 0) + (samples[at + 1] ?? 0);
    const second = (samples[at + 2] ?? 0) + (samples[at + 3] ?? 0);
    narrow[n] = (first + second) / 4;
  }
  return narrow;
}
