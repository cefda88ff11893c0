import everywhere from '#src/turn/languages/everywhere.json' with { type: 'json' };
import type { HallucinationTexts } from '#src/turn/languages/language-words.ts';
import { languages } from '#src/turn/languages/languages.ts';
import formulas from '#src/turn/languages/video-formulas.json' with { type: 'json' };

/** How much voice an utterance holds, by the windows of voice activity detection. Update it with `addVoicedWindow`. */
export type VoiceEvidence = {
  readonly voicedMs: number;
  /** Time from the first to the last voiced window. */
  readonly spanMs: number;
  /** Means over the voiced windows. The level is in dBFS. */
  readonly meanProbability: number;
  readonly peakProbability: number;
  readonly meanLevelDb?: number | undefined;
  /** True if the microphone of another person heard the same voice, louder. */
  readonly isOfOther?: true;
};

/** The evidence before the first voiced window. */
export const noEvidence: VoiceEvidence = {
  voicedMs: 0,
  spanMs: 0,
  meanProbability: 0,
  peakProbability: 0,
};

/** Adds a voiced window to the evidence. */
export function addVoicedWindow(
  evidence: VoiceEvidence,
  { probability, levelDb }: { readonly probability: number; readonly levelDb?: number },
  windowMs: number,
): VoiceEvidence {
  const voicedMs = evidence.voicedMs + windowMs;
  const share = windowMs / voicedMs;
  const updateMean = (mean: number, added: number) => mean + (added - mean) * share;
  return {
    voicedMs,
    spanMs: evidence.spanMs,
    meanProbability: updateMean(evidence.meanProbability, probability),
    peakProbability: Math.max(evidence.peakProbability, probability),
    meanLevelDb:
      levelDb === undefined
        ? evidence.meanLevelDb
        : updateMean(evidence.meanLevelDb ?? levelDb, levelDb),
  };
}

const minSpeechDb = -58;
/** People take a breath sooner. */
const maxBreathlessMs = 10_000;

/**
 * Returns whether an utterance holds enough voice for a recogniser.
 *
 * Silero v5 on our recordings, 5 dB above noise: mean 0.75 and peak 0.9 or more. Keyboard, breath, hum and drums
 * make no utterance, plucked strings reach 0.43 and 0.53 (`npm test -- test/turn/voice-evidence`).
 */
export function hasVoice({
  isOfOther,
  voicedMs,
  spanMs,
  meanProbability,
  peakProbability,
  meanLevelDb,
}: VoiceEvidence): boolean {
  if (isOfOther) return false;
  // Sound without a pause for breath is an instrument.
  if (spanMs >= maxBreathlessMs && voicedMs / spanMs > 0.995) return false;
  return (
    voicedMs >= 90 &&
    meanProbability >= 0.7 &&
    peakProbability >= 0.85 &&
    (meanLevelDb ?? 0) >= minSpeechDb
  );
}

const hallucinatedTexts = new Set(listHallucinations('texts'));
const hallucinatedBeginnings = listHallucinations('beginnings');
const faintTexts = new Set([
  ...listHallucinations('faint'),
  ...everywhere.faintHallucinations.map(toComparableText),
]);

/** People do say "no, no, no". */
const minLoopTimes = 4;
const minLoopWords = 8;
const maxLoopWords = 10;
const minWordMs = 120;

/**
 * Returns whether a recogniser made the whole text up from noise.
 *
 * Texts that people say as well ("thank you"), and `hints`, which recognisers echo in silence, count only with a
 * weak voice.
 *
 * @example
 * import { isHallucination } from '#src/turn/voice-evidence.ts';
 *
 * const breath = { voicedMs: 120, spanMs: 120, meanProbability: 0.5, peakProbability: 0.6 };
 * isHallucination('Thanks for watching!', breath); // true
 */
export function isHallucination(
  text: string,
  evidence: VoiceEvidence,
  hints: readonly string[] = [],
): boolean {
  const spoken = toComparableText(removeStageNotes(text));
  if (spoken === '') return true;
  if (hallucinatedTexts.has(spoken) && !isPoliteFarewell(spoken, evidence)) return true;
  const isDoubtful = isFaintVoice(evidence) || isTooShort(spoken, evidence);
  if (isVideoFormula(spoken, isDoubtful) || isCreditLine(text)) return true;
  if (hallucinatedBeginnings.some((start) => startsWithPhrase(spoken, start)))
    return true;
  if (isRepetitionLoop(spoken, evidence.voicedMs)) return true;
  if (isHintEcho(spoken, evidence, hints)) return true;
  return isDoubtful && (faintTexts.has(spoken) || isThanks(spoken));
}

/** Laughs in Latin, in Cyrillic, Greek, Arabic and Hebrew, and in East Asian letters. */
const laughs = [
  /^(?:a*(?:h+[aei]+){2,}h*|(?:h+o+){3,}|(?:j[aei]){3,}j?|(?:rs){2,}|(?:wk){2,}w?|k{3,}|w{3,}|l+o+l+)$/u,
  /^(?:\u0430*(?:\u0445+[\u0430\u0435\u0438]+){2,}\u0445*|(?:\u03c7+[\u03b1\u03b5\u03bf\u03b9]+){2,}\u03c7*|\u0647{3,}|\u05d7{3,})$/u,
  /^(?:[\u110f\u1112\u314b\u314e]{2,}|\ud558{2,}|\ud788{3,}|\u306f{3,}|\u3078{3,}|\u3075{3,}|\u54c8{2,}|\u5475{2,}|\u563f{3,}|\u563b{2,})$/u,
];
const laughSyllable = /^(?:a?h[ae]h?|\u0445\u0430|\u306f|\u54c8|\ud558)$/u;

/** Sneezes, as recognisers of several languages write them. */
const sneeze =
  /^(?:(?:h?a+h* ?)?t?choo+|h?a+h* ?t?ch(?:u+|oum|im)|ach[i\u00ed]s|hatschi|etci\u00f9|apsik|hap\u015fu|hatsjoe|\u0430\u043f\u0447\u0445\u0438|\u306f\u304f\u3057\u3087\u3093|\u30cf\u30af\u30b7\u30e7\u30f3|\u963f\u568f|\uc5d0\ucde8)$/u;

/**
 * Recognises a text that is nothing but a laugh or a sneeze, as recognisers write it in any language.
 *
 * @example
 * import { isWordlessSound } from '#src/turn/voice-evidence.ts';
 *
 * [isWordlessSound('Ha, ha, ha!'), isWordlessSound('Ah-choo!'), isWordlessSound('Haha, that was good')]; // [true, true, false]
 */
export function isWordlessSound(text: string): boolean {
  const spoken = toComparableText(text);
  if (sneeze.test(spoken)) return true;
  const spokenWords = spoken.split(' ');
  const isSyllableOfMany = (word: string) =>
    spokenWords.length > 1 && laughSyllable.test(word);
  return spokenWords.every(
    (word) => laughs.some((laugh) => laugh.test(word)) || isSyllableOfMany(word),
  );
}

/** Recognises a text that repeats all hints in order, or some of them with less voice than they take. */
function isHintEcho(spoken: string, evidence: VoiceEvidence, hints: readonly string[]) {
  if (hints.length === 0) return false;
  const plainHints = hints.map(toComparableText).filter((hint) => hint !== '');
  if (plainHints.length > 2 && spoken === plainHints.join(' ')) return true;
  const spokenWords = spoken.split(' ');
  const hintWords = new Set(plainHints.flatMap((hint) => hint.split(' ')));
  if (!spokenWords.every((word) => hintWords.has(word))) return false;
  return isFaintVoice(evidence) || evidence.voicedMs < spokenWords.length * minWordMs;
}

function isPoliteFarewell(spoken: string, evidence: VoiceEvidence) {
  // Farewells of videos are also said by people, so the voice decides.
  return faintTexts.has(spoken) && !isFaintVoice(evidence);
}

/** Recognises a voice shorter or fainter than any word to the bot: a breath, a click, a far television. */
function isFaintVoice({ voicedMs, meanProbability, meanLevelDb }: VoiceEvidence) {
  return voicedMs < 160 || meanProbability < 0.65 || (meanLevelDb ?? 0) < -52;
}

/** Nobody speaks faster: 30 letters a second, or 15 syllables in scripts that write those. */
const minLetterMs = 33;
const minSyllableMs = 66;

/** Recognises a voice that is shorter than the text takes. */
function isTooShort(spoken: string, { voicedMs }: VoiceEvidence) {
  const letters = spoken.match(/[\p{L}\p{N}]/gu) ?? [];
  const syllables = letters.filter((letter) => syllable.test(letter)).length;
  return (
    voicedMs < (letters.length - syllables) * minLetterMs + syllables * minSyllableMs
  );
}

const syllable =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

const bracketedText =
  /\[[^\]]*\]?|\([^)]*\)?|\uff08[^\uff09]*\uff09?|\u3010[^\u3011]*\u3011?|\*[^*]+\*|<[^<>]*>/gu;

function removeStageNotes(text: string) {
  return text
    .replace(bracketedText, ' ')
    .replace(
      /[\u266a\u266b\u266c\u2669\ud83c\udfb5\ud83c\udfb6][^\u266a\u266b\u266c\u2669\ud83c\udfb5\ud83c\udfb6]*[\u266a\u266b\u266c\u2669\ud83c\udfb5\ud83c\udfb6]/gu,
      ' ',
    );
}

function toComparableText(text: string) {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/['\u2019`\u02bc]/g, '')
    .replaceAll('i\u0307', 'i')
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .replace(/(?<=[\p{Script=Han}\p{Script=Hiragana}]) (?=\p{Script=Han})/gu, '')
    .trim();
}

function startsWithPhrase(spoken: string, start: string) {
  if (!spoken.startsWith(start)) return false;
  const next = spoken[start.length];
  return next === undefined || !/[\p{Script=Latin}\p{Script=Cyrillic}]/u.test(next);
}

function isRepetitionLoop(spoken: string, voicedMs: number) {
  // Recognisers repeat one phrase in silence. People repeat numbers.
  const spokenWords = spoken.split(' ');
  if (spokenWords.length === 1) return /^(\D{1,12}?)\1{5,}$/u.test(spoken);
  const longest = Math.min(maxLoopWords, Math.floor(spokenWords.length / minLoopTimes));
  for (let length = 1; length <= longest; length++) {
    if (!spokenWords.every((word, at) => word === spokenWords[at % length])) continue;
    const minWords =
      voicedMs < spokenWords.length * minWordMs ? minLoopWords : minLoopWords * 2;
    return (
      spokenWords.length >= (length === 1 ? minWords : minLoopWords) &&
      /\P{N}/u.test(spoken.replaceAll(' ', ''))
    );
  }
  return false;
}

function listHallucinations(kind: keyof HallucinationTexts) {
  return languages
    .flatMap(({ hallucinations }) => hallucinations?.[kind] ?? [])
    .map(toComparableText);
}

/** Longer texts hold something else as well. */
const maxWords = 9;
const maxLetters = 70;

/** Scripts whose words begin with their stem. Others write particles before it, or no spaces. */
const isStemFirst = (stem: string) =>
  /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/u.test(stem);

type FormulaName = keyof typeof formulas;

type StemPlace = { readonly start: number; readonly end: number };

/** Finds where the stems of a formula stand in a text. */
function findStems(
  text: string,
  ...names: readonly FormulaName[]
): readonly StemPlace[] {
  return names
    .flatMap((name) => formulas[name])
    .flatMap((stem) => {
      const start = text.indexOf(stem);
      const isWord = !isStemFirst(stem) || start === 0 || text[start - 1] === ' ';
      return start >= 0 && isWord ? [{ start, end: start + stem.length }] : [];
    });
}

/**
 * Returns whether a text is a formula of videos in any language, and nothing else: thanks for watching, a request to
 * subscribe, or the credit of subtitles. Recognisers write them in silence, as their training sound did.
 *
 * With `isLoose`, a few words may stand around it.
 */
function isVideoFormula(text: string, isLoose: boolean): boolean {
  const words = text.split(' ');
  if (words.length > maxWords || text.length > maxLetters) return false;
  return isCredit(text, words) || isFarewell(text, words, isLoose);
}

/** Returns whether a text with its marks is a credit such as "Felirat: Anna". */
function isCreditLine(text: string): boolean {
  const [, role = ''] =
    /^\s*([^\s:\uff1a]+(?: [^\s:\uff1a]+)?)\s?[:\uff1a]\s*\S/u.exec(text) ?? [];
  return (
    text.length <= maxLetters && findStems(role.toLowerCase(), 'credits').length > 0
  );
}

/** Returns whether a text is only thanks, in any language. People say them to a bot as well. */
function isThanks(text: string): boolean {
  const words = text.split(' ');
  const isShort = words.length <= 3 && text.length <= 24;
  return isShort && findStems(text, 'thanks').some(({ start }) => start === 0);
}

function isFarewell(text: string, words: readonly string[], isLoose: boolean) {
  const has = (name: FormulaName) => findStems(text, name).length > 0;
  const isFormula =
    (has('thanks') && has('views')) || (has('subscriptions') && has('videos'));
  if (!isFormula || isLoose) return isFormula;
  // Somebody who says more than the formula begins or ends with other words.
  const places = findStems(text, 'thanks', 'views', 'videos', 'subscriptions');
  const firstEnd = words[0]?.length ?? 0;
  const lastStart = text.length - (words.at(-1)?.length ?? 0);
  return (
    places.some(({ start }) => start < firstEnd) &&
    places.some(({ end }) => end > lastStart)
  );
}

/** A credit begins with its subtitles, and names a maker. */
function isCredit(text: string, words: readonly string[]) {
  const firstEnd = (words[0]?.length ?? 0) + 1;
  return findStems(text, 'credits').some(
    ({ start, end }) =>
      start <= firstEnd && findStems(text.slice(end), 'makers').length > 0,
  );
}
