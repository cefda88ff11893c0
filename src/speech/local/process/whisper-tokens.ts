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
export function createTokenChoice(marks: TokenMarks, seconds: number) {
  const tokens: number[] = [];
  let logProbabilities = 0;
  let choices = 0;
  let state: 'open' | 'ended' | 'endless' = 'open';

  /** Gets the lowest text token that is allowed now. */
  function getFirstText() {
    const { end } = marks;
    if (tokens.length === 0) return end + 1;
    return isTime(tokens.at(-1)) && !isPair() ? end : 0;
  }

  function findTimeRange(): readonly [from: number, to: number] {
    const { firstTime } = marks;
    if (tokens.length === 0) return [firstTime, firstTime + latestStart + 1];
    if (isPair()) return [0, 0];
    const last = tokens.findLast((token) => isTime(token)) ?? firstTime;
    const latest = Math.min(
      timeCount - 1,
      Math.round(seconds * timesASecond) + lateTimes,
    );
    return [last + (isTime(tokens.at(-1)) ? 0 : 1), firstTime + latest + 1];
  }

  /** Returns true after two times, or after a first one. */
  function isPair() {
    const [before, last] = tokens.slice(-2);
    return isTime(before) && isTime(last ?? before);
  }

  function isTime(token: number | undefined) {
    return token !== undefined && token >= marks.firstTime;
  }

  return {
    tokens,

    get isOver(): boolean {
      return state !== 'open';
    },

    get isEndless(): boolean {
      return state === 'endless';
    },

    get meanLogProbability(): number {
      return logProbabilities / Math.max(1, choices);
    },

    take(scores: Float32Array): number {
      const { end, firstTime } = marks;
      const [firstText, [fromTime, toTime]] = [getFirstText(), findTimeRange()];
      const text = measureRange(scores, firstText, end + 1);
      const time = measureRange(scores, fromTime, toTime);
      const isTimeOnly = time.sum > text.score;
      const { best: token, score } =
        isTimeOnly || time.score > text.score ? time : text;
      logProbabilities +=
        score - (isTimeOnly ? time.sum : addLogarithms(text.sum, time.sum));
      choices++;
      const endsText = token >= firstTime && !isTime(tokens.at(-1));
      const atEnd = (token - firstTime) / timesASecond >= seconds - endRangeSeconds;
      if (token === end || (tokens.length > 0 && endsText && atEnd)) state = 'ended';
      else if (choices >= seconds * tokensASecond + moreTokens) state = 'endless';
      tokens.push(token);
      return token;
    },
  };
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
