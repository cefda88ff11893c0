import type { Readable, Writable } from 'node:stream';
import { isCancel, log, password, select, text } from '@clack/prompts';
import { unlessAborted } from '#src/base/waiting.ts';

export type TerminalStreams = { readonly input: Readable; readonly output: Writable };

export type AnswerChoice<T> = { readonly value: T; readonly label: string };

type CheckAnswer = (value: string) => string | undefined;

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

/**
 * Questions at a terminal to the person who sets the bot up. Ctrl+C, the end of the input, and `end` end the set-up: then each
 * throws `SetupEnd`.
 */
export class Questions implements Disposable {
  readonly #terminal;
  readonly #gone = new AbortController();
  readonly #common;

  constructor(terminal: TerminalStreams) {
    this.#terminal = terminal;
    this.#common = { ...terminal, signal: this.#gone.signal };
    terminal.input.once('end', this.end).once('close', this.end);
  }

  readonly end = () => this.#gone.abort(ended());

  /** Says one sentence, or a few. */
  say(words: string): void {
    log.message(words, this.#terminal);
  }

  /** Asks for an answer that the screen does not show. `check` says what is wrong with it. */
  async askSecret(message: string, check: CheckAnswer): Promise<string> {
    const answer = await password({
      ...this.#common,
      message,
      validate: trimmed(check),
      clearOnError: true,
    });
    return answered(answer).trim();
  }

  async askText(message: string, placeholder: string, check: CheckAnswer): Promise<string> {
    return answered(
      await text({ ...this.#common, message, placeholder, validate: trimmed(check) }),
    ).trim();
  }

  async choose<T>(message: string, choices: readonly AnswerChoice<T>[]): Promise<T> {
    // clack takes plain values; here a choice goes by its number.
    const options = choices.map(({ label }, index) => ({ value: `${index}`, label }));
    const choice = choices[Number(answered(await select({ ...this.#common, message, options })))];
    if (!choice) throw ended();
    return choice.value;
  }

  /** Says that `what` is waited for. clack's spinner would end the process at Ctrl+C, with 0. */
  async wait<T>(what: string, work: Promise<T>): Promise<T> {
    log.step(what, this.#terminal);
    return await unlessAborted(work, this.#gone.signal);
  }

  [Symbol.dispose](): void {
    this.#terminal.input.off('end', this.end).off('close', this.end);
  }
}

function trimmed(check: CheckAnswer) {
  return (value = '') => check(value.trim());
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw ended();
  return answer as Exclude<T, symbol>; // isCancel() has just told it from the only symbol there is
}

function ended(): SetupEnd {
  const message = 'The setup has ended. Nothing was written. Run npm run setup to start again.';
  return new SetupEnd(1, message);
}
