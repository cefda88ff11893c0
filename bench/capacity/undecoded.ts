import type { OpusCodec, OpusDecoder } from '#src/audio/opus/opus.ts';

/** A codec for people who only note when a packet came: what they hear is never decoded. */
export function undecoded(codec: OpusCodec): OpusCodec {
  const sound = new Int16Array();
  const decoder: OpusDecoder = { decode: () => sound, free: () => undefined };
  return {
    name: codec.name,
    decoder: () => decoder,
    stereoDecoder: () => decoder,
    encoder: (rateHz) => codec.encoder(rateHz),
    stereoEncoder: () => codec.stereoEncoder(),
  };
}
