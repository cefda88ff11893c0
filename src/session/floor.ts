import type { Said } from '#src/pipeline/pipeline.ts';
import type { Claim, Dropping } from './claim.ts';
import type { Asking } from './command-ports.ts';
import type { Thinking } from './thinking.ts';

/** Something somebody wants to know, spoken or typed. */
export type Question = {
  readonly kind: 'question';
  readonly said: Said;
  /** What the same person said just before, oldest first: it is answered together with it. */
  readonly earlier: readonly Said[];
  readonly endedAtMs: number;
  readonly claim: Claim;
  /** Set when its transcript is there. */
  words?: { readonly text: string; readonly atMs: number };
  /** Its answer, where it was begun before the end; taken by whoever gives it. */
  thinking?: Thinking | undefined;
  /** Only for a typed one: whoever typed it is told what came of it. */
  readonly tell?: (asking: Asking) => void;
};

/** A text to be read out. */
export type Reading = {
  readonly kind: 'reading';
  readonly clauses: readonly string[];
  readonly when: 'now' | 'queue';
  readonly voice?: string;
  /** False for what everybody has to have heard. */
  readonly interruptible?: boolean;
  readonly claim: Claim;
};

/** The last answer once more. */
export type Repeat = {
  readonly kind: 'repeat';
  readonly speed: number;
  readonly gainDb: number;
  readonly claim: Claim;
};

export type Matter = Question | Reading | Repeat;

export type Added =
  | { readonly kind: 'added'; readonly ahead: number }
  | { readonly kind: 'full'; readonly limit: number }
  | { readonly kind: 'closed' }
  | { readonly kind: 'muted' };

/** Questions that wait while something is said; a further one drops the oldest. */
const questionLimit = 3;
/** Texts that wait to be read out; a further one is refused. */
const readingLimit = 8;

/** Who speaks next through the bot: one matter has the floor, the others wait for it in order of arrival. */
export class Floor {
  #waiting: readonly Matter[] = [];
  #current: Matter | undefined;
  #closed = false;
  #muted = false;
  #bell = Promise.withResolvers<void>();

  get current(): Matter | undefined {
    return this.#current;
  }

  /** What is said now, or else what will be next. */
  get next(): Matter | undefined {
    return this.#current ?? this.#waiting[0];
  }

  /** Nothing is said, nothing waits, and what is asked next is answered at once. */
  get isFree(): boolean {
    return !this.#muted && this.#current === undefined && this.#waiting.length === 0;
  }

  /** First to finish is first answered, also where the words of the second were there sooner. */
  ask(question: Question): void {
    if (this.#closed || this.#muted) {
      question.claim.drop(this.#closed ? 'left' : 'muted');
      return;
    }
    const questions = this.#waiting.filter(({ kind }) => kind === 'question');
    const [oldest] = questions;
    if (oldest && questions.length >= questionLimit) this.#drop((one) => one === oldest, 'crowded');
    const later = this.#waiting.findIndex(
      (one) => one.kind === 'question' && one.endedAtMs > question.endedAtMs,
    );
    this.#put(question, later < 0 ? this.#waiting.length : later);
  }

  /** `now` goes before all that waits, but behind what came with `now` before it. */
  read(reading: Reading): Added {
    if (this.#closed) return { kind: 'closed' };
    if (this.#muted) return { kind: 'muted' };
    const readings = this.#waiting.filter(({ kind }) => kind === 'reading');
    if (readings.length >= readingLimit) return { kind: 'full', limit: readingLimit };
    const place = reading.when === 'now' ? 1 + this.#lastUrgent() : this.#waiting.length;
    this.#put(reading, place);
    return { kind: 'added', ahead: place + (this.#current ? 1 : 0) };
  }

  /** Comes first, in place of what is being said. */
  repeat(again: Repeat): void {
    if (this.#closed || this.#muted) return;
    this.#current?.claim.drop('interrupted');
    this.#put(again, 0);
  }

  /** Each has the floor until the next one is asked for. One reader at a time. Aborting throws `signal.reason`. */
  async *matters(signal: AbortSignal): AsyncGenerator<Matter> {
    const ring = () => this.#bell.resolve();
    signal.addEventListener('abort', ring);
    try {
      for (;;) {
        signal.throwIfAborted();
        const [next] = this.#waiting;
        if (!next) await this.#rung();
        else yield* this.#give(next);
      }
    } finally {
      signal.removeEventListener('abort', ring);
    }
  }

  /** What had the floor and was not heard comes first again. */
  putBack(matter: Matter): void {
    if (this.#closed || this.#muted) return;
    this.#waiting = [matter, ...this.#waiting];
    this.#bell.resolve();
  }

  /** Not to be answered, or not to its end. */
  drop(matter: Matter, why: Dropping): void {
    this.#drop((one) => one === matter, why);
    matter.claim.drop(why);
  }

  /** Whoever speaks falls silent, and nobody waits any more; false when there was nothing to stop. */
  stop(): boolean {
    return this.#dropAll('stopped');
  }

  /** What this person asked is not answered, nor answered to its end. */
  withdraw(personId: string): void {
    const theirs = (one: Matter) => one.kind === 'question' && one.said.speakerId === personId;
    this.#drop(theirs, 'withdrawn');
    if (this.#current && theirs(this.#current)) this.#current.claim.drop('withdrawn');
  }

  /** While nobody could hear it, nothing is said and nothing waits. */
  mute(on: boolean): void {
    this.#muted = on;
    if (on) this.#dropAll('muted');
  }

  /** For good. */
  close(): void {
    this.#closed = true;
    this.#dropAll('left');
  }

  *#give(next: Matter): Generator<Matter> {
    this.#waiting = this.#waiting.slice(1);
    this.#current = next;
    try {
      yield next;
    } finally {
      this.#current = undefined;
      if (!this.#waiting.includes(next)) next.claim.drop('over');
    }
  }

  #dropAll(why: Dropping): boolean {
    const any = this.#current !== undefined || this.#waiting.length > 0;
    this.#current?.claim.drop(why);
    this.#drop(() => true, why);
    return any;
  }

  #drop(which: (one: Matter) => boolean, why: Dropping): void {
    const dropped = this.#waiting.filter(which);
    this.#waiting = this.#waiting.filter((one) => !which(one));
    for (const { claim } of dropped) claim.drop(why);
  }

  #put(matter: Matter, place: number): void {
    this.#waiting = this.#waiting.toSpliced(place, 0, matter);
    this.#bell.resolve();
  }

  #lastUrgent(): number {
    return this.#waiting.findLastIndex((one) => one.kind === 'reading' && one.when === 'now');
  }

  async #rung(): Promise<void> {
    await this.#bell.promise;
    this.#bell = Promise.withResolvers();
  }
}
