import type { CommandShape, OptionShape } from '#src/console/sandbox-lines.ts';
import {
  type CommandMatch,
  choicesFor,
  findCommand,
  readGiven,
  shareOut,
} from './command-shapes.ts';

export type SlashValues = Readonly<Record<string, string | number>>;

/** A slash command ready to be sent, or one sentence about its mistake. */
export type SlashCommand =
  | { readonly kind: 'ready'; readonly name: string; readonly options: SlashValues }
  | { readonly kind: 'wrong'; readonly why: string };

/** A colon right behind a small word, as in `whne:now`, was meant as a name. */
const strayName = /^([a-z][a-z0-9_-]*):(?![\s/])/;

/**
 * Reads `/say text:hello there when:now`, or `/say hello there`: words without a name are for the options without a value.
 *
 * Quotes are only needed around a value that holds the name of another option.
 */
export function readSlash(line: string, commands: readonly CommandShape[]): SlashCommand {
  const found = findCommand(line, commands);
  if (found.kind === 'lost') return wrong(lost(found));
  const at = `/${found.path}`;
  const { bare, given } = readGiven(found.rest, found.options);
  const words = new Map(given.map(({ option, value }) => [option, value]));
  if (bare !== '') {
    const [, stray] = strayName.exec(bare) ?? [];
    const open = found.options.filter((option) => !words.has(option));
    if (stray !== undefined || open.length === 0) return wrong(hasNo(at, stray, found.options));
    for (const { option, value } of shareOut(bare, open)) words.set(option, value);
  }
  const missing = found.options.find((option) => option.required && !words.get(option));
  if (missing) return wrong(`${at} needs ${missing.name}: ${at} ${missing.name}:...`);
  return filled(found.path, words);
}

function filled(path: string, words: ReadonlyMap<OptionShape, string>): SlashCommand {
  const options: Record<string, string | number> = {};
  for (const [option, word] of words) {
    if (word === '') return wrong(`There is no value after ${option.name}: in /${path}.`);
    const value = choiceOf(option, word);
    if (value === undefined) {
      const names = choicesFor(option)
        .map(({ name }) => name)
        .join(', ');
      return wrong(`/${path} cannot take "${word}" for ${option.name}; it takes ${names}.`);
    }
    options[option.name] = value;
  }
  return { kind: 'ready', name: path, options };
}

/** Value that is sent for a word; an option without choices takes any. */
function choiceOf(option: OptionShape, word: string): string | number | undefined {
  const choices = choicesFor(option);
  if (choices.length === 0) return word;
  const wanted = word.toLowerCase();
  const fits = ({ name, value }: OptionShape['choices'][number]) =>
    name.toLowerCase() === wanted || String(value).toLowerCase() === wanted;
  return choices.find(fits)?.value;
}

function wrong(why: string): SlashCommand {
  return { kind: 'wrong', why };
}

function lost({ path, word, choices }: Extract<CommandMatch, { kind: 'lost' }>): string {
  const mark = path === '' ? '/' : '';
  const all = choices.map(({ name }) => `${mark}${name}`).join(', ') || 'none yet';
  if (path === '') {
    return word === '' ? `The commands are ${all}.` : `There is no /${word}; there is ${all}.`;
  }
  return word === '' ? `/${path} needs one of ${all}.` : `/${path} has no ${word}; it has ${all}.`;
}

function hasNo(at: string, stray: string | undefined, options: readonly OptionShape[]): string {
  const names = options.map(({ name }) => name).join(', ');
  if (names === '') return `${at} takes nothing more.`;
  return stray === undefined
    ? `${at} takes nothing beside ${names}.`
    : `${at} has no ${stray}; it has ${names}.`;
}
