import everywhere from '#src/turn/languages/everywhere.json' with { type: 'json' };
import type { HallucinationTexts } from '#src/turn/languages/language-words.ts';
import { languages } from '#src/turn/languages/languages.ts';
import type { Evidence } from './voice-evidence.ts';

const texts = new Set(textsFor('texts'));
const beginnings = textsFor('beginnings');
const faint = new Set([...textsFor('faint'), ...everywhere.faintHallucinations.map(plain)]);

/** People do say "no, no, no". */
const loopTimes = 4;
const loopWords = 8;
const longestLoop = 10;
const quickestWordMs = 120;

/**
 * True if a recogniser made the whole text up from noise.
 *
 * Texts that people say as well ("thank you") count only with a weak voice. So do `hints`, which recognisers echo in
 * silence.
 *
 * @example
 * import { isHallucination } from '#src/turn/hallucinations.ts';
 *
 * const breath = { voicedMs: 120, spanMs: 120, meanProbability: 0.5, peakProbability: 0.6 };
 * isHallucination('Thanks for watching!', breath); // true
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

/** The text repeats all hints in order, or some of them with less voice than they take. */
function isEcho(spoken: string, heard: Evidence, hints: readonly string[]) {
  if (hints.length === 0) return false;
  const plainHints = hints.map(plain).filter((hint) => hint !== '');
  if (plainHints.length > 2 && spoken === plainHints.join(' ')) return true;
  const words = spoken.split(' ');
  const known = new Set(plainHints.flatMap((hint) => hint.split(' ')));
  if (!words.every((word) => known.has(word))) return false;
  return isFaint(heard) || heard.voicedMs < words.length * quickestWordMs;
}

function isPolite(spoken: string, heard: Evidence) {
  // Farewells of videos are also said by people, so the voice decides.
  return faint.has(spoken) && !isFaint(heard);
}

/** Shorter or fainter than any word for a listener: a breath, a click, a far television. */
function isFaint({ voicedMs, meanProbability, meanLevelDb }: Evidence) {
  return voicedMs < 160 || meanProbability < 0.65 || (meanLevelDb ?? 0) < -52;
}

const bracketed =
  /\[[^\]]*\]?|\([^)]*\)?|\uff08[^\uff09]*\uff09?|\u3010[^\u3011]*\u3011?|\*[^*]+\*|<[^<>]*>/gu;

function withoutStageNotes(text: string): string {
  return text
    .replace(bracketed, ' ')
    .replace(
      /[\u266a\u266b\u266c\u2669\ud83c\udfb5\ud83c\udfb6][^\u266a\u266b\u266c\u2669\ud83c\udfb5\ud83c\udfb6]*[\u266a\u266b\u266c\u2669\ud83c\udfb5\ud83c\udfb6]/gu,
      ' ',
    );
}

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

/** Recognisers repeat one phrase in silence. Numbers do repeat. */
function isLoop(spoken: string, voicedMs: number) {
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

function textsFor(kind: keyof HallucinationTexts): string[] {
  return languages.flatMap(({ hallucinations }) => hallucinations?.[kind] ?? []).map(plain);
}
