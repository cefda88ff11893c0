import type OpusScript from 'opusscript';
import type { OpusCodec } from './opus.ts';
import { ctl, decoded, modeValue, twentyMs } from './opus-bytes.ts';
import type { OpusMode } from './opus-toc.ts';

/** All coders share one small heap; from the 31st on opusscript 0.0.8 runs out of it. */
const coderLimit = 28;

/**
 * Opus by opusscript: slow, but runs everywhere. At most 28 coders at once; one more throws a plain Error.
 */
export async function openOpusScript(): Promise<OpusCodec> {
  const { default: Script } = await import('opusscript');
  let open = 0;
  const coderAt = (rateHz: 16_000 | 24_000 | 48_000, channels: 1 | 2): OpusScript => {
    if (open >= coderLimit)
      throw new Error("The limit of opusscript's Opus encoders and decoders is reached.");
    const { VOIP, AUDIO } = Script.Application;
    const coder = new Script(rateHz, channels, channels === 1 ? VOIP : AUDIO);
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
  return { ...codecOver(coderAt, freeOnce), spare: () => coderLimit - open };
}

function codecOver(
  coderAt: (rateHz: 16_000 | 24_000 | 48_000, channels: 1 | 2) => OpusScript,
  freeOnce: (coder: OpusScript) => () => void,
): OpusCodec {
  const decoder = (rateHz: 16_000 | 24_000 | 48_000, channels: 1 | 2) => {
    const coder = coderAt(rateHz, channels);
    return {
      decode: (opus: Uint8Array) => decoded(coder, opus, rateHz, channels),
      free: freeOnce(coder),
    };
  };
  const encoder = (rateHz: 16_000 | 24_000 | 48_000, channels: 1 | 2, bitrate: number) => {
    const coder = coderAt(rateHz, channels);
    coder.encoderCTL(ctl.bitrate, bitrate);
    return {
      encode: (samples: Int16Array) =>
        coder.encode(twentyMs(samples, rateHz, channels), rateHz / 50),
      force: (mode: OpusMode | undefined) => {
        coder.encoderCTL(ctl.forceMode, modeValue(mode));
      },
      free: freeOnce(coder),
    };
  };
  return {
    name: 'opusscript',
    decoder: (rateHz) => decoder(rateHz, 1),
    encoder: (rateHz) => encoder(rateHz, 1, ctl.speechBitrate),
    stereoDecoder: () => decoder(48_000, 2),
    stereoEncoder: () => encoder(48_000, 2, ctl.musicBitrate),
  };
}
