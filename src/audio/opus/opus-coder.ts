import type { OpusCodec } from './opus.ts';
import { ctl, decoded, modeValue, twentyMs } from './opus-bytes.ts';

/** A coder of @discordjs/opus or of mediaplex, which follows it; nothing has to be freed. */
type Coder = {
  encode(pcm: Buffer): Buffer;
  decode(opus: Buffer): Buffer;
  setBitrate(bitrate: number): void;
};

/** A codec around such coders; `request` is how the library spells an encoder request. */
export function codecOf<C extends Coder>(
  name: string,
  open: (rateHz: number, channels: 1 | 2) => C,
  request: (coder: C, ctl: number, value: number) => void,
): OpusCodec {
  return {
    name,
    decoder(rateHz) {
      const coder = open(rateHz, 1);
      return {
        decode: (opus) => decoded(coder, opus, rateHz),
        free() {},
      };
    },
    encoder(rateHz) {
      const coder = open(rateHz, 1);
      request(coder, ctl.application, ctl.voip);
      coder.setBitrate(ctl.speechBitrate);
      return {
        encode: (samples) => coder.encode(twentyMs(samples, rateHz)),
        force: (mode) => request(coder, ctl.forceMode, modeValue(mode)),
        free() {},
      };
    },
    stereoDecoder() {
      const coder = open(48_000, 2);
      return {
        decode: (opus) => decoded(coder, opus, 48_000, 2),
        free() {},
      };
    },
    stereoEncoder() {
      const coder = open(48_000, 2);
      request(coder, ctl.application, ctl.audio);
      coder.setBitrate(ctl.musicBitrate);
      return {
        encode: (samples) => coder.encode(twentyMs(samples, 48_000, 2)),
        force: (mode) => request(coder, ctl.forceMode, modeValue(mode)),
        free() {},
      };
    },
  };
}
