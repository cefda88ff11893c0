import type { CommandShape, OptionShape } from '#src/console/sandbox-lines.ts';

/** Source: Discord docs, "Application Command Option Type": up to the first an option is a subcommand or a group of them. */
const [groupType, truthType] = [2, 5];

/** Match of the words of a line with a command. */
export type CommandMatch =
  | {
      readonly kind: 'command';
      /** Path of a command, say `privacy status`. */
      readonly path: string;
      readonly options: readonly OptionShape[];
      /** Text behind the name, unchanged. */
      readonly rest: string;
    }
  /** `word` names none of `choices`, or is missing. */
  | {
      readonly kind: 'lost';
      /** Empty at the command itself. */
      readonly path: string;
      readonly word: string;
      readonly choices: readonly { readonly name: string }[];
    };

/** Follows `line`, say `/privacy allow for:today`, to the command it names. */
export function findCommand(line: string, commands: readonly CommandShape[]): CommandMatch {
  let names: readonly Pick<OptionShape, 'name' | 'options'>[] = commands;
  let rest = line.slice(1);
  for (const path: string[] = []; ; ) {
    const [, word = '', after = ''] = /^\s*(\S*)(.*)/s.exec(rest) ?? [];
    const chosen = names.find(({ name }) => name === word.toLowerCase());
    if (!chosen) return { kind: 'lost', path: path.join(' '), word, choices: names };
    path.push(chosen.name);
    rest = after;
    names = chosen.options.filter(({ type }) => type <= groupType);
    if (names.length === 0) {
      return { kind: 'command', path: path.join(' '), options: chosen.options, rest };
    }
  }
}

/** Values that an option takes, where they can be listed. */
export function choicesFor({ type, choices }: OptionShape): OptionShape['choices'] {
  if (type !== truthType) return choices;
  return ['true', 'false'].map((name) => ({ name, value: name }));
}

/** An option with its typed value. */
export type TypedOption = {
  readonly option: OptionShape;
  readonly value: string;
  /** Where `name:` begins in the text. */
  readonly from: number;
  /** A quote was opened and not closed. */
  readonly open: boolean;
};

/**
 * The `name:value` pairs in `text`, and the words before the first of them.
 *
 * A value reaches to the next name, or to its closing quote where it begins with one.
 */
export function readGiven(
  text: string,
  options: readonly OptionShape[],
): { readonly bare: string; readonly given: readonly TypedOption[] } {
  const given: TypedOption[] = [];
  const first = nextName(text, 0, options);
  for (let at = first; at; ) {
    const { value, end, open } = valueAt(text, at.end, options);
    given.push({ option: at.option, value, from: at.from, open });
    at = nextName(text, end, options);
  }
  return { bare: text.slice(0, first?.from ?? text.length).trim(), given };
}

/**
 * Shares words without a name out among `open`, the options without a value: a word each for those that must be filled, and
 * the rest for the last of these, or else for the first optional one.
 */
export function shareOut(
  bare: string,
  open: readonly OptionShape[],
): readonly { readonly option: OptionShape; readonly value: string }[] {
  const required = open.filter((option) => option.required);
  const takers = required.length > 0 ? required : open.slice(0, 1);
  const shares: { option: OptionShape; value: string }[] = [];
  let rest = bare;
  for (const option of takers) {
    if (rest === '') break;
    const [, word = '', after = ''] = /^(\S*)\s*(.*)/s.exec(rest) ?? [];
    const isLast = option === takers.at(-1);
    shares.push({ option, value: isLast ? rest : word });
    rest = isLast ? '' : after;
  }
  return shares;
}

type OptionName = { readonly option: OptionShape; readonly from: number; readonly end: number };

function nextName(
  text: string,
  from: number,
  options: readonly OptionShape[],
): OptionName | undefined {
  for (const match of text.slice(from).matchAll(/(?<!\S)([^\s:"]{1,32}):/gu)) {
    const option = options.find(({ name }) => name === match[1]?.toLowerCase());
    if (option) {
      const start = from + match.index;
      return { option, from: start, end: start + match[0].length };
    }
  }
  return undefined;
}

function valueAt(
  text: string,
  from: number,
  options: readonly OptionShape[],
): { readonly value: string; readonly end: number; readonly open: boolean } {
  const quoted = /^\s*"([^"]*)("?)(?=\s|$)/.exec(text.slice(from));
  if (quoted) {
    const [all, value = '', close] = quoted;
    return { value, end: from + all.length, open: close === '' };
  }
  const end = nextName(text, from, options)?.from ?? text.length;
  return { value: text.slice(from, end).trim(), end, open: false };
}
