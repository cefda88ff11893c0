import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tensor } from 'onnxruntime-node';
import { listenRateHz, measureRms } from '#src/audio/pcm.ts';
import { toBaseLanguage } from '#src/speech/hints.ts';
import type { PerformJob } from '#src/speech/local/model-jobs.ts';
import { computeLogMel, hopSamples, melBands } from './log-mel.ts';
import { loadRuntime, openModel, type RunModel } from './sessions.ts';
import {
  choosePrompt,
  createTokenChoice,
  getMarks,
  getProbability,
} from './whisper-tokens.ts';

/**
 * Longest segment, 15 s, as 25 s take 250 MB more memory. Longer sound is cut at the quietest place
 * of the last 3 s.
 */
const [longestSamples, cutSamples] = [15 * listenRateHz, 3 * listenRateHz];
const quietSamples = listenRateHz / 10;
/**
 * Whisper was trained on 30 s windows, and repeats itself without silence. 4 s gave 3.2 % wrong
 * words, 1 s 24 %. After a repetition 10 s help.
 */
const [usualSilence, longSilence] = [4 * listenRateHz, 10 * listenRateHz];

/** Bytes of the longest hint token, and the most hint tokens. Whisper reads 224. */
const [longestToken, mostHintTokens] = [20, 100];
/** Models with so many text tokens know English alone. */
const englishTexts = 50_256;

type Whisper = {
  readonly encode: RunModel;
  readonly decode: RunModel;
  readonly texts: readonly Buffer[];
  readonly Tensor: typeof Tensor;
};

/** Opens a folder made by scripts/models/whisper_base.py. */
export async function openWhisper(folder: string): Promise<PerformJob<'transcribe'>> {
  const { Tensor } = await loadRuntime();
  const whisper: Whisper = {
    encode: await openModel(join(folder, 'encoder.onnx')),
    decode: await openModel(join(folder, 'decoder.onnx')),
    texts: parseTokens(await readFile(join(folder, 'tokens.txt'), 'latin1')),
    Tensor,
  };
  const tokens = new Map(
    whisper.texts.map((text, token) => [text.toString('latin1'), token]),
  );
  return async function* transcribe({ samples, hints = [], language }, signal) {
    const asked = { language, hints: toTokens(hints, tokens) };
    for (let at = 0; at < samples.length && !signal.aborted; ) {
      const end = findCut(samples, at);
      const sound = Float32Array.from(
        samples.subarray(at, end),
        (sample) => sample / 32_768,
      );
      at = end;
      const heard = await recogniseSegment(whisper, sound, usualSilence, asked, signal);
      const again =
        heard.isEndless &&
        (await recogniseSegment(whisper, sound, longSilence, asked, signal));
      yield again || heard;
    }
  };
}

async function recogniseSegment(
  { decode, encode, Tensor, texts }: Whisper,
  sound: Float32Array,
  silence: number,
  {
    hints,
    language,
  }: { readonly hints: readonly number[]; readonly language?: string },
  signal: AbortSignal,
) {
  // The encoder halves the number of frames.
  const frames = 2 * Math.ceil((sound.length + silence) / hopSamples / 2);
  const padded = new Float32Array(frames * hopSamples);
  padded.set(sound);
  const mel = new Tensor('float32', computeLogMel(padded), [1, melBands, frames]);
  const { n_layer_cross_k: crossK, n_layer_cross_v: crossV } = await encode({ mel });
  if (!crossK || !crossV) throw new Error('the encoder gives no keys and values');
  const [layers = 0, , , width = 0] = crossK.dims;
  const none = new Tensor('float32', new Float32Array(0), [layers, 1, 0, width]);
  let past: { readonly k: Tensor; readonly v: Tensor } = { k: none, v: none };
  const scoreTokens = async (tokens: readonly number[]) => {
    const { logits, k, v } = await decode({
      tokens: new Tensor('int64', BigInt64Array.from(tokens, BigInt), [
        1,
        tokens.length,
      ]),
      past_k: past.k,
      past_v: past.v,
      cross_k: crossK,
      cross_v: crossV,
    });
    if (!(logits?.data instanceof Float32Array) || !k || !v)
      throw new Error('the decoder gives no scores');
    past = { k, v };
    return logits.data.subarray(-(logits.dims.at(-1) ?? 0));
  };

  const first = await scoreTokens([texts.length + 1]);
  const marks = getMarks(texts.length, first.length);
  const { language: spoken, prompt } = choosePrompt(
    marks,
    first,
    language && toBaseLanguage(language),
  );
  const start = texts.length === englishTexts ? [] : prompt;
  if (hints.length > 0) past = { k: none, v: none };
  const before = hints.length > 0 ? [marks.before, ...hints, marks.start] : [];
  const asks = [...before, ...start];
  let scores = asks.length > 0 ? await scoreTokens(asks) : first;
  const choice = createTokenChoice(marks, sound.length / listenRateHz);
  for (;;) {
    const token = choice.take(scores);
    if (choice.isOver || signal.aborted) break;
    scores = await scoreTokens([token]);
  }
  const bytes = choice.tokens.flatMap((token) => texts[token] ?? []);
  return {
    text: Buffer.concat(bytes).toString().trim(),
    language: spoken,
    logProbability: choice.meanLogProbability,
    noSpeechProbability: getProbability(marks.noSpeech, first),
    isEndless: choice.isEndless,
  };
}

function findCut(samples: Int16Array, from: number) {
  if (samples.length - from <= longestSamples) return samples.length;
  const end = from + longestSamples;
  let [cut, least] = [end, Number.POSITIVE_INFINITY];
  for (let at = end - cutSamples; at < end; at += quietSamples) {
    const level = measureRms(samples.subarray(at, at + quietSamples));
    if (level < least) [cut, least] = [at + quietSamples / 2, level];
  }
  return cut;
}

/**
 * Encodes hints as earlier text, by the longest tokens that fit. Whisper reads such tokens as well.
 */
function toTokens(hints: readonly string[], tokens: ReadonlyMap<string, number>) {
  if (hints.length === 0) return [];
  const text = Buffer.from(` ${hints.join(', ')}.`).toString('latin1');
  const found: number[] = [];
  for (let at = 0; at < text.length; ) {
    let end = Math.min(text.length, at + longestToken);
    while (end > at + 1 && !tokens.has(text.slice(at, end))) end--;
    found.push(tokens.get(text.slice(at, end)) ?? 0);
    at = end;
  }
  return found.slice(0, mostHintTokens);
}

/** Parses lines of a token in Base64 and a number. */
function parseTokens(lines: string) {
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => Buffer.from(line.slice(0, line.indexOf(' ')), 'base64'));
}
