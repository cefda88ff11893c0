import type { Frame } from '#src/audio/frame.ts';
import type { OpusEncoder } from '#src/audio/opus/opus.ts';
import { opusMode } from '#src/audio/opus/opus-toc.ts';
import { restEncoder } from '#src/audio/opus/pause-aware-encoder.ts';
import { musicRateHz, speakRateHz } from '#src/audio/pcm.ts';

/** Encoder of a frame: that of speech, or that of music. */
type Maker = 'mono' | 'stereo';

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
  readonly #openStereo: () => OpusEncoder;
  #stereo: OpusEncoder | undefined;
  #last: Maker | undefined;
  #lastFrame: Frame | undefined;
  /** Encoders whose last frame was silence. */
  #rested = new Set<Maker>(['mono']);

  /** The opener of `mono` frees it. */
  constructor(mono: OpusEncoder, openStereo: () => OpusEncoder) {
    this.#mono = mono;
    this.#openStereo = openStereo;
  }

  /** Only after speech, or after silence. */
  mono(samples: Int16Array): Frame {
    return this.#encoded('mono', this.#mono, samples);
  }

  /** `before` gives the latest frames that were heard, as this encoder would have had them; only asked after speech. */
  stereo(samples: Int16Array, before?: () => readonly Int16Array[]): Frame {
    this.#stereo ??= this.#openStereo();
    if (before && this.#last === 'mono') {
      this.#stereo.force?.(this.#lastFrame && opusMode(this.#lastFrame));
      for (const frame of before()) this.#stereo.encode(frame);
      this.#stereo.force?.(undefined);
    }
    return this.#encoded('stereo', this.#stereo, samples);
  }

  /** People hear silence from now on. */
  rest(): void {
    if (this.#last === 'mono') this.#calm('mono', this.#mono);
    if (this.#last === 'stereo' && this.#stereo) this.#calm('stereo', this.#stereo);
    this.#last = undefined;
  }

  free(): void {
    this.#stereo?.free();
    this.#stereo = undefined;
  }

  #encoded(maker: Maker, encoder: OpusEncoder, samples: Int16Array): Frame {
    if (this.#last === undefined && !this.#rested.has(maker)) this.#calm(maker, encoder);
    this.#rested.delete(maker);
    this.#last = maker;
    this.#lastFrame = encoder.encode(samples);
    return this.#lastFrame;
  }

  #calm(which: Maker, encoder: OpusEncoder): void {
    if (which === 'mono') restEncoder(encoder, speakRateHz);
    else restEncoder(encoder, musicRateHz, 2);
    this.#rested.add(which);
  }
}
