import type { Readable, Writable } from 'node:stream';
import { isCancel, log, password, select, text } from '@clack/prompts';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';

export type TerminalStreams = { readonly input: Readable; readonly output: Writable };

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

/**
 * Asks at a terminal. After Ctrl+C, `end` or the end of the input, every question throws
 * `SetupEnd`.
 */
export class SetupQuestions implements Disposable {
  readonly #terminal;
  readonly #ending = new AbortController();
  readonly #promptOptions;

  constructor(terminal: TerminalStreams) {
    this.#terminal = terminal;
    this.#promptOptions = { ...terminal, signal: this.#ending.signal };
    terminal.input.once('end', this.end).once('close', this.end);
  }

  readonly end = () => this.#ending.abort(makeSetupEnd());

  say(words: string) {
    log.message(words, this.#terminal);
  }

  /** Hides the answer. `check` returns a sentence for a wrong answer. */
  async askSecret(message: string, check: CheckAnswer): Promise<string> {
    const answer = await password({
      ...this.#promptOptions,
      message,
      validate: checkTrimmed(check),
      clearOnError: true,
    });
    return requireAnswer(answer).trim();
  }

  async askText(
    message: string,
    placeholder: string,
    check: CheckAnswer,
  ): Promise<string> {
    return requireAnswer(
      await text({
        ...this.#promptOptions,
        message,
        placeholder,
        validate: checkTrimmed(check),
      }),
    ).trim();
  }

  async choose<T>(message: string, choices: readonly AnswerChoice<T>[]): Promise<T> {
    // clack takes only plain values, so a choice is passed by its number.
    const options = choices.map(({ label }, index) => ({ value: `${index}`, label }));
    const choice =
      choices[
        Number(
          requireAnswer(await select({ ...this.#promptOptions, message, options })),
        )
      ];
    if (!choice) throw makeSetupEnd();
    return choice.value;
  }

  /** Waits for `work` below a plain line. */
  async waitFor<T>(subject: string, work: Promise<T>): Promise<T> {
    // The spinner of clack ends the process with 0 at Ctrl+C.
    log.step(subject, this.#terminal);
    return await waitUnlessAborted(work, this.#ending.signal);
  }

  [Symbol.dispose]() {
    this.#terminal.input.off('end', this.end).off('close', this.end);
  }
}

function checkTrimmed(check: CheckAnswer) {
  return (value = '') => check(value.trim());
}

function requireAnswer<T>(answer: T) {
  if (isCancel(answer)) throw makeSetupEnd();
  return answer as Exclude<T, symbol>; // isCancel() has just told it from the only symbol there is
}

function makeSetupEnd() {
  return new SetupEnd(
    1,
    'The setup has ended. Nothing was written. Run npm run setup to start again.',
  );
}
