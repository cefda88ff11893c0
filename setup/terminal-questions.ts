import type { Readable, Writable } from 'node:stream';
import { confirm, isCancel, log, password, select, text } from '@clack/prompts';
import { Secret } from '#src/base/secret.ts';
import { type AnswerChoice, type Questions, SetupEnd } from './questions.ts';

export type TerminalStreams = { readonly input: Readable; readonly output: Writable };

/** Asks at a terminal. The end of its input, and `end`, end the set-up as Ctrl+C does. */
export function openTerminalQuestions(
  terminal: TerminalStreams,
): Questions & Disposable & { end(): void } {
  const gone = new AbortController();
  const onEnd = () => gone.abort(new Error('the input has ended'));
  terminal.input.once('end', onEnd).once('close', onEnd);
  const { signal } = gone;
  const common = { ...terminal, signal };
  return {
    canAsk: true,
    say: (words) => log.message(words, terminal),
    async askSecret(message, check) {
      const validate = (value: string | undefined) => check(value?.trim() ?? '');
      const answer = await password({ ...common, message, validate, clearOnError: true });
      return new Secret(answered(answer).trim());
    },
    async askText(message, placeholder, check) {
      const validate = (value: string | undefined) => check(value?.trim() ?? '');
      const answer = await text({ ...common, message, placeholder, validate });
      return answered(answer).trim();
    },
    choose: (message, choices) =>
      chosen(choices, (options) => select({ ...common, message, options })),
    confirm: async (message) => answered(await confirm({ ...common, message })),
    async wait(what, work) {
      log.step(what, terminal);
      return await waited(work, signal);
    },
    end: onEnd,
    [Symbol.dispose]() {
      terminal.input.off('end', onEnd).off('close', onEnd);
    },
  };
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw ended();
  return answer as Exclude<T, symbol>; // isCancel() has just told it from the only symbol there is
}

function ended(): SetupEnd {
  return new SetupEnd(
    1,
    'The setup has ended. Nothing was written. Run npm run setup to start again.',
  );
}

/** clack takes plain values; here a choice goes by its number. */
function optionsOf(choices: readonly AnswerChoice<unknown>[]) {
  return choices.map(({ label, hint }, index) => ({
    value: `${index}`,
    label,
    hint,
  }));
}

async function chosen<T>(
  choices: readonly AnswerChoice<T>[],
  ask: (options: ReturnType<typeof optionsOf>) => Promise<string | symbol>,
): Promise<T> {
  const choice = choices[Number(answered(await ask(optionsOf(choices))))];
  if (!choice) throw ended();
  return choice.value;
}

/** clack's spinner would end the process at Ctrl+C, with 0. */
async function waited<T>(
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const gone = Promise.withResolvers<never>();
  const onAbort = () => gone.reject(ended());
  signal.addEventListener('abort', onAbort);
  try {
    if (signal.aborted) throw ended();
    return await Promise.race([work(signal), gone.promise]);
  } catch (error) {
    throw signal.aborted ? ended() : error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
