import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';

/** A piece of an utterance: frames `from` to `to` of 20 ms, both included. */
export type UtterancePiece = {
  readonly utterance: number;
  readonly from: number;
  to: number;
};

/** Id of the utterance that a frame belongs to, and number of the frame in it. */
export type FrameMark = { readonly utterance: number; readonly frame: number };

const markMagic = 0x9d2c5a71 | 0;
const idBits = 20;
const frameBits = 12;
const markBits = 32 + idBits + frameBits;

/**
 * Writes into the lowest bits of each decoded frame which packet it came from, so that a receiver of sound can tell whose
 * it really is. Nobody hears the marks: they are 90 dB down.
 */
export class SoundMarks {
  readonly #byPacket = new WeakMap<Uint8Array, FrameMark>();

  /** Marks a packet, by the identity of its bytes, until it is decoded. */
  putMark(opus: Uint8Array, mark: FrameMark): void {
    this.#byPacket.set(opus, mark);
  }

  /** Wraps a codec, whose decoders write the marks. `onFrame` gets each mono frame before it is encoded. */
  wrapCodec(codec: OpusCodec, onFrame: (samples: Int16Array) => void): OpusCodec {
    return {
      name: codec.name,
      createDecoder: (rateHz) => {
        const decoder = codec.createDecoder(rateHz);
        return {
          decode: (opus) => this.#writeMark(decoder.decode(opus), opus),
        };
      },
      createEncoder: (rateHz, channels) => {
        if (channels === 2) return codec.createEncoder(rateHz, channels);
        const encoder = codec.createEncoder(rateHz);
        return {
          encode: (samples) => {
            onFrame(samples);
            return encoder.encode(samples);
          },
        };
      },
    };
  }

  #writeMark(samples: Int16Array, opus: Uint8Array) {
    const mark = this.#byPacket.get(opus);
    if (mark) for (const from of [0, markBits]) writeMark(samples, from, mark);
    return samples;
  }
}

function writeMark(samples: Int16Array, from: number, { utterance, frame }: FrameMark) {
  const fields = [
    [markMagic, 32],
    [utterance, idBits],
    [frame, frameBits],
  ] as const;
  let at = from;
  for (const [value, bits] of fields) {
    for (let bit = bits - 1; bit >= 0; bit--, at++) {
      samples[at] = ((samples[at] ?? 0) & ~1) | ((value >>> bit) & 1);
    }
  }
}

/** Reads the utterance pieces of a sound, in order. */
export function readPieces(samples: Int16Array): readonly UtterancePiece[] {
  const pieces: UtterancePiece[] = [];
  let register = 0;
  for (let at = 0; at < samples.length; at++) {
    register = (register << 1) | ((samples[at] ?? 0) & 1);
    if (register !== markMagic) continue;
    const utterance = readBits(samples, at + 1, idBits);
    // A mark stands twice: chance alone could make one.
    if (utterance !== readBits(samples, at + 1 + markBits, idBits)) continue;
    const frame = readBits(samples, at + 1 + idBits, frameBits);
    const last = pieces.at(-1);
    if (last?.utterance === utterance && frame > last.to) last.to = frame;
    else if (last?.utterance !== utterance)
      pieces.push({ utterance, from: frame, to: frame });
  }
  return pieces;
}

function readBits(samples: Int16Array, from: number, bits: number) {
  let value = 0;
  for (let at = from; at < from + bits; at++)
    value = (value << 1) | ((samples[at] ?? 0) & 1);
  return value;
}
