import type { OpusCodec } from './opus.ts';
import { ctl, decoded, payload, twentyMs } from './opus-bytes.ts';

/** Opus by mediaplex: prebuilt, needs no compiler. Rejects where it has no binary for this machine. */
export async function openMediaplex(): Promise<OpusCodec> {
  const { OpusEncoder } = await import('mediaplex');
  return {
    name: 'mediaplex',
    decoder(rateHz) {
      const coder = new OpusEncoder(rateHz, 1);
      return {
        decode: (opus) => decoded(coder.decode(payload(opus)), opus, rateHz),
        free() {},
      };
    },
    encoder(rateHz) {
      const coder = new OpusEncoder(rateHz, 1);
      coder.applyEncoderCtl(ctl.application, ctl.voip);
      coder.setBitrate(ctl.speechBitrate);
      return {
        encode: (samples) => coder.encode(twentyMs(samples, rateHz)),
        free() {},
      };
    },
  };
}
