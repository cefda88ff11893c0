import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Tensor } from 'onnxruntime-node';
import { LoudnessMeter, voiceLufs } from '#src/audio/loudness/loudness.ts';
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
import { cutSounds, cutSpeech } from '#src/speech/local/voices/cut-speech.ts';
import {
  parseVoiceDescription,
  type VoiceDescription,
} from '#src/speech/local/voices/voice-description.ts';
import { readModelText } from './model-files.ts';
import { loadRuntime, type ModelPart, openModelParts, runParts } from './sessions.ts';

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
/**
 * Level from which peaks are bent, and the highest one. Peaks between samples are up to 0.3 dB
 * higher.
 */
const [bentPeak, maxPeak] = [0.5, 0.85];
/** Warms the model up and measures the loudness: "The voice says this sentence once, so that it is as loud as any other." */
const measuredIpa =
  '\u00f0\u0259 v\u02c8\u0254\u026as s\u02c8\u025bz \u00f0\u026as s\u02c8\u025bnt\u0259ns w\u02c8\u028cns, s\u02cco\u028a \u00f0\u00e6t \u026at \u026az \u00e6z l\u02c8a\u028ad \u00e6z \u02c8\u025bni \u02c8\u028c\u00f0\u025a.';

/** Lets nobody go first. */
const ownTurn: ThreadTurn = { waitForThread: () => Promise.resolve() };

/**
 * Opens a Piper voice: of a folder, or by the path of its `.onnx`. It makes sounds of text itself only in English. Throws
 * BotError `speech.failed`.
 */
export async function openPiper(path: string): Promise<PerformJob<'speak'>> {
  const voice = await readVoice(path);
  const phonemes = await openPhonemes(voice);
  const runVoice = await openVoice(voice);
  const measuredSound = await runVoice(measuredIpa, 1, ownTurn);
  const loudness = measureLoudness(measuredSound, runVoice.rateHz);
  const gain = 10 ** ((voiceLufs - loudness) / 20);
  return async (job, turn) => {
    const { ipa, rest } = takePiece(job, phonemes);
    const sound = await runVoice(ipa, job.lengthScale, turn);
    const piece = { samples: toSamples(sound, gain), rateHz: runVoice.rateHz };
    return rest ? { ...piece, rest } : piece;
  };
}

/** Turns a text into sounds. */
type ToIpa = (text: string) => string;

async function openPhonemes({ description, name }: VoiceFiles): Promise<ToIpa> {
  const { espeak } = description;
  if (espeak.voice.startsWith('en')) {
    const english = await EnglishPhonemes.open(getModelFolder('g2p-english'));
    return (text) => english.toIpa(text);
  }
  return () => {
    throw createVoiceError(
      `${name} speaks "${espeak.voice}", and the local voice knows English sounds only: put it into the folder voices of DATA_DIR.`,
    );
  };
}

/** Takes the first piece of a job. Throws BotError `speech.unspeakable`. */
function takePiece(job: SpeakJob, toIpa: ToIpa) {
  const { lengthScale } = job;
  const { ipa: parts, clauses } =
    'rest' in job
      ? job.rest
      : { ipa: [], clauses: cutSpeech(spellOutEnglish(job.text), lengthScale) };
  const [clause, ...laterClauses] = parts.length > 0 ? ['', ...clauses] : clauses;
  if (clause === undefined)
    throw new BotError('speech.unspeakable', false, unspeakable);
  const [ipa = '', ...laterParts] =
    parts.length > 0 ? parts : cutSounds(toIpa(clause), lengthScale);
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

async function openVoice({
  description,
  modelFile,
  name,
}: VoiceFiles): Promise<RunVoice> {
  const { audio, inference, num_speakers: speakers, phoneme_id_map: ids } = description;
  const { Tensor } = await loadRuntime();
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
  if (isWhole || !frames) return toFloats(values.output);
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

type VoiceFiles = {
  readonly name: string;
  readonly modelFile: string;
  readonly description: VoiceDescription;
};

/** Finds the files of a voice, and reads its description. */
async function readVoice(path: string): Promise<VoiceFiles> {
  const modelFile = path.endsWith('.onnx') ? path : await findModelFile(path);
  const file = `${modelFile}.json`;
  const description = parseVoiceDescription(await readModelText(file, 'utf8'));
  const name = basename(file);
  if (!description) throw createVoiceError(`${name} does not describe a Piper voice.`);
  return { name, modelFile, description };
}

async function findModelFile(folder: string) {
  const names = await readdir(folder).catch(() => []);
  const name = names.find((file) => file.endsWith('.onnx.json'));
  if (name === undefined)
    throw createVoiceError(
      `${folder} holds no Piper voice, an .onnx and its .onnx.json.`,
    );
  return join(folder, name.slice(0, -'.json'.length));
}

/** Converts sounds to ids, each followed by a gap. */
function toIds(ipa: string, ids: Readonly<Record<string, readonly number[]>>) {
  const { _: gap = [], '^': start = [], $: end = [] } = ids;
  const sounds = [...ipa].flatMap((sound) =>
    ids[sound] ? [...ids[sound], ...gap] : [],
  );
  return BigInt64Array.from([...start, ...gap, ...sounds, ...end], BigInt);
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
