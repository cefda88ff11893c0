import { type Questions, SetupEnded } from './questions.ts';

/** Without a terminal there are no questions: a missing flag ends the set-up with 78, naming the flag. */
export function flagsOnly(print: (line: string) => void): Questions {
  const unanswered = async (question: string): Promise<never> => {
    throw new SetupEnded(78, `${question} There is no terminal to ask at.`);
  };
  return {
    canAsk: false,
    say: print,
    askSecret: unanswered,
    askText: unanswered,
    choose: unanswered,
    confirm: unanswered,
    async wait(what, work) {
      print(what);
      return await work(new AbortController().signal);
    },
  };
}
