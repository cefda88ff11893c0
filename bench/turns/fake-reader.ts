import { seededRandom } from '#sandbox/seeded-random.ts';
import { WordsJudgeTrust } from '#src/turn/endpointing/words-judge-trust.ts';
import type { JudgedWords } from '#src/voice/hearing/speaker-input.ts';

/** Shares of pauses and ends of turns that a chat model judges rightly. */
export type ReaderSkill = readonly [pauses: number, ends: number];

export type FakeReader = ReturnType<typeof createFakeReader>;

/** A question as endpointing gets it, and its answer with the time at which it comes. */
export type ReaderQuestion = {
  readonly asked: JudgedWords;
  readonly answer: Required<JudgedWords>;
  readonly dueMs: number;
};

/** From the request to the first word: 470 ms of silence where words come after 120 ms. */
const readMs = 350;
const model = 'reader';

/** A chat model that is asked in place of the preemptive request, and judges the words. */
export function createFakeReader([pauses, ends]: ReaderSkill) {
  const random = seededRandom(1);
  const trust = new WordsJudgeTrust();
  let question = 0;
  return {
    /** Whether it calls the words whole at which a person goes on or not. */
    judge(isHold: boolean): boolean {
      const isRight = random() < (isHold ? pauses : ends);
      return isRight !== isHold;
    },

    ask(isWhole: boolean, atMs: number): ReaderQuestion | undefined {
      if (!trust.shouldAsk(model)) return undefined;
      question++;
      const asked = { question, isTrusted: trust.isTrusted(model), logit: 0 };
      let isLearnt = false;
      const learn = (wentOn: boolean) => {
        if (!isLearnt) trust.learn(model, { isWhole, wentOn });
        isLearnt = true;
      };
      const logit = trust.weigh(model, isWhole);
      return {
        asked: { ...asked, isPending: true },
        answer: { ...asked, isPending: false, logit, learn },
        dueMs: atMs + readMs,
      };
    },
  };
}

export function formatReader(skill: readonly number[]) {
  return `reader, right in ${skill.join(' / ')}`;
}
