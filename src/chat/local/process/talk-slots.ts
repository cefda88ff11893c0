import type { GuildId } from '#src/base/ids.ts';
import type { LlamaSequence, Token } from './llama-library.ts';

/** Words of an ended talk are forgotten as late as the bot forgets them. */
const forgetAfterMs = 15 * 60_000;

/** A mark of the template, and the name of somebody, begin the first words of many talks. */
const minWordsTokens = 8;
/** A talk that somebody used within this time keeps its place before what another server only may ask. */
const keptFromOthersMs = 120_000;

type Slot = {
  readonly sequence: LlamaSequence;
  /** Server that used it last. */
  guildId: GuildId | undefined;
  /** It holds words of people, and not only instructions. */
  hasWords: boolean;
  isBusy: boolean;
  usedAtMs: number;
  /** The words were erased while a request used them. */
  mustForget: boolean;
};

/** A prompt that looks for its place. */
export type PlacedPrompt = {
  readonly tokens: readonly Token[];
  /** Tokens of its instructions, before the first words of people. */
  readonly headTokens: number;
  readonly hasWords: boolean;
  readonly guildId: GuildId;
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
      guildId: undefined,
      hasWords: false,
      isBusy: false,
      usedAtMs: Number.NEGATIVE_INFINITY,
      mustForget: false,
    }));
    this.#nowMs = nowMs;
  }

  /**
   * Takes the free place that knows the first words of people in a prompt, else one that holds nothing but instructions like its own, at best
   * read ahead for this server, else the one that nobody has used for longest. Undefined if all are busy.
   */
  hold(prompt: PlacedPrompt): HeldSlot | undefined {
    const free = this.#listFree();
    const slot = findKnown(free, prompt) ?? findBeginning(free, prompt) ?? free[0];
    return slot && this.#take(slot, prompt);
  }

  /**
   * Takes the free place into which the beginning of later prompts of a server is read: each server has its own, so that one talk leaves
   * the beginning to the next. Undefined where it is known already, or has no place but that of a talk of others that goes on.
   */
  holdAhead(prompt: PlacedPrompt): HeldSlot | undefined {
    const own = this.#slots.filter(({ guildId }) => guildId === prompt.guildId);
    const known = own.find(
      ({ sequence: { contextTokens } }) =>
        countCommon(contextTokens, prompt.tokens) === prompt.tokens.length,
    );
    if (known) {
      known.usedAtMs = this.#nowMs();
      return undefined;
    }
    const free = this.#listFree();
    const freeOwn = free.filter((slot) => own.includes(slot));
    const lastUseMs = this.#nowMs() - keptFromOthersMs;
    const slot =
      findKnown(freeOwn, prompt) ??
      findBeginning(freeOwn, prompt) ??
      free.find(({ usedAtMs }) => usedAtMs < lastUseMs) ??
      freeOwn[0];
    return slot && this.#take(slot, prompt);
  }

  #listFree() {
    return this.#slots
      .filter(({ isBusy }) => !isBusy)
      .toSorted((a, b) => a.usedAtMs - b.usedAtMs);
  }

  #take(slot: Slot, { guildId, hasWords }: PlacedPrompt): HeldSlot {
    Object.assign(slot, { guildId, hasWords, isBusy: true });
    return {
      sequence: slot.sequence,
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
    for (const slot of this.#slots)
      slot.mustForget = slot.isBusy || slot.sequence.contextTokens.length > 0;
    await this.forgetOld();
  }
}

/** Finds the place that knows the most words of people in a prompt. */
function findKnown(slots: readonly Slot[], { headTokens, tokens }: PlacedPrompt) {
  const [known] = slots
    .map((slot) => ({ slot, known: countCommon(slot.sequence.contextTokens, tokens) }))
    .filter((each) => each.known > headTokens + minWordsTokens)
    .toSorted((a, b) => b.known - a.known);
  return known?.slot;
}

/** Finds a place that holds no words, but instructions as those of a prompt: they may end otherwise. At best it is of the same server. */
function findBeginning(
  slots: readonly Slot[],
  { guildId, headTokens, tokens }: PlacedPrompt,
) {
  const beginnings = slots.filter(
    ({ hasWords, sequence }) =>
      !hasWords && countCommon(sequence.contextTokens, tokens) > headTokens / 2,
  );
  return beginnings.find((slot) => slot.guildId === guildId) ?? beginnings[0];
}

/** Counts the tokens with which both begin. */
export function countCommon(a: readonly Token[], b: readonly Token[]): number {
  const length = Math.min(a.length, b.length);
  for (let n = 0; n < length; n++) if (a[n] !== b[n]) return n;
  return length;
}
