import type { Secret } from '#src/base/secret.ts';

export type AnswerChoice<T> = { readonly value: T; readonly label: string; readonly hint?: string };

/** Whoever sets the bot up, asked one thing at a time. Each question throws `SetupEnded` where it is not answered. */
export interface Questions {
  readonly canAsk: boolean;
  /** One sentence, or a few. */
  say(text: string): void;
  /** An answer that nobody sees on the screen. `check` says what is wrong with it. */
  askSecret(question: string, check: (value: string) => string | undefined): Promise<Secret>;
  askText(
    question: string,
    hint: string,
    check: (value: string) => string | undefined,
  ): Promise<string>;
  choose<T>(question: string, choices: readonly AnswerChoice<T>[]): Promise<T>;
  confirm(question: string): Promise<boolean>;
  /** Says that `what` is waited for. `signal` aborts where somebody ends it: then this throws `SetupEnded`. */
  wait<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** Exit codes of the program: as for the bot. */
export type SetupCode = 0 | 1 | 78;

/** The set-up ends here; `.env` is as it was. The message is for whoever set it up. */
export class SetupEnded extends Error {
  override readonly name = 'SetupEnded';
  readonly code: SetupCode;

  constructor(code: SetupCode, message: string) {
    super(message);
    this.code = code;
  }
}
