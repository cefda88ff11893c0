import type { Frame } from '#src/audio/frame.ts';
import type { OpusEncoder } from '#src/audio/opus/opus.ts';
import { opusMode } from '#src/audio/opus/opus-toc.ts';
import { restEncoder } from '#src/audio/opus/pause-aware-encoder.ts';
import { musicRateHz, speakRateHz } from '#src/audio/pcm.ts';

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
  /** Encoder and frame that people heard last; undefined in silence. */
  #last: { readonly encoder: OpusEncoder; readonly frame: Frame } | undefined;
  /** Encoders that do not know of the latest silence yet. */
  readonly #restless = new Set<OpusEncoder>();

  /** The opener of `mono` frees it. */
  constructor(mono: OpusEncoder, openStereo: () => OpusEncoder) {
    this.#mono = mono;
    this.#openStereo = openStereo;
  }

  /** Only after speech, or after silence. */
  mono(samples: Int16Array): Frame {
    return this.#encoded(this.#mono, samples);
  }

  /** `before` gives the latest frames that were heard, as this encoder would have had them; only asked after speech. */
  stereo(samples: Int16Array, before?: () => readonly Int16Array[]): Frame {
    this.#stereo ??= this.#openStereo();
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

  free(): void {
    this.#stereo?.free();
    this.#stereo = undefined;
  }

  #encoded(encoder: OpusEncoder, samples: Int16Array): Frame {
    const frame = encoder.encode(samples);
    this.#last = { encoder, frame };
    this.#restless.add(encoder);
    return frame;
  }
}
