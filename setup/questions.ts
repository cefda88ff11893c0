import type { Secret } from '#src/base/secret.ts';

export type AnswerChoice<T> = { readonly value: T; readonly label: string; readonly hint?: string };

/** Questions to the person who sets the bot up, one thing at a time. Each throws `SetupEnd` where it is not answered. */
export interface Questions {
  readonly canAsk: boolean;
  /** One sentence, or a few. */
  say(text: string): void;
  /** Answer that the screen does not show. `check` says what is wrong with it. */
  askSecret(question: string, check: (value: string) => string | undefined): Promise<Secret>;
  askText(
    question: string,
    hint: string,
    check: (value: string) => string | undefined,
  ): Promise<string>;
  choose<T>(question: string, choices: readonly AnswerChoice<T>[]): Promise<T>;
  confirm(question: string): Promise<boolean>;
  /** Says that `what` is waited for. `signal` aborts where the person ends it: then this throws `SetupEnd`. */
  wait<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** Exit codes of the program: as for the bot. */
export type SetupCode = 0 | 1 | 78;

/** The set-up ends here; `.env` is as it was. The message is for the person who set it up. */
export class SetupEnd extends Error {
  override readonly name = 'SetupEnded';
  readonly code: SetupCode;

  constructor(code: SetupCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Questions of a run without a terminal: a missing flag ends the set-up with 78, naming the flag. */
export function flagsOnly(print: (line: string) => void): Questions {
  const unanswered = async (question: string): Promise<never> => {
    throw new SetupEnd(78, `${question} There is no terminal for the answer.`);
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
