import { getDurationMs, joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { findBoundaries, findSureEnd } from '#src/chat/text/clause-splitter.ts';

/**
 * A piece of sound with the clause that it speaks. `ofText` is absent before the first words. `begins` marks the first
 * sound of a clause.
 */
export type PlacedSound = {
  readonly pcm: Pcm;
  readonly ofText?: string;
  readonly begins: boolean;
};

type Clause = { readonly text: string; readonly endLetters: number };

/** Usual time of a Latin letter. Han, kana and Hangul characters count as three. */
const usualLetterMs = 65;
const minCutLetters = 12;
const maxClauseChars = 240;
/** Sound held back, since the last words need some sound to go with. */
const keptBackMs = 40;
const lastClauseMs = 100;

/**
 * Assigns the sound of an answer to its clauses, while both arrive in one stream.
 *
 * A clause gets sound by the number of its letters: at a usual pace, and at the real pace after `endInput`. Sound is
 * mono; call `addSound` on arrival, `placeSound` later for the same sound, and `releaseRest` last.
 */
export class TextAligner {
  #text = '';
  #letters = 0;
  /** Characters of the text that clauses have taken. */
  #takenChars = 0;
  #clause: Clause | undefined;
  #arrivedMs = 0;
  #placedMs = 0;
  /** Sound held back until its words are known. */
  #heldBack: Pcm | undefined;
  #hasEnded = false;

  /** Adds text that has arrived. */
  addText(text: string): void {
    this.#text += text;
    this.#letters += weighLetters(text);
  }

  /** Counts sound that has arrived and will be placed later. */
  addSound(durationMs: number): void {
    this.#arrivedMs += durationMs;
  }

  /** Marks that all text and sound have arrived, so that the real pace is known. */
  endInput(): void {
    this.#hasEnded = true;
  }

  /** Places sound in its order: yields it in pieces of one clause each, and holds a little back while more may come. */
  *placeSound(pcm: Pcm): Generator<PlacedSound> {
    const sound = this.#heldBack ? joinPcm(this.#heldBack, pcm) : pcm;
    const isHeldBack =
      !this.#hasEnded && getDurationMs(sound) + this.#placedMs > 2 * keptBackMs;
    const heldBackSamples = isHeldBack
      ? Math.min(sound.samples.length, countSamples(keptBackMs, sound))
      : 0;
    const length = sound.samples.length - heldBackSamples;
    this.#heldBack = heldBackSamples > 0 ? slicePcm(sound, length) : undefined;
    yield* this.#placePieces(slicePcm(sound, 0, length));
  }

  /** Yields the sound that was held back. Called after `endInput`. */
  *releaseRest(): Generator<PlacedSound> {
    const sound = this.#heldBack;
    this.#heldBack = undefined;
    if (sound) yield* this.#placePieces(sound);
  }

  *#placePieces(pcm: Pcm): Generator<PlacedSound> {
    for (let at = 0; at < pcm.samples.length; ) {
      const previous = this.#clause;
      const clause = this.#chooseClause();
      const pieceMs = clause ? this.#getLeftMs(clause) : keptBackMs;
      const left = slicePcm(pcm, at);
      const piece = pieceMs > 0 ? slicePcm(left, 0, countSamples(pieceMs, pcm)) : left;
      at += piece.samples.length;
      this.#placedMs += getDurationMs(piece);
      const ofText = clause && { ofText: clause.text };
      yield { pcm: piece, ...ofText, begins: clause !== previous };
    }
  }

  #chooseClause() {
    const current = this.#clause;
    const isClosing = this.#isClosing();
    // The clause stays the same until its time is over and another one follows.
    if (current && !isClosing && this.#getLeftMs(current) > 0) return current;
    const remainingText = this.#text.slice(this.#takenChars);
    // All words must go with the little sound that is left.
    const length = isClosing
      ? remainingText.length
      : this.#measureNextClause(remainingText);
    const nextText = remainingText.slice(0, length);
    if (nextText.trim() === '') return current;
    this.#takenChars += length;
    const endLetters = (current?.endLetters ?? 0) + weighLetters(nextText);
    this.#clause = { text: nextText.trim(), endLetters };
    return this.#clause;
  }

  #isClosing() {
    return this.#hasEnded && this.#arrivedMs - this.#placedMs < lastClauseMs;
  }

  #getLeftMs(clause: Clause) {
    const leftMs = this.#toSoundMs(clause.endLetters) - this.#placedMs;
    if (!this.#hasEnded || this.#text.slice(this.#takenChars).trim() === '')
      return leftMs;
    return Math.min(leftMs, this.#arrivedMs - this.#placedMs - keptBackMs);
  }

  #measureNextClause(remainingText: string) {
    const beginning = remainingText.slice(0, maxClauseChars);
    const end = findSentenceEnd(beginning, this.#hasEnded);
    if (end !== undefined) return end;
    if (beginning !== remainingText) return dropLastWord(beginning).length;
    if (this.#hasEnded || findSureEnd(remainingText) === 'sentence')
      return remainingText.length;
    const wholeWords = dropLastWord(remainingText);
    const isLong =
      wholeWords.trim().length >= minCutLetters && wholeWords !== remainingText;
    return !this.#clause || isLong ? wholeWords.length : 0;
  }

  #toSoundMs(letterCount: number) {
    const isKnown = this.#hasEnded && this.#letters > 0;
    return letterCount * (isKnown ? this.#arrivedMs / this.#letters : usualLetterMs);
  }
}

const unspacedScripts =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

function findSentenceEnd(text: string, hasEnded: boolean) {
  for (const { end, kind } of findBoundaries(text, hasEnded))
    if (kind === 'sentence' && text.slice(0, end).trim() !== '') return end;
  return undefined;
}

function dropLastWord(text: string) {
  const wholeWords = unspacedScripts.test(text) ? '' : text.replace(/(?<!\S)\S+$/, '');
  // The only word stays, but the last one of several may go on.
  return wholeWords.trim() === '' ? text.replace(/[\uD800-\uDBFF]$/, '') : wholeWords;
}

/**
 * Estimates the time of speech, counted in Latin letters. A Han, kana or Hangul
 * character takes the time of three.
 */
function weighLetters(text: string) {
  const wide = text.match(
    /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}/gu,
  );
  return text.length + 2 * (wide?.length ?? 0);
}

function countSamples(ms: number, { rateHz }: Pcm) {
  return Math.max(1, Math.ceil((ms / 1000) * rateHz));
}

function slicePcm(pcm: Pcm, from: number, to?: number) {
  return { ...pcm, samples: pcm.samples.subarray(from, to) };
}

function joinPcm(earlier: Pcm, later: Pcm) {
  return { ...later, samples: joinSamples([earlier.samples, later.samples]) };
}
