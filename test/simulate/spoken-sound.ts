import type { Packet } from '#src/audio/jitter-buffer.ts';
import { toGain, voiceLufs } from '#src/audio/loudness/loudness.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { speakRateHz } from '#src/audio/pcm.ts';
import type { PersonId } from '#src/base/ids.ts';
import { bargeInRules } from '#src/turn/overlap/barge-in-rules.ts';
import { readSpeech } from '#test/audio/recorded-speech.ts';

/** Recordings that stand for what is said: a short one for a word or two, one of several for more. */
const shortClip = 'human-cards-003';
const longClips = [
  'synth-flite-slt-what-time-is-it',
  'human-cards-004',
  'human-goforward',
];
const clips = [shortClip, ...longClips].map((name) => readSpeech(name).samples);

const frameMs = 20;
/** Samples of a frame at 16 kHz, the rate at which people are heard. */
const frameSamples = 320;
/** Bytes of a frame of what a person says. */
const frameBytes = 6;
/** First byte of an Opus frame of 20 ms. */
const opusToc = 0x78;
const silenceFrame = Buffer.from([0xf8, 0xff, 0xfe]);
const silenceFrames = 5;
/** A frame of an open microphone while nobody speaks. */
const noiseFrame = Buffer.from([opusToc, 0xff, 0xff, 0xff]);
const noise = Int16Array.from(
  { length: frameSamples },
  (_, n) => ((n * 7_919) % 61) - 30,
);
/** Samples before the number of what is said, at the beginning of a loud frame. */
const frameMark = [7_321, -7_321] as const;
const minNumber = 1_000;
/** Mean level from which a frame is loud enough to carry a mark. */
const loudLevel = 300;

/** A microphone that sends noise for a while after its owner has spoken, or ends without frames of silence. */
export type Microphone = {
  readonly noiseMs: number;
  readonly endsAbruptly: boolean;
  /** Longest sound, in ms. Absent: that of the words. */
  readonly maxMs?: number | undefined;
};

/** Packets of a person who says something from `fromMs` on. Its number comes back out of the sound. */
export function makePackets(
  speakerId: PersonId,
  said: { readonly number: number; readonly text: string },
  fromMs: number,
  { endsAbruptly, maxMs = Number.POSITIVE_INFINITY, noiseMs }: Microphone = {
    endsAbruptly: false,
    noiseMs: 0,
  },
): readonly Packet[] {
  const { number, text } = said;
  const clip = /\S\s\S+\s\S/.test(text) ? 1 + (number % longClips.length) : 0;
  const soundFrames = Math.floor((clips[clip]?.length ?? 0) / frameSamples);
  const frames = Math.min(soundFrames, maxMs / frameMs);
  const noise = noiseMs / frameMs;
  const silence = endsAbruptly ? 0 : silenceFrames;
  const opusOf = (n: number) => {
    if (n < frames) return makeFrame(clip, number, n);
    return n < frames + noise ? noiseFrame : silenceFrame;
  };
  return Array.from({ length: frames + noise + silence }, (_, n) => ({
    speakerId,
    opus: opusOf(n),
    sequence: (Math.round(fromMs / frameMs) + n) & 0xffff,
    timestamp: (Math.round(fromMs * 48) + n * 960) >>> 0,
    atMs: fromMs + n * frameMs,
  }));
}

function makeFrame(clip: number, number: number, frame: number) {
  const bytes = Buffer.alloc(frameBytes);
  bytes.writeUInt8(opusToc, 0);
  bytes.writeUInt8(clip, 1);
  bytes.writeUInt16BE(number, 2);
  bytes.writeUInt16BE(frame, 4);
  return bytes;
}

/** Numbers of what is said in a sound, in order. */
export function readNumbers(samples: Int16Array) {
  const match = new Set<number>();
  for (
    let at = samples.indexOf(frameMark[0]);
    at >= 0;
    at = samples.indexOf(frameMark[0], at + 1)
  ) {
    const number = (samples[at + 2] ?? 0) - minNumber;
    if (samples[at + 1] === frameMark[1] && number >= 0) match.add(number);
  }
  return [...match];
}

/** Mean levels of the simulated voice: one for each text, in turn, which no other sound keeps for a whole frame. */
const [minLevel, levelStep] = [6_000, 12];
/** Number of texts that the level tells apart. */
export const slots = 500;
/** Gain of a voice that is turned down while people talk. */
const duckGain = toGain(-bargeInRules.duckDb);

/** Periods of a tone in a frame. The mean of one is the level of the text. */
const tonePeriods = 20;
/** Half the height of the tone: the voice is as loud as the built-in one, so that nothing changes its level. */
const tonePeak = 32_768 * toGain(voiceLufs);

/** Sounds that were made, by their level and length: an answer has many pieces, which are alike. */
const madeSounds = new Map<string, Int16Array>();

/** Sound of the voice that says the text of this number, mono at 24 kHz and a whole number of periods long. */
export function makeVoiceSamples(number: number, ms: number) {
  const level = minLevel + levelStep * (number % slots);
  const key = `${level} ${ms}`;
  const sound = madeSounds.get(key) ?? makeTone(level, ms);
  madeSounds.set(key, sound);
  return sound.slice();
}

function makeTone(level: number, ms: number) {
  const periodSamples = (speakRateHz * frameMs) / 1_000 / tonePeriods;
  return Int16Array.from({ length: (ms * speakRateHz) / 1_000 }, (_, n) =>
    Math.round(level + tonePeak * Math.sin((2 * Math.PI * n) / periodSamples)),
  );
}

/** Voice in a frame that left: which text, and whether it is turned down. */
export type VoiceFrame = { readonly slot: number; readonly isDucked: boolean };

/** The bot's voice in a frame that left; undefined where there is none. */
export function readVoice(frame: Uint8Array) {
  if (frame.length !== voiceBytes) return undefined;
  const level = Buffer.from(frame.buffer, frame.byteOffset, frame.length).readUInt16BE(
    1,
  );
  const isDucked = level < minLevel - levelStep;
  const full = isDucked ? level / duckGain : level;
  const slot = Math.round((full - minLevel) / levelStep);
  return slot >= 0 && slot < slots ? { slot, isDucked } : undefined;
}

/** Bytes of a frame that tells of a voice. */
const voiceBytes = 3;

/** Opus in name only: packets name their sound, and frames of the bot tell whether its voice is in them. */
export function makeSimulatedCodec(onDecoded: (opus: Uint8Array) => void): OpusCodec {
  const decodeNoted = (opus: Uint8Array) => {
    onDecoded(opus);
    return decodeFrame(opus);
  };
  return {
    name: 'simulated',
    createDecoder: () => ({ decode: decodeNoted }),
    createEncoder: () => ({
      encode: (samples) => makeVoiceFrame(samples),
    }),
  };
}

/** A frame of what a person says: the number of the words, its place in them, and the recording. */
export type SpokenFrame = {
  readonly number: number;
  readonly index: number;
  readonly clip: number;
};

/** Reads what a packet of a person holds; undefined where nobody speaks. */
export function readFrame(opus: Uint8Array): SpokenFrame | undefined {
  if (opus.length !== frameBytes) return undefined;
  const bytes = Buffer.from(opus.buffer, opus.byteOffset, opus.length);
  return {
    clip: bytes.readUInt8(1),
    number: bytes.readUInt16BE(2),
    index: bytes.readUInt16BE(4),
  };
}

/** Whether somebody speaks in a packet, and not only breathes. */
export function isLoudFrame(opus: Uint8Array): boolean {
  const frame = readFrame(opus);
  return frame !== undefined && isLoud(cutSamples(frame));
}

function decodeFrame(opus: Uint8Array) {
  if (opus.length === noiseFrame.length) return noise.slice();
  const frame = readFrame(opus);
  if (!frame) return new Int16Array(frameSamples);
  const samples = cutSamples(frame);
  if (isLoud(samples)) samples.set([...frameMark, minNumber + frame.number]);
  return samples;
}

function cutSamples({ clip, index }: SpokenFrame) {
  const from = index * frameSamples;
  return (clips[clip] ?? new Int16Array()).slice(from, from + frameSamples);
}

function isLoud(samples: Int16Array) {
  return (
    samples.reduce((sum, sample) => sum + Math.abs(sample), 0) / frameSamples >
    loudLevel
  );
}

/** A frame that holds the mean level of its sound, where that is the same throughout. */
function makeVoiceFrame(samples: Int16Array) {
  const length = samples.length / tonePeriods;
  const levels = Array.from({ length: tonePeriods }, (_, n) =>
    getMean(samples.subarray(n * length, (n + 1) * length)),
  );
  const [first = 0] = levels;
  const isAlike = (level: number) => Math.abs(level - first) <= 1;
  if (first < 100 || !levels.every(isAlike)) return Buffer.from([opusToc]);
  const frame = Buffer.alloc(voiceBytes);
  frame.writeUInt8(opusToc, 0);
  frame.writeUInt16BE(Math.round(first), 1);
  return frame;
}

function getMean(samples: Int16Array) {
  return samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
}
