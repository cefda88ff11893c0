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

export type SetupQuestions = ReturnType<typeof createSetupQuestions>;

/**
 * Asks at a terminal. After Ctrl+C, `end` or the end of the input, every question throws
 * `SetupEnd`.
 */
export function createSetupQuestions(terminal: TerminalStreams) {
  const ending = new AbortController();
  const endQuestions = () => ending.abort(makeSetupEnd());
  const promptOptions = { ...terminal, signal: ending.signal };
  terminal.input.once('end', endQuestions).once('close', endQuestions);

  return {
    end: endQuestions,

    say(words: string) {
      log.message(words, terminal);
    },

    /** `check` returns a sentence for a wrong one. */
    async askSecret(message: string, check: CheckAnswer): Promise<string> {
      const answer = await password({
        ...promptOptions,
        message,
        validate: checkTrimmed(check),
        clearOnError: true,
      });
      return requireAnswer(answer).trim();
    },

    async askText(
      message: string,
      placeholder: string,
      check: CheckAnswer,
    ): Promise<string> {
      return requireAnswer(
        await text({
          ...promptOptions,
          message,
          placeholder,
          validate: checkTrimmed(check),
        }),
      ).trim();
    },

    async choose<T>(message: string, choices: readonly AnswerChoice<T>[]): Promise<T> {
      // clack takes only plain values, so a choice is passed by its number.
      const options = choices.map(({ label }, index) => ({ value: `${index}`, label }));
      const choice =
        choices[
          Number(requireAnswer(await select({ ...promptOptions, message, options })))
        ];
      if (!choice) throw makeSetupEnd();
      return choice.value;
    },

    /** Waits for `work` below a plain line. */
    async waitFor<T>(subject: string, work: Promise<T>): Promise<T> {
      // The spinner of clack ends the process with 0 at Ctrl+C.
      log.step(subject, terminal);
      return await waitUnlessAborted(work, ending.signal);
    },

    [Symbol.dispose]() {
      terminal.input.off('end', endQuestions).off('close', endQuestions);
    },
  };
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
