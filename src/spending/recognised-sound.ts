import { add, nothing } from './caps.ts';
import type { Sum } from './ledger/ledger-day.ts';

/** Who pays for one utterance, once it is decided: somebody who asked for it, or the server, for captions or without. */
type Owner = 'undecided' | 'person' | 'captions' | 'server';

/** Books of a server, as far as recognised sound is concerned. */
export interface RecognisedSoundBooks {
  /** Counts it for the server. */
  charge(sum: Partial<Sum>): void;
  /** Counts what the server was charged for as a part of one person, or of captions. */
  assign(owner: 'person' | 'captions', sum: Partial<Sum>): void;
}

const noSum: Sum = { ...nothing, turns: 0, unpriced: 0 };

/** What recognising one utterance takes: the server is charged at once, a person only when they asked for it. */
export class RecognisedSound {
  readonly #books: RecognisedSoundBooks;
  #owner: Owner = 'undecided';
  #sum = noSum;

  constructor(books: RecognisedSoundBooks) {
    this.#books = books;
  }

  took(sum: Partial<Sum>): void {
    this.#books.charge(sum);
    if (this.#owner === 'person' || this.#owner === 'captions')
      this.#books.assign(this.#owner, sum);
    if (this.#owner !== 'undecided') return;
    const { turns = 0, unpriced = 0, nanoUsd = 0, ms = 0 } = sum;
    this.#sum = {
      ...add(this.#sum, { nanoUsd, ms }),
      turns: this.#sum.turns + turns,
      unpriced: this.#sum.unpriced + unpriced,
    };
  }

  /** Only the first decision counts. */
  decided(owner: Exclude<Owner, 'undecided'>): void {
    if (this.#owner !== 'undecided') return;
    this.#owner = owner;
    if (owner !== 'server') this.#books.assign(owner, this.#sum);
  }
}
