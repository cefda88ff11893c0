import type { OpusCodec } from './opus.ts';
import { codecOf } from './opus-coder.ts';

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
  return codecOf(
    packageName,
    (rateHz, channels) => new OpusEncoder(rateHz, channels),
    (coder, ctl, value) => coder.applyEncoderCTL(ctl, value),
  );
}
