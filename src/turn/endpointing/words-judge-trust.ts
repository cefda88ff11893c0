/** A pause whose words a chat model judged. `isWhole` is undefined if its answer did not say. */
type JudgedPause = {
  readonly isWhole: boolean | 'unanswered' | undefined;
  readonly wentOn: boolean;
};

/** With fewer pauses, right judgements may be luck. */
const minPauses = 20;
/** Of these pauses, those in which people went on: a model is judged by both kinds. */
const minHolds = 5;
/** In few judged pauses people go on, and a model may change under its name. */
const keptPauses = 500;
/** A model that did not judge in its first pauses may say it in other words, which would be spoken. */
const maxSilentPauses = 3;
/** Logits of the words are this much too sure: `npm run bench -- turns --human`. */
const wordsLogitFactor = 1.7;
/** A judgement that counts less is not waited for. */
const waitedLogit = -2;

/** Learns for each chat model what its judgement is worth: whether people whose words it called whole went on. */
export class WordsJudgeTrust {
  readonly #pauses = new Map<string, readonly JudgedPause[]>();

  /** Whether the model should be asked in a pause: it is not known yet, or its judgement is worth something. */
  shouldAsk(model: string): boolean {
    const pauses = this.#listPauses(model);
    const isSilent = pauses.every(({ isWhole }) => isWhole === undefined);
    if (isSilent) return pauses.length < maxSilentPauses;
    return !isKnown(pauses) || this.weigh(model, false) < 0;
  }

  /** Whether a judgement that the person goes on is worth waiting for. */
  isTrusted(model: string): boolean {
    return this.weigh(model, false) <= waitedLogit;
  }

  /** Converts a judgement to a logit that the person has finished, less its standard error, so that a guess is worth 0. */
  weigh(model: string, isWhole: JudgedPause['isWhole']): number {
    const pauses = this.#listPauses(model);
    if (typeof isWhole !== 'boolean' || !isKnown(pauses)) return 0;
    const ended = measureShare(pauses, isWhole, false);
    const wentOn = measureShare(pauses, isWhole, true);
    const logit = Math.log(ended.share / wentOn.share) * (isWhole ? 1 : -1);
    const sure = Math.max(0, logit - Math.sqrt(ended.variance + wentOn.variance));
    return wordsLogitFactor * (isWhole ? sure : -sure);
  }

  /** Adds a pause of which it is known whether the person went on. A pause without an answer says nothing. */
  learn(model: string, pause: JudgedPause): void {
    if (pause.isWhole === 'unanswered') return;
    this.#pauses.set(model, [...this.#listPauses(model), pause].slice(-keptPauses));
  }

  #listPauses(model: string) {
    return this.#pauses.get(model) ?? [];
  }
}

function isKnown(pauses: readonly JudgedPause[]) {
  const holds = pauses.filter(({ wentOn }) => wentOn);
  return pauses.length >= minPauses && holds.length >= minHolds;
}

/** Measures how often a model judged so, and the variance of the logarithm of that share. */
function measureShare(
  pauses: readonly JudgedPause[],
  isWhole: boolean,
  wentOn: boolean,
) {
  const alike = pauses.filter((pause) => pause.wentOn === wentOn);
  const judgedSo = alike.filter((pause) => pause.isWhole === isWhole);
  // Half a pause more keeps the logarithm finite.
  const [hits, count] = [judgedSo.length + 0.5, alike.length + 1];
  return { share: hits / count, variance: 1 / hits - 1 / count };
}
