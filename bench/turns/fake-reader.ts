import { seededRandom } from '#sandbox/seeded-random.ts';
import type { JudgedWords } from '#src/conversation/ear/speaker-input.ts';
import { WordsJudgeTrust } from '#src/turn/endpointing/words-judge-trust.ts';

/** Shares, 0 to 1, of pauses and of ends of turns that a chat model judges rightly. */
export type ReaderSkill = readonly [pauses: number, ends: number];

/** A question as endpointing gets it, and its answer with the time at which it comes. */
export type ReaderQuestion = {
  readonly pending: JudgedWords;
  readonly answer: Required<JudgedWords>;
  readonly dueMs: number;
};

/** From the request to the first word: 470 ms of silence where words come after 120 ms. */
const readMs = 350;
const model = 'reader';

/** A simulated chat model that judges whether the words are whole. Endpointing asks it in place of the preemptive request. */
export class FakeReader {
  readonly #skill: ReaderSkill;
  readonly #random = seededRandom(1);
  readonly #trust = new WordsJudgeTrust();
  #lastQuestion = 0;

  constructor(skill: ReaderSkill) {
    this.#skill = skill;
  }

  /** Draws whether the model calls the words whole. `isHold`: the person goes on. */
  judge(isHold: boolean): boolean {
    const [pauses, ends] = this.#skill;
    const isRight = this.#random() < (isHold ? pauses : ends);
    return isRight !== isHold;
  }

  /** Asks at `atMs`, to be answered with `isWhole`. Undefined when endpointing asks no more, since the model was wrong too often. */
  ask(isWhole: boolean, atMs: number): ReaderQuestion | undefined {
    const trust = this.#trust;
    if (!trust.shouldAsk(model)) return undefined;
    const question = ++this.#lastQuestion;
    const judged = { question, isTrusted: trust.isTrusted(model), logit: 0 };
    let isLearnt = false;
    const learnOutcome = (wentOn: boolean) => {
      if (!isLearnt) trust.learn(model, { isWhole, wentOn });
      isLearnt = true;
    };
    const logit = trust.weigh(model, isWhole);
    return {
      pending: { ...judged, isPending: true },
      answer: { ...judged, isPending: false, logit, learn: learnOutcome },
      dueMs: atMs + readMs,
    };
  }
}

/** Names a reader in a table. */
export function formatReader(skill: readonly number[]): string {
  return `reader, right in ${skill.join(' / ')}`;
}
