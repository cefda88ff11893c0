import everywhere from '#src/turn/languages/everywhere.json' with { type: 'json' };
import type { HallucinationTexts } from './languages/language-words.ts';
import { languages } from './languages/languages.ts';

/** Amount of voice in an utterance: the input of `hasVoice` and `isHallucination`. */
export type Evidence = {
  /** Length of all voiced windows together. */
  readonly voicedMs: number;
  /** Time from the first to the last of them, in ms. */
  readonly spanMs: number;
  /** Means over the voiced windows; the level in dBFS, where it was measured. */
  readonly meanProbability: number;
  readonly peakProbability: number;
  readonly meanLevelDb?: number;
};

export const nothingHeard: Evidence = {
  voicedMs: 0,
  spanMs: 0,
  meanProbability: 0,
  peakProbability: 0,
};

/** One more voiced window. */
export function heardWindow(
  heard: Evidence,
  { probability, levelDb }: { readonly probability: number; readonly levelDb?: number },
  windowMs: number,
): Evidence {
  const voicedMs = heard.voicedMs + windowMs;
  const share = windowMs / voicedMs;
  const mean = (former: number, value: number) => former + (value - former) * share;
  const more = {
    voicedMs,
    spanMs: heard.spanMs,
    meanProbability: mean(heard.meanProbability, probability),
    peakProbability: Math.max(heard.peakProbability, probability),
  };
  if (levelDb === undefined || !Number.isFinite(levelDb)) {
    return heard.meanLevelDb === undefined ? more : { ...more, meanLevelDb: heard.meanLevelDb };
  }
  return { ...more, meanLevelDb: mean(heard.meanLevelDb ?? levelDb, levelDb) };
}

/** Lowest level of understandable speech, in dB; the noise floor of an open microphone is about -55. */
const faintestDb = -58;
/** Longest speech without a breath, in ms. */
const breathlessMs = 10_000;

/**
 * Whether an utterance holds enough voice to be worth a recogniser.
 *
 * Silero v5 over 13 recordings, their first words alone and 5 dB above noise: mean 0.75, peak 0.9 and more. Keyboard,
 * breath, hum, drums: no utterance at all; plucked strings at most 0.43 and 0.53; a gliding lead mostly below
 * (test/turn/noises.test.ts). Sound without a pause for breath is an instrument.
 */
export function hasVoice(heard: Evidence): boolean {
  const { voicedMs, spanMs, meanProbability, peakProbability, meanLevelDb } = heard;
  if (spanMs >= breathlessMs && voicedMs / spanMs > 0.995) return false;
  return (
    voicedMs >= 90 &&
    meanProbability >= 0.7 &&
    peakProbability >= 0.85 &&
    (meanLevelDb ?? 0) >= faintestDb
  );
}

const texts = new Set(textsFor('texts'));
const beginnings = textsFor('beginnings');
const faint = new Set([...textsFor('faint'), ...everywhere.faintHallucinations.map(plain)]);

/** Repetitions in a row beyond those of people, who do say "no, no, no". */
const loopTimes = 4;
const loopWords = 8;
const longestLoop = 10;
/** Shortest time in ms for a spoken word. */
const quickestWordMs = 120;

/**
 * Whether a recogniser made this text up from noise, judged on the whole text and never on a part of it.
 * Texts that people say as well, such as "you" or "thank you", need weak voice beside them. So do `hints`, the words that
 * the recogniser was told to expect: it echoes them in silence.
 */
export function isHallucination(
  text: string,
  heard: Evidence,
  hints: readonly string[] = [],
): boolean {
  const spoken = plain(withoutStageNotes(text));
  if (spoken === '') return true;
  if (texts.has(spoken) && !isPolite(spoken, heard)) return true;
  if (beginnings.some((start) => startsWith(spoken, start))) return true;
  if (isLoop(spoken, heard.voicedMs)) return true;
  if (isEcho(spoken, heard, hints)) return true;
  return faint.has(spoken) && isFaint(heard);
}

/** Whether the text repeats only hints: all of them in their order, or some with less voice than they take. */
function isEcho(spoken: string, heard: Evidence, hints: readonly string[]): boolean {
  if (hints.length === 0) return false;
  const plainHints = hints.map(plain).filter((hint) => hint !== '');
  if (plainHints.length > 2 && spoken === plainHints.join(' ')) return true;
  const words = spoken.split(' ');
  const known = new Set(plainHints.flatMap((hint) => hint.split(' ')));
  if (!words.every((word) => known.has(word))) return false;
  return isFaint(heard) || heard.voicedMs < words.length * quickestWordMs;
}

/** Thanks that are a farewell of videos and of people: only the voice decides. */
function isPolite(spoken: string, heard: Evidence): boolean {
  return faint.has(spoken) && !isFaint(heard);
}

/** A breath, a click, a far television: shorter or fainter than any word meant for a listener. */
function isFaint({ voicedMs, meanProbability, meanLevelDb }: Evidence): boolean {
  return voicedMs < 160 || meanProbability < 0.65 || (meanLevelDb ?? 0) < -52;
}

/** Text in brackets. */
const bracketed =
  /\[[^\]]*\]?|\([^)]*\)?|\uff08[^\uff09]*\uff09?|\u3010[^\u3011]*\u3011?|\*[^*]+\*|<[^<>]*>/gu;

/** "[Music]", "(applause)", "*sighs*", notes and their kin are about sound, not words. */
function withoutStageNotes(text: string): string {
  return text
    .replace(bracketed, ' ')
    .replace(
      /[\u266a\u266b\u266c\u2669\ud83c\udfb5\ud83c\udfb6][^\u266a\u266b\u266c\u2669\ud83c\udfb5\ud83c\udfb6]*[\u266a\u266b\u266c\u2669\ud83c\udfb5\ud83c\udfb6]/gu,
      ' ',
    );
}

/** Letters and digits only, so spelling, case and punctuation are ignored. */
function plain(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/['\u2019`\u02bc]/g, '')
    .replaceAll('i\u0307', 'i')
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .replace(/(?<=[\p{Script=Han}\p{Script=Hiragana}]) (?=\p{Script=Han})/gu, '')
    .trim();
}

function startsWith(spoken: string, start: string): boolean {
  if (!spoken.startsWith(start)) return false;
  const next = spoken[start.length];
  return next === undefined || !/[\p{Script=Latin}\p{Script=Cyrillic}]/u.test(next);
}

/** One phrase repeated, as recognisers fall into in silence; numbers do repeat. */
function isLoop(spoken: string, voicedMs: number): boolean {
  const words = spoken.split(' ');
  if (words.length === 1) return /^(\D{1,12}?)\1{5,}$/u.test(spoken);
  const longest = Math.min(longestLoop, Math.floor(words.length / loopTimes));
  for (let length = 1; length <= longest; length++) {
    if (!words.every((word, at) => word === words[at % length])) continue;
    const least = voicedMs < words.length * quickestWordMs ? loopWords : loopWords * 2;
    return (
      words.length >= (length === 1 ? least : loopWords) &&
      /\P{N}/u.test(spoken.replaceAll(' ', ''))
    );
  }
  return false;
}

/** The texts of one kind in all languages, as `plain` writes them. */
function textsFor(kind: keyof HallucinationTexts): string[] {
  return languages.flatMap(({ hallucinations }) => hallucinations?.[kind] ?? []).map(plain);
}
