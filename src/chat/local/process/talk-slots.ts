import type { LlamaSequence, Token } from './llama-library.ts';

/** Words of an ended talk are forgotten as late as the bot forgets them. */
const forgetAfterMs = 15 * 60_000;

/** A mark of the template, and the name of somebody, begin the first words of many talks. */
const minWordsTokens = 8;

type Slot = {
  readonly sequence: LlamaSequence;
  isBusy: boolean;
  usedAtMs: number;
  /** The words were erased while a request used them. */
  mustForget: boolean;
};

/** A place that a job holds until it is disposed. */
export interface HeldSlot extends Disposable {
  readonly sequence: LlamaSequence;
}

/**
 * Places of a model's memory, each of which keeps the words of one talk, so that a later turn evaluates only what is new. A talk
 * is known by how its prompt begins.
 */
export class TalkSlots {
  readonly #slots: readonly Slot[];
  readonly #nowMs: () => number;

  constructor(sequences: readonly LlamaSequence[], nowMs: () => number) {
    this.#slots = sequences.map((sequence) => ({
      sequence,
      isBusy: false,
      usedAtMs: 0,
      mustForget: false,
    }));
    this.#nowMs = nowMs;
  }

  /**
   * Takes the free place that knows the first words of people in a prompt, behind the `headTokens` of its instructions, else the
   * one that nobody has used for longest. Undefined if all are busy.
   */
  hold(prompt: readonly Token[], headTokens: number): HeldSlot | undefined {
    const free = this.#slots.filter(({ isBusy }) => !isBusy);
    const [known] = free
      .map((slot) => ({
        slot,
        tokens: countCommon(slot.sequence.contextTokens, prompt),
      }))
      .filter(({ tokens }) => tokens > headTokens + minWordsTokens)
      .toSorted((a, b) => b.tokens - a.tokens);
    const [oldest] = free.toSorted((a, b) => a.usedAtMs - b.usedAtMs);
    const slot = known?.slot ?? oldest;
    if (!slot) return undefined;
    slot.isBusy = true;
    const { sequence } = slot;
    return {
      sequence,
      [Symbol.dispose]: () => {
        slot.isBusy = false;
        slot.usedAtMs = this.#nowMs();
      },
    };
  }

  /** Forgets the words of talks that nobody goes on with, and of those that were erased. */
  async forgetOld(): Promise<void> {
    const old = this.#slots.filter(
      ({ isBusy, mustForget, sequence, usedAtMs }) =>
        !isBusy &&
        sequence.contextTokens.length > 0 &&
        (mustForget || this.#nowMs() - usedAtMs > forgetAfterMs),
    );
    for (const slot of old) slot.isBusy = true;
    for (const slot of old) {
      await slot.sequence.clearHistory();
      slot.mustForget = false;
      slot.isBusy = false;
    }
  }

  /** Forgets the words of all talks: of a running request at the next `forgetOld` after its end. */
  async forgetAll(): Promise<void> {
    for (const slot of this.#slots) slot.mustForget = true;
    await this.forgetOld();
  }
}

/** Counts the tokens with which both begin. */
export function countCommon(a: readonly Token[], b: readonly Token[]): number {
  const length = Math.min(a.length, b.length);
  for (let n = 0; n < length; n++) if (a[n] !== b[n]) return n;
  return length;
}
