import { durationMs, joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { boundaries, sureEnd } from '#src/chat/text/clauses.ts';

export type PlacedSound = { readonly pcm: Pcm; readonly ofText?: string; readonly begins: boolean };

type Clause = { readonly text: string; readonly endLetters: number };

/** An ideogram counts as three letters. */
const usualMsPerLetter = 65;
const shortestCut = 12;
const longestClause = 240;
/** The last words need some sound to go with. */
const keptMs = 40;
const lastClauseMs = 100;

/**
 * Assigns the sound of an answer to its clauses, while both arrive in one stream.
 *
 * A clause takes the time of its letters at an ordinary pace, or at the real pace once all has arrived.
 */
export class SpokenWords {
  #text = '';
  #letters = 0;
  #cut = 0;
  #clause: Clause | undefined;
  #arrivedMs = 0;
  #takenMs = 0;
  #kept: Pcm | undefined;
  #ended = false;

  words(text: string): void {
    this.#text += text;
    this.#letters += lettersIn(text);
  }

  arrived(ms: number): void {
    this.#arrivedMs += ms;
  }

  end(): void {
    this.#ended = true;
  }

  *place(pcm: Pcm): Generator<PlacedSound> {
    const sound = this.#kept ? joined(this.#kept, pcm) : pcm;
    const keeps = !this.#ended && durationMs(sound) + this.#takenMs > 2 * keptMs;
    const kept = keeps ? Math.min(sound.samples.length, samplesIn(keptMs, sound)) : 0;
    const length = sound.samples.length - kept;
    this.#kept = kept > 0 ? part(sound, length) : undefined;
    yield* this.#place(part(sound, 0, length));
  }

  *rest(): Generator<PlacedSound> {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept) yield* this.#place(kept);
  }

  *#place(pcm: Pcm): Generator<PlacedSound> {
    for (let at = 0; at < pcm.samples.length; ) {
      const former = this.#clause;
      const clause = this.#clauseNow();
      const untilMs = clause ? this.#leftOf(clause) : keptMs;
      const left = part(pcm, at);
      const piece = untilMs > 0 ? part(left, 0, samplesIn(untilMs, pcm)) : left;
      at += piece.samples.length;
      this.#takenMs += durationMs(piece);
      const ofText = clause && { ofText: clause.text };
      yield { pcm: piece, ...ofText, begins: clause !== former };
    }
  }

  /** The clause stays the same until its time is over and another one follows. */
  #clauseNow(): Clause | undefined {
    const clause = this.#clause;
    if (clause && !this.#isClosing() && this.#leftOf(clause) > 0) return clause;
    const rest = this.#text.slice(this.#cut);
    const length = this.#lengthOfNext(rest);
    const text = rest.slice(0, length).trim();
    if (text === '') return clause;
    this.#cut += length;
    const before = clause?.endLetters ?? 0;
    this.#clause = { text, endLetters: before + lettersIn(rest.slice(0, length)) };
    return this.#clause;
  }

  /** All words must go with the little sound that is left. */
  #isClosing() {
    return this.#ended && this.#arrivedMs - this.#takenMs < lastClauseMs;
  }

  #leftOf(clause: Clause): number {
    const leftMs = this.#placeOf(clause.endLetters) - this.#takenMs;
    if (!this.#ended || this.#text.slice(this.#cut).trim() === '') return leftMs;
    return Math.min(leftMs, this.#arrivedMs - this.#takenMs - keptMs);
  }

  #lengthOfNext(rest: string): number {
    if (this.#isClosing()) return rest.length;
    const head = rest.slice(0, longestClause);
    for (const { end, kind } of boundaries(head, this.#ended))
      if (kind === 'sentence' && head.slice(0, end).trim() !== '') return end;
    if (head !== rest) return cutOf(head).length;
    if (this.#ended || sureEnd(rest) === 'sentence') return rest.length;
    const words = cutOf(rest);
    if (!this.#clause) return words.length;
    return words.trim().length >= shortestCut && words !== rest ? words.length : 0;
  }

  #placeOf(letters: number): number {
    const isKnown = this.#ended && this.#letters > 0;
    return letters * (isKnown ? this.#arrivedMs / this.#letters : usualMsPerLetter);
  }
}

const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** Keeps the only word. The last one of several may go on. */
function cutOf(text: string): string {
  const words = unspaced.test(text) ? '' : text.replace(/(?<!\S)\S+$/, '');
  return words.trim() === '' ? text.replace(/[\uD800-\uDBFF]$/, '') : words;
}

function lettersIn(text: string): number {
  const wide = text.match(
    /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}/gu,
  );
  return text.length + 2 * (wide?.length ?? 0);
}

function samplesIn(ms: number, { rateHz }: Pcm): number {
  return Math.max(1, Math.ceil((ms / 1000) * rateHz));
}

function part(pcm: Pcm, from: number, to?: number): Pcm {
  return { ...pcm, samples: pcm.samples.subarray(from, to) };
}

function joined(one: Pcm, other: Pcm): Pcm {
  return { ...other, samples: joinSamples([one.samples, other.samples]) };
}
