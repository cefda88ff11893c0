import type { Frame } from '#src/audio/frame.ts';
import type { OpusEncoder } from '#src/audio/opus/opus.ts';
import { opusMode } from '#src/audio/opus/opus-toc.ts';
import { restEncoder } from '#src/audio/opus/pause-aware-encoder.ts';
import { musicRateHz, speakRateHz } from '#src/audio/pcm.ts';

/** Encoder of a frame: that of speech, that of music, or none, as packets of a source pass unchanged. */
type Maker = 'mono' | 'stereo' | 'packet';

/**
 * Joins the frames of two encoders, and packets of others, into one stream that sounds like one encoder's.
 *
 * Opus codes the level of a frame as the difference to the one before. So an encoder must know, before its first frame,
 * the sound that listeners heard last: a pause, or the sound of another encoder, which it then encodes without sending
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

  /** `before` gives the latest frames that were heard, as this encoder would have had them; asked only after a change. */
  mono(samples: Int16Array, before: () => readonly Int16Array[]): Frame {
    this.#turn('mono', this.#mono, before);
    return this.#sent(this.#mono.encode(samples));
  }

  stereo(samples: Int16Array, before: () => readonly Int16Array[]): Frame {
    this.#stereo ??= this.#openStereo();
    this.#turn('stereo', this.#stereo, before);
    return this.#sent(this.#stereo.encode(samples));
  }

  /** Sent as it is: only where people have heard the sound before it. */
  packet(packet: Uint8Array): Frame {
    this.#last = 'packet';
    return this.#sent(Buffer.from(packet));
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

  #turn(to: 'mono' | 'stereo', encoder: OpusEncoder, before: () => readonly Int16Array[]): void {
    if (this.#last === undefined && !this.#rested.has(to)) this.#calm(to, encoder);
    if (this.#last !== undefined && this.#last !== to) {
      encoder.force?.(this.#lastFrame && opusMode(this.#lastFrame));
      for (const samples of before()) encoder.encode(samples);
      encoder.force?.(undefined);
    }
    this.#rested.delete(to);
    this.#last = to;
  }

  #sent(frame: Frame): Frame {
    this.#lastFrame = frame;
    return frame;
  }

  #calm(which: 'mono' | 'stereo', encoder: OpusEncoder): void {
    if (which === 'mono') restEncoder(encoder, speakRateHz);
    else restEncoder(encoder, musicRateHz, 2);
    this.#rested.add(which);
  }
}
