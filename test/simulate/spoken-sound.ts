import { readFileSync } from 'node:fs';
import type { OpusCodec } from '#src/audio/opus/opus.ts';
import type { Packet } from '#src/audio/packet.ts';
import { readWav } from '#src/audio/wav.ts';

/** Recordings that stand for what is said: a short one for a word or two, one of several for more. */
const shortClip = 'human-cards-003';
const longClips = ['synth-flite-slt-what-time-is-it', 'human-cards-004', 'human-goforward'];
const clips = [shortClip, ...longClips].map((name) => {
  const { samples } = readWav(readFileSync(`test/fixtures/speech/${name}.wav`));
  return samples;
});

const frameMs = 20;
/** Samples of a frame at 16 kHz, the rate at which people are heard. */
const frameSamples = 320;
/** First byte of an Opus frame of 20 ms. */
const toc = 0x78;
const silenceFrame = Buffer.from([0xf8, 0xff, 0xfe]);
const silenceFrames = 5;
/** Samples before the number of what is said, at the beginning of a loud frame. */
const mark = [7_321, -7_321] as const;
const leastNumber = 1_000;
/** Mean level from which a frame is loud enough to carry a mark. */
const loudLevel = 300;

/** Packets of a person who says something from `fromMs` on. Its number comes back out of the sound. */
export function spokenPackets(
  speakerId: string,
  said: { readonly number: number; readonly text: string },
  fromMs: number,
): readonly Packet[] {
  const { number, text } = said;
  const clip = /\S\s\S+\s\S/.test(text) ? 1 + (number % longClips.length) : 0;
  const frames = Math.floor((clips[clip]?.length ?? 0) / frameSamples);
  return Array.from({ length: frames + silenceFrames }, (_, n) => ({
    speakerId,
    opus: n < frames ? frameOf(clip, number, n) : silenceFrame,
    sequence: (Math.round(fromMs / frameMs) + n) & 0xffff,
    timestamp: (Math.round(fromMs * 48) + n * 960) >>> 0,
    atMs: fromMs + n * frameMs,
  }));
}

function frameOf(clip: number, number: number, frame: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt8(toc, 0);
  bytes.writeUInt8(clip, 1);
  bytes.writeUInt16BE(number, 2);
  bytes.writeUInt16BE(frame, 4);
  return bytes;
}

/** Numbers of what is said in a sound, in order. */
export function numbersIn(samples: Int16Array): readonly number[] {
  const found = new Set<number>();
  for (let at = samples.indexOf(mark[0]); at >= 0; at = samples.indexOf(mark[0], at + 1)) {
    const number = (samples[at + 2] ?? 0) - leastNumber;
    if (samples[at + 1] === mark[1] && number >= 0) found.add(number);
  }
  return [...found];
}

/** Second byte of a frame of the bot that holds its voice. */
const voiceByte = 1;

/** Whether the bot's voice sounds in a frame that left. */
export function isVoice(frame: Uint8Array): boolean {
  return frame[1] === voiceByte;
}

/** Level of the simulated voice, which no other sound keeps for a whole frame. */
export const voiceLevel = 9_000;

/** Opus in name only: packets name their sound, and frames of the bot tell whether its voice is in them. */
export const simulatedCodec: OpusCodec = {
  name: 'simulated',
  decoder: () => ({ decode }),
  encoder: () => ({
    encode: (samples) => Buffer.from([toc, isConstant(samples) ? voiceByte : 0]),
  }),
};

function decode(opus: Uint8Array): Int16Array {
  const bytes = Buffer.from(opus.buffer, opus.byteOffset, opus.length);
  if (bytes.length !== 6) return new Int16Array(frameSamples);
  const from = bytes.readUInt16BE(4) * frameSamples;
  const samples = (clips[bytes.readUInt8(1)] ?? new Int16Array()).slice(from, from + frameSamples);
  const level = samples.reduce((sum, sample) => sum + Math.abs(sample), 0) / frameSamples;
  if (level > loudLevel) samples.set([...mark, leastNumber + bytes.readUInt16BE(2)]);
  return samples;
}

function isConstant(samples: Int16Array): boolean {
  const middle = samples[samples.length / 2] ?? 0;
  const isAlike = (sample: number) => Math.abs(sample - middle) < Math.abs(middle) / 8;
  return Math.abs(middle) > 100 && samples.every(isAlike);
}
