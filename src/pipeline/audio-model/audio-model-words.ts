import { getDurationMs, joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { findBoundaries, findSureEnd } from '#src/chat/text/clause-splitter.ts';

export type PlacedSound = {
  readonly pcm: Pcm;
  readonly ofText?: string;
  readonly begins: boolean;
};

type Clause = { readonly text: string; readonly endLetters: number };

/** An ideogram counts as three letters. */
const usualLetterMs = 65;
const minCutLetters = 12;
const maxClauseChars = 240;
/** The last words need some sound to go with. */
const keptBackMs = 40;
const lastClauseMs = 100;

/**
 * Assigns the sound of an answer to its clauses, while both arrive in one stream.
 *
 * A clause takes the time of its letters at an ordinary pace, or at the real pace once all has arrived.
 */
export class TextAligner {
  #text = '';
  #letters = 0;
  #cut = 0;
  #clause: Clause | undefined;
  #arrivedMs = 0;
  #takenMs = 0;
  #kept: Pcm | undefined;
  #ended = false;

  addText(text: string) {
    this.#text += text;
    this.#letters += weighLetters(text);
  }

  addSound(ms: number) {
    this.#arrivedMs += ms;
  }

  end() {
    this.#ended = true;
  }

  *placeSound(pcm: Pcm): Generator<PlacedSound> {
    const sound = this.#kept ? joinPcm(this.#kept, pcm) : pcm;
    const keeps = !this.#ended && getDurationMs(sound) + this.#takenMs > 2 * keptBackMs;
    const kept = keeps
      ? Math.min(sound.samples.length, countSamples(keptBackMs, sound))
      : 0;
    const length = sound.samples.length - kept;
    this.#kept = kept > 0 ? slicePcm(sound, length) : undefined;
    yield* this.#placeSound(slicePcm(sound, 0, length));
  }

  *releaseRest(): Generator<PlacedSound> {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept) yield* this.#placeSound(kept);
  }

  *#placeSound(pcm: Pcm) {
    for (let at = 0; at < pcm.samples.length; ) {
      const former = this.#clause;
      const clause = this.#currentClause();
      const untilMs = clause ? this.#getLeftMs(clause) : keptBackMs;
      const left = slicePcm(pcm, at);
      const piece = untilMs > 0 ? slicePcm(left, 0, countSamples(untilMs, pcm)) : left;
      at += piece.samples.length;
      this.#takenMs += getDurationMs(piece);
      const ofText = clause && { ofText: clause.text };
      yield { pcm: piece, ...ofText, begins: clause !== former };
    }
  }

  #currentClause() {
    const clause = this.#clause;
    // The clause stays the same until its time is over and another one follows.
    if (clause && !this.#isClosing() && this.#getLeftMs(clause) > 0) return clause;
    const rest = this.#text.slice(this.#cut);
    const length = this.#measureNextClause(rest);
    const text = rest.slice(0, length).trim();
    if (text === '') return clause;
    this.#cut += length;
    const before = clause?.endLetters ?? 0;
    this.#clause = { text, endLetters: before + weighLetters(rest.slice(0, length)) };
    return this.#clause;
  }

  #isClosing() {
    // All words must go with the little sound that is left.
    return this.#ended && this.#arrivedMs - this.#takenMs < lastClauseMs;
  }

  #getLeftMs(clause: Clause) {
    const leftMs = this.#toSoundMs(clause.endLetters) - this.#takenMs;
    if (!this.#ended || this.#text.slice(this.#cut).trim() === '') return leftMs;
    return Math.min(leftMs, this.#arrivedMs - this.#takenMs - keptBackMs);
  }

  #measureNextClause(rest: string) {
    if (this.#isClosing()) return rest.length;
    const head = rest.slice(0, maxClauseChars);
    for (const { end, kind } of findBoundaries(head, this.#ended))
      if (kind === 'sentence' && head.slice(0, end).trim() !== '') return end;
    if (head !== rest) return dropLastWord(head).length;
    if (this.#ended || findSureEnd(rest) === 'sentence') return rest.length;
    const words = dropLastWord(rest);
    if (!this.#clause) return words.length;
    return words.trim().length >= minCutLetters && words !== rest ? words.length : 0;
  }

  #toSoundMs(letters: number) {
    const isKnown = this.#ended && this.#letters > 0;
    return letters * (isKnown ? this.#arrivedMs / this.#letters : usualLetterMs);
  }
}

const unspacedScripts =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

function dropLastWord(text: string) {
  const words = unspacedScripts.test(text) ? '' : text.replace(/(?<!\S)\S+$/, '');
  // The only word stays, but the last one of several may go on.
  return words.trim() === '' ? text.replace(/[\uD800-\uDBFF]$/, '') : words;
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

function joinPcm(one: Pcm, other: Pcm) {
  return { ...other, samples: joinSamples([one.samples, other.samples]) };
}
