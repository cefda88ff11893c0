import type { Readable, Writable } from 'node:stream';
import { isCancel, log, password, select, text } from '@clack/prompts';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';

/** Input and output of a terminal. */
export type TerminalStreams = { readonly input: Readable; readonly output: Writable };

/** One choice of a question. */
export type AnswerChoice<T> = { readonly value: T; readonly label: string };

type CheckAnswer = (value: string) => string | undefined;

export type SetupExitCode = 0 | 1 | 78;

/** Ends the setup, and leaves `.env` unchanged. */
export class SetupEnd extends Error {
  override readonly name = 'SetupEnded';
  readonly code: SetupExitCode;

  constructor(code: SetupExitCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A question that Escape left, for the one before. Uncaught it ends the setup. */
class StepBack extends SetupEnd {
  constructor() {
    super(1, endedNotice);
  }
}

const endedNotice =
  'The setup has ended. Nothing was written. Run npm run setup to start again.';

/** Returns undefined where the person pressed Escape. */
export async function orStepBack<T>(question: Promise<T>): Promise<T | undefined> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof StepBack) return undefined;
    throw error;
  }
}

/**
 * Asks at a terminal. After Ctrl+C, `end` or the end of the input, every question throws
 * `SetupEnd`.
 */
export class SetupQuestions implements Disposable {
  readonly #terminal: TerminalStreams;
  readonly #ending = new AbortController();
  readonly #onInputEnd = () => this.end();
  #isEscaped = false;
  readonly #onKey = (_: unknown, key: { readonly name?: string }) => {
    this.#isEscaped = key.name === 'escape';
  };

  constructor(terminal: TerminalStreams) {
    this.#terminal = terminal;
    terminal.input.once('end', this.#onInputEnd).once('close', this.#onInputEnd);
    terminal.input.prependListener('keypress', this.#onKey);
  }

  /** Ends the setup: the open question and all later ones throw `SetupEnd`. */
  end(): void {
    this.#ending.abort(makeSetupEnd());
  }

  /** Writes a message. */
  say(message: string): void {
    log.message(message, this.#terminal);
  }

  /** Asks for a text that is not shown. `check` returns a sentence for a wrong one. */
  async askSecret(message: string, check: CheckAnswer): Promise<string> {
    const answer = await password({
      ...this.#promptOptions,
      message,
      validate: checkTrimmed(check),
      clearOnError: true,
    });
    return this.#requireAnswer(answer).trim();
  }

  /** Asks for a text, with an example in `placeholder`. `check` returns a sentence for a wrong one. */
  async askText(
    message: string,
    placeholder: string,
    check: CheckAnswer,
  ): Promise<string> {
    const answer = await text({
      ...this.#promptOptions,
      message,
      placeholder,
      validate: checkTrimmed(check),
    });
    return this.#requireAnswer(answer).trim();
  }

  /** Asks for one of the choices, with `marked` at first, and returns its value. */
  async choose<T>(
    message: string,
    choices: readonly AnswerChoice<T>[],
    marked?: T,
  ): Promise<T> {
    // clack takes only plain values, so a choice is passed by its number.
    const options = choices.map(({ label }, index) => ({ value: `${index}`, label }));
    const markedIndex = choices.findIndex(({ value }) => value === marked);
    const initialValue = `${Math.max(0, marked === undefined ? 0 : markedIndex)}`;
    const answer = await select({
      ...this.#promptOptions,
      message,
      options,
      initialValue,
    });
    const choice = choices[Number(this.#requireAnswer(answer))];
    if (!choice) throw makeSetupEnd();
    return choice.value;
  }

  /** Waits for `work` below a plain line. */
  async waitForWork<T>(subject: string, work: Promise<T>): Promise<T> {
    // The spinner of clack ends the process with 0 at Ctrl+C.
    log.step(subject, this.#terminal);
    return await waitUnlessAborted(work, this.#ending.signal);
  }

  /** Stops to watch the input, which others may read on. */
  [Symbol.dispose](): void {
    const { input } = this.#terminal;
    input.off('end', this.#onInputEnd).off('close', this.#onInputEnd);
    input.off('keypress', this.#onKey);
  }

  /** clack cancels a question by Ctrl+C and by Escape alike. */
  #requireAnswer<T>(answer: T) {
    if (isCancel(answer)) throw this.#isEscaped ? new StepBack() : makeSetupEnd();
    return answer as Exclude<T, symbol>; // isCancel() has just told it from the only symbol there is
  }

  get #promptOptions() {
    return { ...this.#terminal, signal: this.#ending.signal };
  }
}

function checkTrimmed(check: CheckAnswer) {
  return (value = '') => check(value.trim());
}

function makeSetupEnd() {
  return new SetupEnd(1, endedNotice);
}
