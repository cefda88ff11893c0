import { join } from 'node:path';
import type { Tensor } from 'onnxruntime-node';
import { listenRateHz } from '#src/audio/pcm.ts';
import type { ExpectedLanguage } from '#src/base/language/expected-language.ts';
import type {
  HeardSpeech,
  PerformJob,
  ThreadTurn,
} from '#src/speech/local/model-jobs.ts';
import { computeLogMel, hopSamples, melBands } from './log-mel.ts';
import { readModelText } from './model-files.ts';
import {
  freeMemory,
  loadRuntime,
  type ModelPart,
  openModel,
  openModelParts,
  type RunModel,
  runParts,
} from './sessions.ts';
import {
  choosePrompt,
  getMarks,
  getProbability,
  TokenChoice,
  TokenTexts,
} from './whisper-tokens.ts';

/**
 * Whisper was trained on 30 s windows, and repeats itself without silence. 4 s gave 3.2 % wrong
 * words, 1 s 24 %. After a repetition 10 s help.
 */
const [usualSilence, longSilence] = [4 * listenRateHz, 10 * listenRateHz];

/** Bytes of the longest hint token, and the most hint tokens. Whisper reads 224. */
const [maxTokenBytes, maxHintTokens] = [20, 100];
/** The encoder runs a layer at a time: 10 s of sound take it 700 ms, which other servers would wait. */
const encoderLayers = /^\/(blocks\.[1-9]\d*|ln_post)\//;
/** Models with so many text tokens know English alone. */
const englishTexts = 50_256;

type Whisper = {
  readonly encoder: readonly ModelPart[];
  readonly decode: RunModel;
  readonly texts: TokenTexts;
  readonly Tensor: typeof Tensor;
};

/** Opens a folder made by scripts/models/whisper_base.py. */
export async function openWhisper(folder: string): Promise<PerformJob<'transcribe'>> {
  const { Tensor } = await loadRuntime();
  const whisper: Whisper = {
    encoder: await openModelParts(join(folder, 'encoder.onnx'), encoderLayers),
    decode: await openModel(join(folder, 'decoder.onnx')),
    texts: new TokenTexts(await readModelText(join(folder, 'tokens.txt'), 'latin1')),
    Tensor,
  };
  return async ({ samples, hints = [], isSecondTry = false, language }, turn) => {
    const request = {
      sound: Float32Array.from(samples, (sample) => sample / 32_768),
      hints: toTokens(hints, whisper.texts),
      language,
    };
    const silence = isSecondTry ? longSilence : usualSilence;
    return await recogniseSegment(whisper, request, silence, turn);
  };
}

/** Request for one segment. `hints` are tokens. */
type SegmentRequest = {
  readonly sound: Float32Array;
  readonly hints: readonly number[];
  readonly language: ExpectedLanguage | undefined;
};

/** Recognises a segment, followed by `silence` samples. */
async function recogniseSegment(
  whisper: Whisper,
  { hints, language, sound }: SegmentRequest,
  silence: number,
  turn: ThreadTurn,
): Promise<HeardSpeech> {
  const { texts } = whisper;
  using decoder = await SegmentDecoder.encodeSound(whisper, sound, silence, turn);
  const firstScores = await decoder.scoreTokens([texts.count + 1]);
  const marks = getMarks(texts.count, firstScores.length);
  const { language: spokenLanguage, prompt } = choosePrompt(
    marks,
    firstScores,
    language,
  );
  const start = [marks.start, ...(texts.count === englishTexts ? [] : prompt)];
  const chooseAll = (context: readonly number[]) =>
    chooseTokens(
      decoder,
      [...context, ...start],
      new TokenChoice(marks, sound.length / listenRateHz),
    );
  const hinted =
    hints.length > 0 ? await chooseAll([marks.context, ...hints]) : undefined;
  // Hints make some short sentences repeat themselves. Words without them take a tenth of a second sound with more silence.
  const choice = hinted && !hinted.isEndless ? hinted : await chooseAll([]);
  return {
    text: Buffer.concat(choice.tokens.map((token) => texts.get(token)))
      .toString()
      .trim(),
    language: spokenLanguage,
    logProbability: choice.meanLogProbability,
    noSpeechProbability: getProbability(marks.noSpeech, firstScores),
    isEndless: choice.isEndless,
  };
}

/** Chooses all tokens of a segment behind those of a prompt. */
async function chooseTokens(
  decoder: SegmentDecoder,
  prompt: readonly number[],
  choice: TokenChoice,
) {
  decoder.startOver();
  for (let next = prompt; ; ) {
    const scores = await decoder.scoreTokens(next);
    const token = choice.chooseToken(scores);
    freeMemory(scores);
    if (choice.isOver) return choice;
    next = [token];
  }
}

type KeysAndValues = { readonly k: Tensor; readonly v: Tensor };

/** Decoder of one encoded segment, with the keys and values of the tokens so far. */
class SegmentDecoder implements Disposable {
  readonly #whisper: Whisper;
  readonly #turn: ThreadTurn;
  /** Keys and values of the sound. */
  readonly #cross: KeysAndValues;
  readonly #noTokens: KeysAndValues;
  #past: KeysAndValues;

  private constructor(whisper: Whisper, cross: KeysAndValues, turn: ThreadTurn) {
    const { Tensor } = whisper;
    const [layers = 0, , , width = 0] = cross.k.dims;
    const empty = new Tensor('float32', new Float32Array(0), [layers, 1, 0, width]);
    this.#whisper = whisper;
    this.#turn = turn;
    this.#cross = cross;
    this.#noTokens = { k: empty, v: empty };
    this.#past = this.#noTokens;
  }

  /** Encodes a sound, followed by `silence` samples. */
  static async encodeSound(
    whisper: Whisper,
    sound: Float32Array,
    silence: number,
    turn: ThreadTurn,
  ): Promise<SegmentDecoder> {
    const { encoder, Tensor } = whisper;
    await turn.waitForThread();
    // The encoder halves the number of frames.
    const frames = 2 * Math.ceil((sound.length + silence) / hopSamples / 2);
    const padded = new Float32Array(frames * hopSamples);
    padded.set(sound);
    const mel = new Tensor('float32', computeLogMel(padded), [1, melBands, frames]);
    const values = await runParts(encoder, { mel }, turn);
    const { n_layer_cross_k: k, n_layer_cross_v: v, ...others } = values;
    for (const { data } of Object.values(others)) freeMemory(data);
    if (!k || !v) throw new Error('the encoder gives no keys and values');
    return new SegmentDecoder(whisper, { k, v }, turn);
  }

  /** Adds tokens, and returns the scores of all tokens that may follow. */
  async scoreTokens(tokens: readonly number[]): Promise<Float32Array> {
    const { decode, Tensor } = this.#whisper;
    await this.#turn.waitForThread();
    const { logits, k, v } = await decode({
      tokens: new Tensor('int64', BigInt64Array.from(tokens, BigInt), [
        1,
        tokens.length,
      ]),
      past_k: this.#past.k,
      past_v: this.#past.v,
      cross_k: this.#cross.k,
      cross_v: this.#cross.v,
    });
    if (!(logits?.data instanceof Float32Array) || !k || !v)
      throw new Error('the decoder gives no scores');
    this.#forgetPast();
    this.#past = { k, v };
    return logits.data.subarray(-(logits.dims.at(-1) ?? 0));
  }

  /** Forgets all tokens. */
  startOver(): void {
    this.#forgetPast();
    this.#past = this.#noTokens;
  }

  /** Gives the memory of sound and tokens back. */
  [Symbol.dispose](): void {
    this.#forgetPast();
    freeTensors(this.#cross);
  }

  #forgetPast() {
    if (this.#past !== this.#noTokens) freeTensors(this.#past);
  }
}

function freeTensors({ k, v }: KeysAndValues) {
  freeMemory(k.data);
  freeMemory(v.data);
}

/**
 * Encodes hints as earlier text, by the longest tokens that fit. Whisper reads such tokens as well.
 */
function toTokens(hints: readonly string[], texts: TokenTexts) {
  if (hints.length === 0) return [];
  const text = Buffer.from(` ${hints.join(', ')}.`);
  const hintTokens: number[] = [];
  for (let at = 0; at < text.length; ) {
    let end = Math.min(text.length, at + maxTokenBytes);
    while (end > at + 1 && texts.find(text.subarray(at, end)) === undefined) end--;
    hintTokens.push(texts.find(text.subarray(at, end)) ?? 0);
    at = end;
  }
  return hintTokens.slice(0, maxHintTokens);
}
