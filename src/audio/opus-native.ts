import type { OpusCodec } from './opus.ts';
import { ctl, decoded, payload, twentyMs } from './opus-bytes.ts';

/** The part of @discordjs/opus that we use; the package is there only if the operator added it. */
type NativeOpus = {
  readonly OpusEncoder: new (
    rateHz: number,
    channels: number,
  ) => {
    encode(pcm: Buffer): Buffer;
    decode(opus: Buffer): Buffer;
    setBitrate(bitrate: number): void;
    applyEncoderCTL(request: number, value: number): void;
  };
};

// In a variable, so that neither types nor tools ask for a package most people do not have.
const packageName: string = '@discordjs/opus';

/** Opus by @discordjs/opus: the fastest, but compiled on the spot. Rejects where it is absent or has no binary. */
export async function openNative(): Promise<OpusCodec> {
  const { default: native }: { readonly default: NativeOpus } = await import(packageName);
  const { OpusEncoder } = native;
  return {
    name: packageName,
    decoder(rateHz) {
      const coder = new OpusEncoder(rateHz, 1);
      return {
        decode: (opus) => decoded(coder.decode(payload(opus)), opus, rateHz),
        free() {},
      };
    },
    encoder(rateHz) {
      const coder = new OpusEncoder(rateHz, 1);
      coder.applyEncoderCTL(ctl.application, ctl.voip);
      coder.setBitrate(ctl.speechBitrate);
      return {
        encode: (samples) => coder.encode(twentyMs(samples, rateHz)),
        free() {},
      };
    },
  };
}
