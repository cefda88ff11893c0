import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { SileroNetwork } from '#src/audio/voice/voice-activity.ts';
import type { PersonId } from '#src/base/ids.ts';
import { makeSimulatedCodec } from '#test/simulate/spoken-sound.ts';

export const frameMs = 20;
/** Length of a word, in frames. */
const wordFrames = 14;
const silenceFrames = 5;
/** Samples of a frame at 16 kHz, the rate at which people are heard. */
const frameSamples = 320;
const silenceFrame = Buffer.from([0xf8, 0xff, 0xfe]);
const opusToc = 0x78;
/** Samples at the beginning of a frame, before its saying and its place there. */
const frameMark = [7_321, -7_321] as const;
const loudness = 4_000;
const minLoudSample = 0.05;

/** A frame of a saying in a sound. */
export type MarkedFrame = { readonly saying: number; readonly frame: number };

/** Number of frames that a text takes. */
function countFrames(text: string): number {
  return Math.max(2, text.split(' ').length) * wordFrames;
}

/** Packets of a person who says a text from `fromMs` on. `readMarks` finds them again in the sound. */
export function makeSayingPackets(
  speakerId: PersonId,
  saying: number,
  text: string,
  fromMs: number,
): readonly Packet[] {
  const frames = countFrames(text);
  return Array.from({ length: frames + silenceFrames }, (_, n) => ({
    speakerId,
    opus: n < frames ? makeMarkedFrame(saying, n) : silenceFrame,
    sequence: (Math.round(fromMs / frameMs) + n) & 0xffff,
    timestamp: (Math.round(fromMs * 48) + n * 960) >>> 0,
    atMs: fromMs + n * frameMs,
  }));
}

/** Frames of sayings in a sound, by which a judge knows which packets reached a recogniser. */
export function readMarks(samples: Int16Array): readonly MarkedFrame[] {
  const frames: MarkedFrame[] = [];
  for (
    let at = samples.indexOf(frameMark[0]);
    at >= 0;
    at = samples.indexOf(frameMark[0], at + 1)
  ) {
    const [mark, saying, frame] = samples.subarray(at + 1, at + 4);
    if (mark === frameMark[1] && saying !== undefined && frame !== undefined)
      frames.push({ saying, frame });
  }
  return frames;
}

function makeMarkedFrame(saying: number, frame: number) {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt8(opusToc, 0);
  bytes.writeUInt16BE(saying, 1);
  bytes.writeUInt16BE(frame, 3);
  return bytes;
}

/** Opus in name only: packets name their sound, and frames of the bot the text that its voice says. */
export const sceneCodec: OpusCodec = {
  ...makeSimulatedCodec(() => undefined),
  createDecoder: () => ({ decode: decodeFrame }),
};

function decodeFrame(opus: Uint8Array) {
  const samples = new Int16Array(frameSamples);
  if (opus.length !== 5) return samples;
  const bytes = Buffer.from(opus.buffer, opus.byteOffset, opus.length);
  for (let n = 0; n < frameSamples; n++) samples[n] = n % 8 < 4 ? loudness : -loudness;
  samples.set([...frameMark, bytes.readUInt16BE(1), bytes.readUInt16BE(3)]);
  return samples;
}

/** Voice activity by loudness. The real network took most of the time of a scene. */
class LoudnessNetwork extends SileroNetwork {
  override runWindow(_state: unknown, window: Float32Array): number {
    return window.some((sample) => Math.abs(sample) > minLoudSample) ? 0.98 : 0.01;
  }
}

/** Voice activity detection that takes any loud sound for a voice. */
export function makeLoudnessNetwork(): SileroNetwork {
  return Object.create(LoudnessNetwork.prototype);
}
