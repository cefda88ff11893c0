/** A pause whose words a chat model judged. `isWhole` is undefined if it did not say. */
type JudgedPause = {
  readonly isWhole: boolean | undefined;
  readonly wentOn: boolean;
};

/** With fewer pauses, right judgements may be luck. */
const minPauses = 20;
const keptPauses = 200;
/** Pauses that count as if the judgement said nothing about them. */
const doubtedPauses = 1;
/** A judgement worth less holds up nobody. */
const minLogit = 0.3;
/** Logits of the words are this much too sure: `npm run bench -- turns --human`. */
const wordsLogitFactor = 1.7;

/**
 * Learns for each chat model what its judgement is worth: whether people whose words it called whole went on.
 *
 * A model that always says the same is worth nothing, and is no longer asked.
 */
export class WordsJudgeTrust {
  readonly #pauses = new Map<string, readonly JudgedPause[]>();

  isAsked(model: string): boolean {
    return this.#listPauses(model).length < minPauses || this.isTrusted(model);
  }

  isTrusted(model: string): boolean {
    return this.weigh(model, true) > 0 && this.weigh(model, false) <= -minLogit;
  }

  /** Converts a judgement to a logit that the person has finished. */
  weigh(model: string, isWhole: boolean): number {
    const pauses = this.#listPauses(model);
    if (pauses.length < minPauses) return 0;
    const usual = measureShare(pauses, isWhole);
    if (usual === 0) return 0;
    const [ended, wentOn] = [false, true].map((kind) => {
      const those = pauses.filter((pause) => pause.wentOn === kind);
      const said = those.length * measureShare(those, isWhole);
      return (said + doubtedPauses * usual) / (those.length + doubtedPauses);
    });
    return wordsLogitFactor * Math.log((ended ?? usual) / (wentOn ?? usual));
  }

  learn(model: string, pause: JudgedPause) {
    this.#pauses.set(model, [...this.#listPauses(model), pause].slice(-keptPauses));
  }

  #listPauses(model: string) {
    return this.#pauses.get(model) ?? [];
  }
}

function measureShare(pauses: readonly JudgedPause[], isWhole: boolean) {
  const said = pauses.filter((pause) => pause.isWhole === isWhole);
  return pauses.length === 0 ? 0 : said.length / pauses.length;
}
