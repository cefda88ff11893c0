import { findCommand, type Given, readGiven } from './command-shapes.ts';
import type { CommandShape, OptionShape } from './sandbox-lines.ts';
import type { Words } from './slash.ts';

/** What fits what was typed so far. */
export type Completion =
  /** Each of `words` may stand in place of `typed`, the end of the line. */
  | { readonly kind: 'words'; readonly typed: string; readonly words: readonly string[] }
  /** Only the bot knows: it is asked for values of option `focused`, which stand in place of `typed`. */
  | {
      readonly kind: 'ask';
      readonly typed: string;
      readonly name: string;
      readonly options: Words;
      readonly focused: string;
    };

/** Of a line up to the cursor. Speech is not completed. */
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
    const typed = /\S*$/.exec(slash)?.[0] ?? '';
    return { kind: 'words', typed, words: [`${typed} `] };
  }
  return inOptions(found.path, found.rest, found.options);
}

const none: Completion = { kind: 'words', typed: '', words: [] };

function inOptions(name: string, rest: string, options: readonly OptionShape[]): Completion {
  const { bare, given } = readGiven(rest, options);
  const last = given.at(-1);
  if (last?.open) return none;
  const word = /\S*$/.exec(rest)?.[0] ?? '';
  const isValue = last && (last.value === '' || last.from >= rest.length - word.length);
  if (isValue) return valuesOf(name, rest.slice(last.from), last, given);
  const open = options.filter((option) => !given.some((each) => each.option === option));
  const names = namesOf(open, word).map((each) => `${each}:`);
  if (names.length > 0) return { kind: 'words', typed: word, words: names };
  if (last) return valuesOf(name, rest.slice(last.from), last, given);
  const [first] = open;
  return first && bare !== '' ? bareValues(name, bare, first) : none;
}

function valuesOf(
  name: string,
  typed: string,
  { option, value }: Given,
  given: readonly Given[],
): Completion {
  if (option.autocomplete) {
    const options = Object.fromEntries(given.map((each) => [each.option.name, each.value]));
    return { kind: 'ask', typed, name, options, focused: option.name };
  }
  const words = namesOf(option.choices, value).map((choice) => `${option.name}:${choice}`);
  return { kind: 'words', typed, words };
}

/** The first option may be typed without its name. */
function bareValues(name: string, bare: string, option: OptionShape): Completion {
  if (option.autocomplete) {
    const options = { [option.name]: bare };
    return { kind: 'ask', typed: bare, name, options, focused: option.name };
  }
  return { kind: 'words', typed: bare, words: namesOf(option.choices, bare) };
}

function namesOf(named: readonly { readonly name: string }[], typed: string): readonly string[] {
  const start = typed.toLowerCase();
  return named.map(({ name }) => name).filter((name) => name.toLowerCase().startsWith(start));
}
