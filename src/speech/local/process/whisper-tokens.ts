import {
  type ExpectedLanguage,
  findSetLanguage,
  toBaseLanguage,
} from '#src/base/language/expected-language.ts';

/**
 * Languages in the order of tokens, with `jv` for `jw`:
 * https://github.com/openai/whisper/blob/main/whisper/tokenizer.py
 */
const languages =
  'en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jv su'.split(
    ' ',
  );
/** Time tokens from 0 to 30 s, and their rate. */
const [timeCount, timesASecond] = [1501, 50];
const latestStart = 50;
/**
 * The last word may end this many time tokens after the sound. A time this close to the end, in s,
 * ends the text.
 */
const [lateTimes, endRangeSeconds] = [10, 0.5];
/** More tokens mean repetition. */
const [tokensASecond, moreTokens] = [8, 8];

/**
 * Whisper takes English with an accent for other languages: without this weight in 10 of 167 clips. 5 and 6 lose no clip of
 * English, and none of 69 in seven other languages (`npm run bench -- ears --tuning`).
 */
const englishWeight = 5;

/** Special tokens of a model, which follow the text tokens. */
export type TokenMarks = {
  readonly end: number;
  readonly start: number;
  readonly transcribe: number;
  /** Precedes text of earlier speech. */
  readonly context: number;
  readonly noSpeech: number;
  readonly firstTime: number;
};

/** Gets the special tokens. `texts` counts text tokens, and `size` all tokens. */
export function getMarks(texts: number, size: number): TokenMarks {
  const firstTime = size - timeCount;
  return {
    end: texts,
    start: texts + 1,
    transcribe: firstTime - 5,
    context: firstTime - 3,
    noSpeech: firstTime - 2,
    firstTime,
  };
}

/** The language of an utterance, and the tokens that begin its transcript. */
export type LanguagePrompt = {
  /** BCP 47. */
  readonly language: string;
  readonly prompt: readonly number[];
};

/** Chooses the language that somebody set, if the model knows it, else the one that it hears, as guesses weigh it. */
export function choosePrompt(
  marks: TokenMarks,
  scores: Float32Array,
  expected: ExpectedLanguage | undefined,
): LanguagePrompt {
  const wanted = findSetLanguage(expected);
  const wantedIndex =
    wanted === undefined ? -1 : languages.indexOf(toBaseLanguage(wanted));
  const first = marks.start + 1;
  const index = wantedIndex >= 0 ? wantedIndex : findHeard(scores, first, expected);
  return {
    language: languages[index] ?? 'en',
    prompt: [first + index, marks.transcribe],
  };
}

/** Finds the index of the language with the best score, to which the logarithm of its weight is added. */
function findHeard(
  scores: Float32Array,
  first: number,
  expected: ExpectedLanguage | undefined,
) {
  const weights = toWeights(expected);
  let best = 0;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const [index, weight] of weights.entries()) {
    const score = (scores[first + index] ?? 0) + Math.log(weight);
    if (score <= bestScore) continue;
    best = index;
    bestScore = score;
  }
  return best;
}

/** Weighs each language of the model. English weighs no less than its accents need. */
function toWeights(expected: ExpectedLanguage | undefined) {
  const { languages: guesses = [], others = 1 } =
    expected?.kind === 'likely' ? expected : {};
  const guessed = new Map(
    guesses.map(({ language, weight }) => [toBaseLanguage(language), weight]),
  );
  const weights = languages.map((language) => guessed.get(language) ?? others);
  const [english = 1] = weights;
  // What is not listed is unlikely with any accent.
  const least = guessed.size > 0 && !guessed.has('en') ? others : 1;
  return weights.with(0, Math.max(english, englishWeight * least));
}

/** Returns the probability of a token, 0 to 1. */
export function getProbability(token: number, scores: Float32Array): number {
  return Math.exp((scores[token] ?? 0) - measureRange(scores, 0, scores.length).sum);
}

/**
 * Tokens of one segment, chosen by Whisper's rules: times come in pairs around text and never run back
 * (`ApplyTimestampRules`: https://github.com/openai/whisper/blob/main/whisper/decoding.py).
 */
export class TokenChoice {
  /** All tokens so far. */
  readonly tokens: number[] = [];
  readonly #marks: TokenMarks;
  readonly #seconds: number;
  #logProbabilities = 0;
  #texts = 0;
  #choices = 0;
  #state: 'open' | 'ended' | 'endless' = 'open';

  /** `seconds` is the length of the sound. */
  constructor(marks: TokenMarks, seconds: number) {
    this.#marks = marks;
    this.#seconds = seconds;
  }

  /** True once the text has ended, or is endless. */
  get isOver(): boolean {
    return this.#state !== 'open';
  }

  /** True if more tokens came than people speak in this time, which is a repetition. */
  get isEndless(): boolean {
    return this.#state === 'endless';
  }

  /**
   * Mean natural logarithm of the probabilities of text tokens, 0 or less. When a word begins is uncertain also of a clear one,
   * so times would weigh more than the word where it stands alone.
   */
  get meanLogProbability(): number {
    return this.#logProbabilities / Math.max(1, this.#texts);
  }

  /** Chooses the next token by the scores of all. */
  chooseToken(scores: Float32Array): number {
    const { end } = this.#marks;
    const [fromTime, toTime] = this.#findTimeRange();
    const text = measureRange(scores, this.#getFirstText(), end + 1);
    const time = measureRange(scores, fromTime, toTime);
    const isTimeOnly = time.sum > text.score;
    const { best: token, score } = isTimeOnly || time.score > text.score ? time : text;
    if (token < end) {
      this.#logProbabilities += score - addLogarithms(text.sum, time.sum);
      this.#texts++;
    }
    this.#choices++;
    this.#updateState(token);
    this.tokens.push(token);
    return token;
  }

  #updateState(token: number) {
    const { end, firstTime } = this.#marks;
    const seconds = this.#seconds;
    const endsText = token >= firstTime && !this.#isTime(this.tokens.at(-1));
    const atEnd = (token - firstTime) / timesASecond >= seconds - endRangeSeconds;
    if (token === end || (this.tokens.length > 0 && endsText && atEnd))
      this.#state = 'ended';
    else if (this.#choices >= seconds * tokensASecond + moreTokens)
      this.#state = 'endless';
  }

  /** Gets the lowest text token that is allowed now. */
  #getFirstText() {
    const { end } = this.#marks;
    if (this.tokens.length === 0) return end + 1;
    return this.#isTime(this.tokens.at(-1)) && !this.#isPair() ? end : 0;
  }

  #findTimeRange(): readonly [from: number, to: number] {
    const { firstTime } = this.#marks;
    if (this.tokens.length === 0) return [firstTime, firstTime + latestStart + 1];
    if (this.#isPair()) return [0, 0];
    const lastTime = this.tokens.findLast((token) => this.#isTime(token)) ?? firstTime;
    const latest = Math.min(
      timeCount - 1,
      Math.round(this.#seconds * timesASecond) + lateTimes,
    );
    return [
      lastTime + (this.#isTime(this.tokens.at(-1)) ? 0 : 1),
      firstTime + latest + 1,
    ];
  }

  /** Returns true after two times, or after a first one. */
  #isPair() {
    const [secondLast, last] = this.tokens.slice(-2);
    return this.#isTime(secondLast) && this.#isTime(last ?? secondLast);
  }

  #isTime(token: number | undefined) {
    return token !== undefined && token >= this.#marks.firstTime;
  }
}

/** Finds the best score. `sum` is the log-sum-exp of the range. */
function measureRange(scores: Float32Array, from: number, to: number) {
  let best = -1;
  let score = Number.NEGATIVE_INFINITY;
  for (let n = from; n < to; n++) {
    const value = scores[n] ?? 0;
    if (value <= score) continue;
    best = n;
    score = value;
  }
  let sum = 0;
  for (let n = from; n < to; n++) sum += Math.exp((scores[n] ?? 0) - score);
  return { best, score, sum: score + Math.log(sum) };
}

function addLogarithms(a: number, b: number) {
  const [low, high] = a < b ? [a, b] : [b, a];
  return low === Number.NEGATIVE_INFINITY
    ? high
    : high + Math.log1p(Math.exp(low - high));
}

/** The most tokens, a power of two: a table that is half full finds one in two looks. */
const maxTokens = 65_536;
const slots = 2 * maxTokens;
/** Constants of the hash FNV-1a: https://www.rfc-editor.org/rfc/rfc9923 */
const [hashBasis, hashPrime] = [0x811c9dc5, 0x01000193];

/** Texts of the tokens of a model, as bytes in one piece: 50,000 buffers and names would take 10 MB. */
export class TokenTexts {
  readonly #bytes: Buffer;
  /** Ends of the texts in `#bytes`, after the start of the first. */
  readonly #ends: Uint32Array;
  /** Tokens plus one, by the hash of their texts. */
  readonly #table = new Uint32Array(slots);
  readonly #count: number;

  /** Reads a file whose lines hold a token in Base64 and a number. Throws a RangeError if it holds more than 65,536. */
  constructor(file: string) {
    this.#bytes = Buffer.alloc(file.length);
    const ends = [0];
    let length = 0;
    for (let at = 0; at < file.length; ) {
      const line = file.indexOf('\n', at);
      const text = file.slice(at, file.indexOf(' ', at));
      length += this.#bytes.write(text, length, 'base64');
      ends.push(length);
      at = line < 0 ? file.length : line + 1;
    }
    this.#count = ends.length - 1;
    if (this.#count > maxTokens) throw new RangeError('the model has too many tokens');
    this.#ends = Uint32Array.from(ends);
    for (let token = 0; token < this.#count; token++)
      this.#table[this.#findSlot(this.get(token))] = token + 1;
  }

  /** Number of tokens that have a text. */
  get count(): number {
    return this.#count;
  }

  /** Gets the text of a token. Empty for one without a text. */
  get(token: number): Uint8Array {
    return this.#bytes.subarray(this.#ends[token] ?? 0, this.#ends[token + 1] ?? 0);
  }

  /** Finds the token of a text. Undefined if no token has it. */
  find(text: Uint8Array): number | undefined {
    const token = this.#table[this.#findSlot(text)] ?? 0;
    return token === 0 ? undefined : token - 1;
  }

  /** Finds the slot of a text: that of its token, or an empty one. */
  #findSlot(text: Uint8Array) {
    let hash = hashBasis;
    for (const byte of text) hash = Math.imul(hash ^ byte, hashPrime);
    let slot = (hash >>> 0) % slots;
    for (; ; slot = (slot + 1) % slots) {
      const token = this.#table[slot] ?? 0;
      if (token === 0 || Buffer.compare(this.get(token - 1), text) === 0) return slot;
    }
  }
}
