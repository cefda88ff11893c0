import { splitText } from '#src/speech/speech-engine.ts';

/** A sentence of more than 100 letters is cut at commas, and one of more than 200 between words. */
const [maxPieceLetters, longPieceLetters] = [200, 100];
/** A longer first sentence is cut after a clause, so that sound begins sooner. */
const longFirstLetters = 40;
/**
 * Longest sound of a piece: 10 s take 230 MB. Letters that are spelt make more sound than words, so sounds count. A piece
 * that has to be cut for them is cut into equal parts of at most 5 s.
 */
const [maxPieceMs, maxPartMs] = [8_000, 5_000];
/** Estimated time of each character of IPA, and of a piece: within a fifth of 72 measured pieces of this voice. */
const soundMs = {
  piece: 110,
  stop: 170,
  space: 95,
  stress: 85,
  long: 75,
  vowel: 25,
  consonant: 36,
};
const soundKinds: readonly (readonly [kind: keyof typeof soundMs, sounds: RegExp])[] = [
  ['space', / /],
  ['stop', /[,;:.?!]/],
  ['stress', /[\u02c8\u02cc]/],
  ['long', /\u02d0/],
  [
    'vowel',
    /[aeiou\u00e6\u0250\u0251\u0254\u0259\u025a\u025b\u025c\u026a\u028a\u028c\u1d7b]/,
  ],
];
/** Beginning of a clause, after 12 letters with a comma or 30 without one. */
const clauseStart =
  /(?<=,) | (?=(?:and|but|or|so|because|when|while|which|who|if|unless|until|except) )/g;
/** Cuts text into pieces. `pace` 2 is twice as slow. */
export function cutSpeech(text: string, pace: number): readonly string[] {
  const [firstSentence = '', ...otherSentences] = text.split(/(?<=[.;:?!]) /);
  const clauseEnd = findClauseEnd(firstSentence);
  // The first piece is heard while the others are made.
  return [
    firstSentence.slice(0, clauseEnd),
    firstSentence.slice(clauseEnd),
    ...otherSentences,
  ]
    .flatMap((sentence) => joinClauses(sentence, longPieceLetters / pace))
    .flatMap((piece) =>
      splitText(piece, Math.ceil(maxPieceLetters / Math.max(1, pace))),
    );
}

/** Cuts the sounds of a piece, in IPA, into parts that `maxPieceMs` holds: between words, or in a longer word. */
export function cutSounds(ipa: string, pace: number): readonly string[] {
  const allMs = estimateMs(ipa);
  if (pace * allMs <= maxPieceMs) return [ipa];
  const maxMs = maxPartMs / pace;
  const partMs = allMs / Math.ceil(allMs / maxMs);
  const parts = [''];
  for (const word of ipa.split(/(?<= )/).flatMap((long) => cutWord(long, maxMs))) {
    const part = parts.at(-1) ?? '';
    const isFull = estimateMs(part) >= partMs || estimateMs(part + word) > maxMs;
    if (part !== '' && isFull) parts.push(word);
    else parts[parts.length - 1] = part + word;
  }
  return parts.map((part) => part.trim());
}

function cutWord(word: string, maxMs: number) {
  const sounds = [...word];
  const maxSounds = Math.max(1, Math.floor((sounds.length * maxMs) / estimateMs(word)));
  return Array.from({ length: Math.ceil(sounds.length / maxSounds) }, (_, n) =>
    sounds.slice(n * maxSounds, (n + 1) * maxSounds).join(''),
  );
}

function estimateMs(ipa: string) {
  let ms = soundMs.piece;
  for (const sound of ipa) {
    const [kind = 'consonant'] =
      soundKinds.find(([, sounds]) => sounds.test(sound)) ?? [];
    ms += soundMs[kind];
  }
  return ms;
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
