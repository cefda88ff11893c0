import everywhere from '#src/turn/languages/everywhere.json' with { type: 'json' };
import type { HallucinationTexts } from '#src/turn/languages/language-words.ts';
import { languages } from '#src/turn/languages/languages.ts';
import type { VoiceEvidence } from './voice-evidence.ts';

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
 * import { isHallucination } from '#src/turn/hallucinations.ts';
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
  if (hallucinatedBeginnings.some((start) => startsWithPhrase(spoken, start)))
    return true;
  if (isRepetitionLoop(spoken, evidence.voicedMs)) return true;
  if (isHintEcho(spoken, evidence, hints)) return true;
  return faintTexts.has(spoken) && isFaintVoice(evidence);
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
