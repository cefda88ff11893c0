import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tensor } from 'onnxruntime-node';
import { z } from 'zod';
import { LoudnessMeter } from '#src/audio/loudness/loudness-meter.ts';
import { musicRateHz, toStereo } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { BotError } from '#src/base/errors.ts';
import { EnglishPhonemes } from '#src/speech/local/english/phonemes.ts';
import { spellOutEnglish } from '#src/speech/local/english/spell-out.ts';
import { getModelFolder } from '#src/speech/local/folders.ts';
import type {
  PerformJob,
  SpeakJob,
  ThreadTurn,
  UnspokenRest,
} from '#src/speech/local/model-jobs.ts';
import { splitText } from '#src/speech/pronunciation.ts';
import { readModelText } from './model-files.ts';
import { loadRuntime, type ModelPart, openModelParts, runParts } from './sessions.ts';

/**
 * Description beside a Piper voice:
 * https://github.com/OHF-Voice/piper1-gpl/blob/main/docs/VOICES.md
 */
const voiceFile = z.object({
  audio: z.object({ sample_rate: z.number().int().min(8_000).max(48_000) }),
  espeak: z.object({ voice: z.string() }),
  inference: z.object({
    noise_scale: z.number(),
    length_scale: z.number().positive(),
    noise_w: z.number(),
  }),
  num_speakers: z.number().default(1),
  phoneme_id_map: z.record(z.string(), z.array(z.number().int())),
});

/** A sentence of more than 100 letters is cut at commas, and one of more than 200 between words. */
const [maxPieceLetters, longPieceLetters] = [200, 100];
/** A longer first sentence is cut after a clause, so that sound begins sooner. */
const longFirstLetters = 40;
/**
 * Longest sound of a piece: 10 s take 230 MB. Letters that are spelt make more sound than words, so sounds count. A piece
 * that has to be cut for them is cut into equal parts of at most 5 s.
 */
const [maxPieceMs, maxPartMs] = [8_000, 5_000];
/** Estimated time of each character of IPA, and of a piece: within a fifth of 72 measured pieces of this voice. */
const soundMs = {
  piece: 110,
  stop: 170,
  space: 95,
  stress: 85,
  long: 75,
  vowel: 25,
  consonant: 36,
};
const soundKinds: readonly (readonly [kind: keyof typeof soundMs, sounds: RegExp])[] = [
  ['space', / /],
  ['stop', /[,;:.?!]/],
  ['stress', /[\u02c8\u02cc]/],
  ['long', /\u02d0/],
  [
    'vowel',
    /[aeiou\u00e6\u0250\u0251\u0254\u0259\u025a\u025b\u025c\u026a\u028a\u028c\u1d7b]/,
  ],
];
/** Beginning of a clause, after 12 letters with a comma or 30 without one. */
const clauseStart =
  /(?<=,) | (?=(?:and|but|or|so|because|when|while|which|who|if|unless|until|except) )/g;
/**
 * Optimised 8-bit weights take 130 MB more and are no faster.
 * Without the arena a piece of 20 words takes twice the time.
 */
const leanOptions = {
  graphOptimizationLevel: 'disabled',
  enableCpuMemArena: true,
} as const;
/**
 * A voice computes durations, then frames in two runs, then sound. Sound is made of at most 1.7 s of frames in a run, which
 * see 12 frames more on both sides: the samples are the same.
 */
const voiceParts = /^\/(flow\/flows\.[37]|dec)\//;
const [maxFrames, edgeFrames] = [150, 12];
const voiceLufs = -16;
/**
 * Level from which peaks are bent, and the highest one. Peaks between samples are up to 0.3 dB
 * higher.
 */
const [bentPeak, maxPeak] = [0.5, 0.85];
/** Warms the model up and measures the loudness. */
const measuredText =
  'The voice says this sentence once, so that it is as loud as any other.';

/** Lets nobody go first. */
const ownTurn: ThreadTurn = { waitForThread: () => Promise.resolve() };

/** Opens an English Piper voice. Throws BotError `speech.failed`. */
export async function openPiper(folder: string): Promise<PerformJob<'speak'>> {
  const phonemes = await EnglishPhonemes.open(getModelFolder('g2p-english'));
  const runVoice = await openVoice(folder);
  const measuredSound = await runVoice(phonemes.toIpa(measuredText), 1, ownTurn);
  const loudness = measureLoudness(measuredSound, runVoice.rateHz);
  const gain = 10 ** ((voiceLufs - loudness) / 20);
  return async (job, turn) => {
    const { ipa, rest } = takePiece(job, phonemes);
    const sound = await runVoice(ipa, job.lengthScale, turn);
    const piece = { samples: toSamples(sound, gain), rateHz: runVoice.rateHz };
    return rest ? { ...piece, rest } : piece;
  };
}

/** Takes the first piece of a job. Throws BotError `speech.unspeakable`. */
function takePiece(job: SpeakJob, phonemes: EnglishPhonemes) {
  const { lengthScale } = job;
  const { ipa: parts, clauses } =
    'rest' in job
      ? job.rest
      : { ipa: [], clauses: cutSpeech(spellOutEnglish(job.text), lengthScale) };
  const [clause, ...laterClauses] = parts.length > 0 ? ['', ...clauses] : clauses;
  if (clause === undefined)
    throw new BotError('speech.unspeakable', false, unspeakable);
  const [ipa = '', ...laterParts] =
    parts.length > 0 ? parts : cutSounds(phonemes.toIpa(clause), lengthScale);
  const rest: UnspokenRest = { ipa: laterParts, clauses: laterClauses };
  const isLast = laterParts.length + laterClauses.length === 0;
  return { ipa, rest: isLast ? undefined : rest };
}

const unspeakable = 'This text has no word that the local voice can speak.';

/** Makes sound of IPA, at the rate of the voice. 2 for `lengthScale` is twice as slow. */
type RunVoice = {
  (ipa: string, lengthScale: number, turn: ThreadTurn): Promise<Float32Array>;
  readonly rateHz: number;
};

async function openVoice(folder: string): Promise<RunVoice> {
  const { name, voice } = await readVoice(folder);
  const { audio, inference, num_speakers: speakers, phoneme_id_map: ids } = voice;
  const { Tensor } = await loadRuntime();
  const modelFile = join(folder, name.slice(0, -'.json'.length));
  const parts = await openModelParts(modelFile, voiceParts, leanOptions);
  const runVoice = async (ipa: string, lengthScale: number, turn: ThreadTurn) => {
    const input = toIds(ipa, ids);
    const scales = [
      inference.noise_scale,
      lengthScale * inference.length_scale,
      inference.noise_w,
    ];
    const inputs = {
      input: new Tensor('int64', input, [1, input.length]),
      input_lengths: new Tensor('int64', BigInt64Array.of(BigInt(input.length)), [1]),
      scales: new Tensor('float32', Float32Array.from(scales), [3]),
      ...(speakers > 1 && { sid: new Tensor('int64', BigInt64Array.of(0n), [1]) }),
    };
    const sound = await makeSound(parts, inputs, turn);
    if (!sound) throw createVoiceError(`${name} gives no sound.`);
    return sound;
  };
  return Object.assign(runVoice, { rateHz: audio.sample_rate });
}

/** Makes the sound of a piece. Undefined if the model gives none. */
async function makeSound(
  parts: readonly ModelPart[],
  inputs: Readonly<Record<string, Tensor>>,
  turn: ThreadTurn,
) {
  const [decoder, ...others] = parts.toReversed();
  const isWhole = !decoder || others.length === 0;
  const values = await runParts(isWhole ? parts : others.toReversed(), inputs, turn);
  const [name = ''] = isWhole ? [] : decoder.reads;
  const frames = values[name];
  if (isWhole || !frames) return toFloats(values['output']);
  const length = frames.dims.at(-1) ?? 0;
  const step = Math.ceil(length / Math.ceil(length / maxFrames));
  let whole: Float32Array | undefined;
  for (let at = 0; at < length; at += step) {
    const from = Math.max(0, at - edgeFrames);
    const to = Math.min(length, at + step + edgeFrames);
    const window = await cutFrames(frames, from, to);
    const { output } = await runParts([decoder], { ...values, [name]: window }, turn);
    const sound = toFloats(output);
    if (!sound) return undefined;
    const hop = sound.length / (to - from);
    whole ??= new Float32Array(hop * length);
    const [start, end] = [hop * (at - from), hop * (Math.min(to, at + step) - from)];
    whole.set(sound.subarray(start, end), hop * at);
  }
  return whole;
}

/** Cuts frames out of `[1][value][frame]`. */
async function cutFrames({ data, dims }: Tensor, from: number, to: number) {
  const { Tensor } = await loadRuntime();
  const [, height = 0, length = 0] = dims;
  const cut = new Float32Array(height * (to - from));
  for (let row = 0; data instanceof Float32Array && row < height; row++)
    cut.set(data.subarray(row * length + from, row * length + to), row * (to - from));
  return new Tensor('float32', cut, [1, height, to - from]);
}

function toFloats(tensor: Tensor | undefined) {
  return tensor?.data instanceof Float32Array ? tensor.data : undefined;
}

/** Reads the description of a voice, with the name of its file. */
async function readVoice(folder: string) {
  const names = await readdir(folder).catch(() => []);
  const name = names.find((file) => file.endsWith('.onnx.json'));
  if (name === undefined)
    throw createVoiceError(
      `${folder} holds no Piper voice, an .onnx and its .onnx.json.`,
    );
  const { data: voice } = voiceFile.safeParse(
    JSON.parse(await readModelText(join(folder, name), 'utf8')),
  );
  if (!voice) throw createVoiceError(`${name} does not describe a Piper voice.`);
  const { espeak } = voice;
  if (!espeak.voice.startsWith('en'))
    throw createVoiceError(
      `${name} speaks "${espeak.voice}", and the local voice knows English sounds only.`,
    );
  return { name, voice };
}

/** Converts sounds to ids, each followed by a gap. */
function toIds(ipa: string, ids: Readonly<Record<string, readonly number[]>>) {
  const { _: gap = [], '^': start = [], $: end = [] } = ids;
  const sounds = [...ipa].flatMap((sound) =>
    ids[sound] ? [...ids[sound], ...gap] : [],
  );
  return BigInt64Array.from([...start, ...gap, ...sounds, ...end], BigInt);
}

/** Cuts text into pieces. `pace` 2 is twice as slow. */
export function cutSpeech(text: string, pace: number): readonly string[] {
  const [firstSentence = '', ...otherSentences] = text.split(/(?<=[.;:?!]) /);
  const clauseEnd = findClauseEnd(firstSentence);
  // The first piece is heard while the others are made.
  return [
    firstSentence.slice(0, clauseEnd),
    firstSentence.slice(clauseEnd),
    ...otherSentences,
  ]
    .flatMap((sentence) => joinClauses(sentence, longPieceLetters / pace))
    .flatMap((piece) =>
      splitText(piece, Math.ceil(maxPieceLetters / Math.max(1, pace))),
    );
}

/** Cuts the sounds of a piece, in IPA, into parts that `maxPieceMs` holds: between words, or in a longer word. */
export function cutSounds(ipa: string, pace: number): readonly string[] {
  const allMs = estimateMs(ipa);
  if (pace * allMs <= maxPieceMs) return [ipa];
  const maxMs = maxPartMs / pace;
  const partMs = allMs / Math.ceil(allMs / maxMs);
  const parts = [''];
  for (const word of ipa.split(/(?<= )/).flatMap((long) => cutWord(long, maxMs))) {
    const part = parts.at(-1) ?? '';
    const isFull = estimateMs(part) >= partMs || estimateMs(part + word) > maxMs;
    if (part !== '' && isFull) parts.push(word);
    else parts[parts.length - 1] = part + word;
  }
  return parts.map((part) => part.trim());
}

function cutWord(word: string, maxMs: number) {
  const sounds = [...word];
  const maxSounds = Math.max(1, Math.floor((sounds.length * maxMs) / estimateMs(word)));
  return Array.from({ length: Math.ceil(sounds.length / maxSounds) }, (_, n) =>
    sounds.slice(n * maxSounds, (n + 1) * maxSounds).join(''),
  );
}

function estimateMs(ipa: string) {
  let ms = soundMs.piece;
  for (const sound of ipa) {
    const [kind = 'consonant'] =
      soundKinds.find(([, sounds]) => sounds.test(sound)) ?? [];
    ms += soundMs[kind];
  }
  return ms;
}

function findClauseEnd(sentence: string) {
  if (sentence.length <= longFirstLetters) return 0;
  for (const { index } of sentence.matchAll(clauseStart))
    if (index >= (sentence[index - 1] === ',' ? 12 : 30)) return index;
  return 0;
}

function joinClauses(sentence: string, maxLetters: number) {
  const pieces: string[] = [];
  for (const clause of sentence.split(/(?<=,) /)) {
    const longer = `${pieces.at(-1) ?? ''} ${clause}`;
    if (pieces.length > 0 && longer.length <= maxLetters)
      pieces[pieces.length - 1] = longer;
    else pieces.push(clause);
  }
  return pieces;
}

/** Converts samples, bending loud peaks. */
function toSamples(sound: Float32Array, gain: number) {
  const range = maxPeak - bentPeak;
  return Int16Array.from(sound, (sample) => {
    const level = Math.abs(sample) * gain;
    const excess = level - bentPeak;
    // Bent peaks allow the same loudness for all clauses.
    const safeLevel = excess > 0 ? bentPeak + range * Math.tanh(excess / range) : level;
    return Math.round(32_767 * Math.sign(sample) * safeLevel);
  });
}

function measureLoudness(sound: Float32Array, rateHz: number) {
  const samples = toSamples(sound, 0.5);
  const meter = new LoudnessMeter();
  meter.addSamples(
    toStereo(resamplePcm({ samples, rateHz, channels: 1 }, musicRateHz).samples),
  );
  return (meter.lufs ?? voiceLufs) + 6.02;
}

function createVoiceError(message: string) {
  return new BotError('speech.failed', false, message);
}
