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

const leastEnglish = 0.1;

/** Special tokens of a model, which follow the text tokens. */
export type TokenMarks = {
  readonly end: number;
  readonly start: number;
  readonly transcribe: number;
  /** Precedes text of earlier speech. */
  readonly before: number;
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
    before: firstTime - 3,
    noSpeech: firstTime - 2,
    firstTime,
  };
}

/** Chooses the wanted language if the model knows it, else the detected one. */
export function choosePrompt(
  marks: TokenMarks,
  scores: Float32Array,
  wanted: string | undefined,
) {
  const known = wanted === undefined ? -1 : languages.indexOf(wanted);
  const first = marks.start + 1;
  const { best, sum } = measureRange(scores, first, first + languages.length);
  // English with an accent was taken for other languages in 20 of 334 clips, and none of 126 others for English.
  const isEnglish = Math.exp((scores[first] ?? 0) - sum) >= leastEnglish;
  const heard = isEnglish ? first : best;
  const token = known >= 0 ? first + known : heard;
  return {
    language: languages[token - first] ?? 'en',
    prompt: [token, marks.transcribe],
  };
}

export function getProbability(token: number, scores: Float32Array): number {
  return Math.exp((scores[token] ?? 0) - measureRange(scores, 0, scores.length).sum);
}

/**
 * Chooses tokens by Whisper's rules: times come in pairs around text and never run back
 * (`ApplyTimestampRules`: https://github.com/openai/whisper/blob/main/whisper/decoding.py).
 */
export class TokenChoice {
  readonly #marks;
  readonly #seconds;
  readonly tokens: number[] = [];
  #logProbabilities = 0;
  #choices = 0;
  #state: 'open' | 'ended' | 'endless' = 'open';

  constructor(marks: TokenMarks, seconds: number) {
    this.#marks = marks;
    this.#seconds = seconds;
  }

  get isOver(): boolean {
    return this.#state !== 'open';
  }

  get isEndless(): boolean {
    return this.#state === 'endless';
  }

  get meanLogProbability(): number {
    return this.#logProbabilities / Math.max(1, this.#choices);
  }

  take(scores: Float32Array): number {
    const { end, firstTime } = this.#marks;
    const [firstText, [fromTime, toTime]] = [this.#getFirstText(), this.#timeRange()];
    const text = measureRange(scores, firstText, end + 1);
    const time = measureRange(scores, fromTime, toTime);
    const isTimeOnly = time.sum > text.score;
    const { best: token, score } = isTimeOnly || time.score > text.score ? time : text;
    this.#logProbabilities +=
      score - (isTimeOnly ? time.sum : addLogarithms(text.sum, time.sum));
    this.#choices++;
    const endsText = token >= firstTime && !this.#isTime(this.tokens.at(-1));
    const atEnd = (token - firstTime) / timesASecond >= this.#seconds - endRangeSeconds;
    if (token === end || (this.tokens.length > 0 && endsText && atEnd))
      this.#state = 'ended';
    else if (this.#choices >= this.#seconds * tokensASecond + moreTokens)
      this.#state = 'endless';
    this.tokens.push(token);
    return token;
  }

  /** Gets the lowest text token that is allowed now. */
  #getFirstText() {
    const { end } = this.#marks;
    if (this.tokens.length === 0) return end + 1;
    return this.#isTime(this.tokens.at(-1)) && !this.#isPair() ? end : 0;
  }

  #timeRange(): readonly [from: number, to: number] {
    const { firstTime } = this.#marks;
    if (this.tokens.length === 0) return [firstTime, firstTime + latestStart + 1];
    if (this.#isPair()) return [0, 0];
    const last = this.tokens.findLast((token) => this.#isTime(token)) ?? firstTime;
    const latest = Math.min(
      timeCount - 1,
      Math.round(this.#seconds * timesASecond) + lateTimes,
    );
    return [last + (this.#isTime(this.tokens.at(-1)) ? 0 : 1), firstTime + latest + 1];
  }

  /** Returns true after two times, or after a first one. */
  #isPair() {
    const [before, last] = this.tokens.slice(-2);
    return this.#isTime(before) && this.#isTime(last ?? before);
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
