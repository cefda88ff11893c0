import type { OpusCodec } from './opus.ts';
import { ctl, decoded, twentyMs } from './opus-bytes.ts';

/** A coder of @discordjs/opus or of mediaplex, which follows it; nothing has to be freed. */
type Coder = {
  encode(pcm: Buffer): Buffer;
  decode(opus: Buffer): Buffer;
  setBitrate(bitrate: number): void;
};

/** A codec around such coders; `request` is how the library spells an encoder request. */
export function codecOf<C extends Coder>(
  name: string,
  open: (rateHz: number) => C,
  request: (coder: C, ctl: number, value: number) => void,
): OpusCodec {
  return {
    name,
    decoder(rateHz) {
      const coder = open(rateHz);
      return {
        decode: (opus) => decoded((bytes) => coder.decode(bytes), opus, rateHz),
        free() {},
      };
    },
    encoder(rateHz) {
      const coder = open(rateHz);
      request(coder, ctl.application, ctl.voip);
      coder.setBitrate(ctl.speechBitrate);
      return {
        encode: (samples) => coder.encode(twentyMs(samples, rateHz)),
        free() {},
      };
    },
  };
}
