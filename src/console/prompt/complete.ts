import type { CommandShape, OptionShape } from '#src/console/sandbox-lines.ts';
import {
  choicesFor,
  findCommand,
  readGiven,
  shareOut,
  type TypedOption,
} from './command-shapes.ts';
import type { SlashValues } from './slash.ts';

/** Completions of the typed text. */
export type Completion =
  /** Each of `words` may stand in place of `typed`, the end of the line. */
  | { readonly kind: 'words'; readonly typed: string; readonly words: readonly string[] }
  /** Only the bot knows them: it is asked for values of option `focused`, which stand in place of `typed`. */
  | {
      readonly kind: 'ask';
      readonly typed: string;
      readonly name: string;
      readonly options: SlashValues;
      readonly focused: string;
    };

/** Completes a line up to the cursor. Speech is not completed. */
export function complete(line: string, commands: readonly CommandShape[]): Completion {
  const slash = /^(?:\s*[^\s:/]+:)?\s*(\/.*)$/s.exec(line)?.[1];
  if (slash === undefined) return none;
  const found = findCommand(slash, commands);
  if (found.kind === 'lost') {
    if (!slash.endsWith(found.word)) return none;
    const mark = found.path === '' ? '/' : '';
    const words = namesOf(found.choices, found.word).map((name) => `${mark}${name} `);
    return { kind: 'words', typed: `${mark}${found.word}`, words };
  }
  if (found.rest === '') {
    const typed = /(?<!\S)\S*$/.exec(slash)?.[0] ?? '';
    return { kind: 'words', typed, words: [`${typed} `] };
  }
  return inOptions(found.path, found.rest, found.options);
}

const none: Completion = { kind: 'words', typed: '', words: [] };

function inOptions(name: string, rest: string, options: readonly OptionShape[]): Completion {
  const { bare, given } = readGiven(rest, options);
  const last = given.at(-1);
  if (last?.open) return none;
  const word = /(?<!\S)\S*$/.exec(rest)?.[0] ?? '';
  const isValue = last && (last.value === '' || last.from >= rest.length - word.length);
  if (isValue) return valuesOf(name, rest.slice(last.from), last, given);
  const open = options.filter((option) => !given.some((each) => each.option === option));
  const filled = word === '' ? shareOut(bare, open).map(({ option }) => option) : [];
  const free = open.filter((option) => !filled.includes(option));
  const names = namesOf(free, word).map((each) => `${each}:`);
  if (names.length > 0) return { kind: 'words', typed: word, words: names };
  if (last) return valuesOf(name, rest.slice(last.from), last, given);
  return bare === '' ? none : bareValues(name, bare, open);
}

function valuesOf(
  name: string,
  typed: string,
  { option, value }: TypedOption,
  given: readonly TypedOption[],
): Completion {
  if (option.autocomplete) {
    const options = Object.fromEntries(given.map((each) => [each.option.name, each.value]));
    return { kind: 'ask', typed, name, options, focused: option.name };
  }
  const words = namesOf(choicesFor(option), value).map((choice) => `${option.name}:${choice}`);
  return { kind: 'words', typed, words };
}

/** Completions of values without names: those of required options, or else of the first option. */
function bareValues(name: string, bare: string, open: readonly OptionShape[]): Completion {
  const shares = shareOut(bare, open);
  const last = shares.at(-1);
  if (!last) return none;
  const { option, value: typed } = last;
  if (option.autocomplete) {
    const words = shares.map((each) => [each.option.name, each.value]);
    return { kind: 'ask', typed, name, options: Object.fromEntries(words), focused: option.name };
  }
  return { kind: 'words', typed, words: namesOf(choicesFor(option), typed) };
}

function namesOf(named: readonly { readonly name: string }[], typed: string): readonly string[] {
  const start = typed.toLowerCase();
  return named.map(({ name }) => name).filter((name) => name.toLowerCase().startsWith(start));
}
