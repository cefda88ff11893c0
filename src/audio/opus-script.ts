import type OpusScript from 'opusscript';
import type { OpusCodec } from './opus.ts';
import { ctl, decoded, twentyMs } from './opus-bytes.ts';

/** All coders share one small heap; from the 31st on opusscript 0.0.8 runs out of it. */
const coderLimit = 28;

/**
 * Opus by opusscript: slow, but runs everywhere. At most 28 coders at once; one more throws a plain Error.
 */
export async function openOpusScript(): Promise<OpusCodec> {
  const { default: Script } = await import('opusscript');
  let open = 0;
  const coderAt = (rateHz: 16_000 | 24_000 | 48_000): OpusScript => {
    if (open >= coderLimit) throw new Error('Too many Opus coders for opusscript.');
    const coder = new Script(rateHz, 1, Script.Application.VOIP);
    open++;
    return coder;
  };
  const freeOnce = (coder: OpusScript) => {
    let freed = false;
    return () => {
      if (freed) return;
      freed = true;
      open--;
      coder.delete();
    };
  };
  return {
    name: 'opusscript',
    decoder(rateHz) {
      const coder = coderAt(rateHz);
      return {
        decode: (opus) => decoded((bytes) => coder.decode(bytes), opus, rateHz),
        free: freeOnce(coder),
      };
    },
    encoder(rateHz) {
      const coder = coderAt(rateHz);
      coder.encoderCTL(ctl.bitrate, ctl.speechBitrate);
      return {
        encode: (samples) => coder.encode(twentyMs(samples, rateHz), samples.length),
        free: freeOnce(coder),
      };
    },
  };
}
