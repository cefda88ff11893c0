import type { OpusCodec } from './opus.ts';
import { codecOf } from './opus-coder.ts';

/** Opus by mediaplex: prebuilt, needs no compiler. Rejects where it has no binary for this machine. */
export async function openMediaplex(): Promise<OpusCodec> {
  const { OpusEncoder } = await import('mediaplex');
  return codecOf(
    'mediaplex',
    (rateHz, channels) => new OpusEncoder(rateHz, channels),
    (coder, ctl, value) => coder.applyEncoderCtl(ctl, value),
  );
}
