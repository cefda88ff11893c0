import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LoudnessMeter } from '#src/audio/loudness/loudness-meter.ts';
import { musicRateHz, toStereo } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { BotError } from '#src/base/errors.ts';
import { EnglishPhonemes } from '#src/speech/local/english/phonemes.ts';
import { spellOutEnglish } from '#src/speech/local/english/spell-out.ts';
import { getModelFolder } from '#src/speech/local/folders.ts';
import type { PerformJob } from '#src/speech/local/model-jobs.ts';
import { splitText } from '#src/speech/pronunciation.ts';
import { loadRuntime, openModel } from './sessions.ts';

/** Piper writes this file beside a voice: https://github.com/OHF-Voice/piper1-gpl/blob/main/docs/VOICES.md */
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

/**
 * Time and memory grow with a piece: 200 letters are ten seconds of sound, made in half a second, with 230 MB. So a sentence of
 * more than 100 is cut where it has a comma.
 */
const [maxPieceLetters, longPieceLetters] = [200, 100];
/** A first sentence longer than this is cut behind its first clause: its sound comes sooner. */
const longFirstLetters = 40;
/** Where another clause may begin, if enough letters stand before it: 12 with a comma, 30 without one. */
const clauseStart =
  /(?<=,) | (?=(?:and|but|or|so|because|when|while|which|who|if|unless|until|except) )/g;
/**
 * Optimising would unfold the 8-bit weights: 130 MB more, and no faster (measured: 0.05 s of processor time for 1 s of sound).
 * Without the plan of memory 150 MB less are kept for the longest piece. Without the arena each piece of 20 words would take twice
 * the time, for fresh pages.
 */
const lean = {
  graphOptimizationLevel: 'disabled',
  enableCpuMemArena: true,
  enableMemPattern: false,
} as const;
/** Loudness of a voice. */
const voiceLufs = -16;
/** Level from which peaks are bent, and that of the highest one: between samples it is up to 0.3 dB higher, below -1 dB. */
const [bentPeak, maxPeak] = [0.5, 0.85];
/** Spoken once when a voice is opened: the first run takes longest, and its loudness is that of the voice. */
const measuredText =
  'The voice says this sentence once, so that it is as loud as any other.';

/**
 * Opens the Piper voice of a folder, an `.onnx` file and its `.onnx.json`.
 *
 * Errors: BotError `speech.failed` where there is none, or none that speaks English.
 */
export async function openPiper(folder: string): Promise<PerformJob<'speak'>> {
  const phonemes = await EnglishPhonemes.open(getModelFolder('g2p-english'));
  const run = await openVoice(folder);
  const measured = await run(phonemes.toIpa(measuredText), 1);
  const gain = 10 ** ((voiceLufs - measureLoudness(measured, run.rateHz)) / 20);
  return async function* speak({ text, lengthScale }, signal) {
    const pieces = cutSpeech(spellOutEnglish(text), lengthScale);
    if (pieces.length === 0)
      throw new BotError('speech.unspeakable', false, unspeakable);
    for (const piece of pieces) {
      if (signal.aborted) return;
      const sound = await run(phonemes.toIpa(piece), lengthScale);
      yield { samples: toSamples(sound, gain), rateHz: run.rateHz };
    }
  };
}

const unspeakable = 'This text has no word that the local voice can speak.';

async function openVoice(folder: string) {
  const names = await readdir(folder).catch(() => []);
  const name = names.find((file) => file.endsWith('.onnx.json'));
  if (name === undefined)
    throw createVoiceError(
      `${folder} holds no Piper voice, an .onnx and its .onnx.json.`,
    );
  const read = voiceFile.safeParse(
    JSON.parse(await readFile(join(folder, name), 'utf8')),
  );
  if (!read.success) throw createVoiceError(`${name} does not describe a Piper voice.`);
  const {
    audio,
    espeak,
    inference,
    num_speakers: speakers,
    phoneme_id_map: ids,
  } = read.data;
  if (!espeak.voice.startsWith('en'))
    throw createVoiceError(
      `${name} speaks "${espeak.voice}", and the local voice knows English sounds only.`,
    );
  const { Tensor } = await loadRuntime();
  const model = await openModel(join(folder, name.slice(0, -'.json'.length)), lean);
  const run = async (ipa: string, lengthScale: number) => {
    const input = toIds(ipa, ids);
    const scales = [
      inference.noise_scale,
      lengthScale * inference.length_scale,
      inference.noise_w,
    ];
    const { output } = await model({
      input: new Tensor('int64', input, [1, input.length]),
      input_lengths: new Tensor('int64', BigInt64Array.of(BigInt(input.length)), [1]),
      scales: new Tensor('float32', Float32Array.from(scales), [3]),
      ...(speakers > 1 && { sid: new Tensor('int64', BigInt64Array.of(0n), [1]) }),
    });
    if (!(output?.data instanceof Float32Array))
      throw createVoiceError(`${name} gives no sound.`);
    return output.data;
  };
  return Object.assign(run, { rateHz: audio.sample_rate });
}

/** Numbers of the sounds between those of start and end, each followed by that of a gap. */
function toIds(ipa: string, ids: Readonly<Record<string, readonly number[]>>) {
  const gap = ids['_'] ?? [];
  const sounds = [...ipa].flatMap((sound) =>
    ids[sound] ? [...ids[sound], ...gap] : [],
  );
  return BigInt64Array.from(
    [...(ids['^'] ?? []), ...gap, ...sounds, ...(ids['$'] ?? [])],
    BigInt,
  );
}

/**
 * Pieces that are spoken one after the other, so that the first of them is heard while the others are made. `pace`: how much
 * longer than usual they sound.
 */
export function cutSpeech(words: string, pace: number): readonly string[] {
  const [first = '', ...others] = words.split(/(?<=[.;:?!]) /);
  const clause = findClauseEnd(first);
  return [first.slice(0, clause), first.slice(clause), ...others]
    .flatMap((sentence) => joinClauses(sentence, longPieceLetters / pace))
    .flatMap((piece) =>
      splitText(piece, Math.ceil(maxPieceLetters / Math.max(1, pace))),
    );
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

/** Loud peaks are bent, so that all clauses are equally loud: those of a voice lie 15 dB above its loudness. */
function toSamples(sound: Float32Array, gain: number) {
  const range = maxPeak - bentPeak;
  return Int16Array.from(sound, (sample) => {
    const level = Math.abs(sample) * gain;
    const over = level - bentPeak;
    const safe = over > 0 ? bentPeak + range * Math.tanh(over / range) : level;
    return Math.round(32_767 * Math.sign(sample) * safe);
  });
}

function measureLoudness(sound: Float32Array, rateHz: number) {
  const samples = toSamples(sound, 0.5);
  const meter = new LoudnessMeter();
  meter.push(
    toStereo(resamplePcm({ samples, rateHz, channels: 1 }, musicRateHz).samples),
  );
  return (meter.lufs ?? voiceLufs) + 6.02;
}

function createVoiceError(message: string) {
  return new BotError('speech.failed', false, message);
}
