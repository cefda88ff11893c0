/** @import { TextId, TextLine } from './texts.js' */

import { formatText } from './texts.js';

/**
 * A choice of an option. Source of this and the next: https://docs.discord.com/developers/interactions/application-commands
 * @typedef {object} Choice
 * @property {string} name
 * @property {Readonly<Record<string, string>>} [name_localizations]
 * @property {string | number} value
 */

/**
 * An option, a subcommand or a group of them.
 * @typedef {object} RegisteredOption
 * @property {number} type
 * @property {string} name
 * @property {Readonly<Record<string, string>>} [name_localizations] names that texts in other languages teach
 * @property {string} [description]
 * @property {boolean} [required]
 * @property {boolean} [autocomplete] whether the bot knows values for half-typed text
 * @property {readonly Choice[]} [choices]
 * @property {readonly RegisteredOption[]} [options]
 */

/**
 * A command as the bot registered it. Default type: a slash command.
 * @typedef {object} RegisteredCommand
 * @property {string} name
 * @property {number} [type]
 * @property {string} [description]
 * @property {readonly RegisteredOption[]} [options]
 */

/**
 * Values of a command by the names of its options.
 * @typedef {Record<string, string | number | { file: string }>} OptionValues
 */

/**
 * A way in which a line can go on.
 * @typedef {object} Suggestion
 * @property {string} line the whole line with the suggestion
 * @property {string} label
 * @property {string} description
 * @property {string} [group] heading above a command
 */

/**
 * A line that is read: a command with its values, or a text about the missing part.
 * @typedef {{ kind: 'command', name: string, options: OptionValues } | { kind: 'incomplete', lack: TextLine }} ReadLine
 */

/**
 * Everything that helps to go on with a line.
 * @typedef {object} LineCompletion
 * @property {readonly Suggestion[]} suggestions
 * @property {{ name: string, options: OptionValues, focused: string }} [ask] request for values that the bot knows
 * @property {string} [file] name of the option that takes a file
 */

const subcommandType = 1;
const groupType = 2;
const booleanType = 5;
const fileType = 11;

/**
 * Reads a line as a command. Text before the first option's name fills the first option.
 * @example readCommand('/track play rain volume:50', commands)
 * @param {string} line
 * @param {readonly RegisteredCommand[]} commands
 * @returns {ReadLine}
 */
export function readCommand(line, commands) {
  const position = followPath(line, commands);
  if (position.kind === 'names')
    return { kind: 'incomplete', lack: findLack(position) };
  const { name, options, values } = position;
  /** @type {OptionValues} */
  const filled = {};
  for (const option of options) {
    const text = values.get(option.name);
    if (text === undefined || text === '') {
      if (!option.required) continue;
      return lackOption(name, option.name);
    }
    const value = toOptionValue(option, text);
    if (value === undefined) return refuseValue(name, option);
    filled[option.name] = value;
  }
  return { kind: 'command', name, options: filled };
}

/**
 * Says that a command lacks an option.
 * @param {string} command
 * @param {string} option
 * @returns {ReadLine}
 */
function lackOption(command, option) {
  const lack = { command, option };
  return { kind: 'incomplete', lack: { id: 'page.command.option', with: lack } };
}

/**
 * Says what an option takes. Numbers have no list.
 * @param {string} command
 * @param {RegisteredOption} option
 * @returns {ReadLine}
 */
function refuseValue(command, option) {
  const choices = listValues(option).map((choice) => choice.name);
  if (choices.length === 0) return lackOption(command, option.name);
  const lack = { option: option.name, choices: choices.join(', ') };
  return { kind: 'incomplete', lack: { id: 'page.command.choices', with: lack } };
}

/**
 * Suggests how the line goes on.
 * @param {string} line
 * @param {readonly RegisteredCommand[]} commands
 * @returns {LineCompletion}
 */
export function completeLine(line, commands) {
  if (!line.startsWith('/')) return { suggestions: [] };
  const position = followPath(line, commands);
  if (position.kind === 'names') return { suggestions: suggestNames(position) };
  const { name, options, values, lastOption, beforeOption } = position;
  const focused = options.find((option) => option.name === lastOption);
  const typed = lastOption === undefined ? '' : (values.get(lastOption) ?? '');
  if (!focused || (typed !== '' && line.endsWith(' ')))
    return { suggestions: suggestOptions(line, options, values) };
  if (focused.type === fileType) return { suggestions: [], file: focused.name };
  const lineStart = beforeOption.trimEnd();
  const suggestions = listValues(focused)
    .filter((choice) => choice.name.toLowerCase().includes(typed.toLowerCase()))
    .map((choice) => suggestValue(lineStart, focused, choice));
  if (!focused.autocomplete) return { suggestions };
  const typedValues = Object.fromEntries(values);
  return {
    suggestions,
    ask: {
      name,
      options: { ...typedValues, [focused.name]: typed },
      focused: focused.name,
    },
  };
}

/**
 * Suggests choices of the option at the end of a line.
 * @param {string} line
 * @param {readonly RegisteredCommand[]} commands
 * @param {readonly Choice[]} choices
 * @returns {readonly Suggestion[]}
 */
export function suggestChoices(line, commands, choices) {
  const position = followPath(line, commands);
  if (position.kind === 'names') return [];
  const { options, lastOption, beforeOption } = position;
  const option = options.find(({ name }) => name === lastOption);
  if (!option) return [];
  const lineStart = beforeOption.trimEnd();
  return choices.map((choice) => suggestValue(lineStart, option, choice));
}

/**
 * Finds the suggestion that Enter takes: the first, unless the line is whole and only options could follow.
 * @param {string} line
 * @param {readonly Suggestion[]} suggestions
 * @param {readonly RegisteredCommand[]} commands
 * @returns {number} -1: none, Enter sends the line
 */
export function findFirstMarked(line, suggestions, commands) {
  const isWhole = readCommand(line, commands).kind === 'command';
  return isWhole && suggestions[0]?.label.endsWith(':') ? -1 : 0;
}

/**
 * A line that ends within the name of a command.
 * @typedef {object} NamesPosition
 * @property {'names'} kind
 * @property {readonly string[]} path names that are whole
 * @property {string} typed beginning of the next name
 * @property {readonly RegisteredOption[]} next commands or subcommands that can follow
 */

/**
 * Values of a line, and its end.
 * @typedef {object} TypedValues
 * @property {Map<string, string>} values
 * @property {string | undefined} lastOption name of the option at the end of the line
 * @property {string} beforeOption the line up to that option
 */

/**
 * A line that ends within the options of a command.
 * @typedef {{ kind: 'options', name: string, options: readonly RegisteredOption[] } & TypedValues} OptionsPosition
 */

/**
 * Follows a line to a command and its options.
 * @param {string} line
 * @param {readonly RegisteredCommand[]} commands
 * @returns {NamesPosition | OptionsPosition}
 */
function followPath(line, commands) {
  let remainingLine = line.replace(/^\s*\//, '');
  /** @type {readonly RegisteredOption[]} */
  let next = commands
    .filter(({ type = 1 }) => type === 1)
    .map((command) => ({ ...command, type: subcommandType }));
  /** @type {string[]} */
  const path = [];
  while (next.some(isSubcommand)) {
    const [, word = '', space = ''] = /^(\S*)(\s*)/.exec(remainingLine) ?? [];
    const command = next.find(({ name }) => name === word);
    const isWholeName = space !== '' || remainingLine === word;
    const isEnd = space === '' && command?.options?.some(isSubcommand);
    if (!command || !isWholeName || isEnd)
      return { kind: 'names', path, typed: word, next };
    path.push(word);
    remainingLine = remainingLine.slice(word.length + space.length);
    next = command.options ?? [];
  }
  return {
    kind: 'options',
    name: path.join(' '),
    options: next,
    ...readValues(line, remainingLine, next),
  };
}

/**
 * Tests for a subcommand, or a group of them.
 * @param {RegisteredOption} option
 * @returns {boolean}
 */
function isSubcommand({ type }) {
  return type === subcommandType || type === groupType;
}

/**
 * Reads the values after `name:`.
 * @param {string} line
 * @param {string} optionText the line after the name of the command
 * @param {readonly RegisteredOption[]} options
 * @returns {TypedValues}
 */
function readValues(line, optionText, options) {
  /** @type {Map<string, string>} */
  const values = new Map();
  const marks = [...optionText.matchAll(/(?:^|\s)([\p{L}\w-]+):/gu)].flatMap((mark) => {
    const option = options.find((each) => hasName(each, mark[1] ?? ''));
    return option ? [{ index: mark.index, length: mark[0].length, option }] : [];
  });
  const unnamedText = optionText.slice(0, marks[0]?.index).trim();
  const [firstOption] = options;
  if (unnamedText && firstOption) values.set(firstOption.name, unnamedText);
  marks.forEach((mark, n) => {
    const from = mark.index + mark.length;
    const text = optionText.slice(from, marks[n + 1]?.index).trim();
    values.set(mark.option.name, text);
  });
  const lastMark = marks.at(-1);
  const unnamedOption = unnamedText ? firstOption?.name : undefined;
  const lastOption = lastMark ? lastMark.option.name : unnamedOption;
  const startLength = line.length - optionText.length + (lastMark?.index ?? 0);
  return { values, lastOption, beforeOption: line.slice(0, startLength) };
}

/**
 * Tests for a name in any language.
 * @param {Pick<RegisteredOption, 'name' | 'name_localizations'>} named
 * @param {string} text
 * @returns {boolean}
 */
function hasName({ name, name_localizations = {} }, text) {
  return name === text || Object.values(name_localizations).includes(text);
}

/**
 * Finds which name is missing.
 * @param {NamesPosition} position
 * @returns {TextLine}
 */
function findLack({ path, typed, next }) {
  const group = next.find(({ name }) => name === typed);
  const commandPath = [...path, ...(group ? [typed] : [])].join(' ');
  const nextNames = (group?.options ?? next).map(({ name }) => name).join(', ');
  if (commandPath !== '')
    return {
      id: 'page.command.names',
      with: { command: commandPath, names: nextNames },
    };
  return typed
    ? { id: 'page.command.unknown', with: { command: typed } }
    : { id: 'page.command.none' };
}

/**
 * Commands in the order in which a newcomer needs them, by the heading of their group.
 * @type {readonly (readonly [TextId & `page.group.${string}`, readonly string[]])[]}
 */
const commandGroups = [
  ['page.group.talk', ['join', 'ask', 'say', 'stop', 'leave', 'help']],
  ['page.group.sound', ['track', 'voice']],
  ['page.group.captions', ['captions', 'privacy']],
  ['page.group.server', ['settings', 'stats']],
];
const commandOrder = commandGroups.flatMap(([, names]) => names);

/**
 * Suggests the names that can follow, commands in the order of `commandGroups`.
 * @param {NamesPosition} position
 * @returns {readonly Suggestion[]}
 */
function suggestNames({ path, typed, next }) {
  const pathText = path.map((name) => `${name} `).join('');
  const matching = next.filter(({ name }) => name.startsWith(typed));
  const findRank = (/** @type {string} */ name) =>
    commandOrder.includes(name) ? commandOrder.indexOf(name) : 99;
  const sorted = pathText
    ? matching
    : matching.toSorted((a, b) => findRank(a.name) - findRank(b.name));
  return sorted.map(({ name, description = '' }) => {
    const label = `/${pathText}${name}`;
    const group = pathText
      ? undefined
      : commandGroups.find(([, names]) => names.includes(name))?.[0];
    return {
      line: `${label} `,
      label,
      description,
      ...(group && { group: formatText(group) }),
    };
  });
}

/**
 * Suggests the options that the line has not named yet.
 * @param {string} line
 * @param {readonly RegisteredOption[]} options
 * @param {Map<string, string>} values
 * @returns {readonly Suggestion[]}
 */
function suggestOptions(line, options, values) {
  return options
    .filter(({ name }) => !values.has(name))
    .map(({ name, description = '', required }) => ({
      line: `${line.trimEnd()} ${name}:`,
      label: `${name}:`,
      description: required
        ? formatText('page.command.needed', { description })
        : description,
    }));
}

/**
 * Lists the choices of an option.
 * @param {RegisteredOption} option
 * @returns {readonly Choice[]}
 */
function listValues({ type, choices = [] }) {
  if (type !== booleanType) return choices;
  return ['true', 'false'].map((text) => ({ name: text, value: text }));
}

/**
 * Suggests one value for the option at the end of a line.
 * @param {string} lineStart the line up to the option
 * @param {RegisteredOption} option
 * @param {Choice} choice
 * @returns {Suggestion}
 */
function suggestValue(lineStart, option, { name, value }) {
  const text = option.choices ? name : `${value}`;
  return {
    line: `${lineStart} ${option.name}:${text} `,
    label: name,
    description: option.name,
  };
}

/**
 * Turns typed text into the value of an option.
 * @param {RegisteredOption} option
 * @param {string} text
 * @returns {string | number | { file: string } | undefined} undefined: none of its choices
 */
function toOptionValue({ type, choices }, text) {
  if (choices)
    return choices.find((choice) => hasName(choice, text) || `${choice.value}` === text)
      ?.value;
  return type === fileType ? { file: text } : text.replace(/^[@#](?=\S)/, '');
}

/** Number of suggestions that are shown at a time. @type {number} */
export const maxSuggestions = 25;

/**
 * Marks, takes or closes suggestions by a key.
 * @param {string} key as `KeyboardEvent.key` names it
 * @param {{ picked: number, count: number }} list
 * @returns {{ kind: 'marked' | 'taken', picked: number } | { kind: 'closed' } | undefined} undefined: nothing, the key is the line's
 */
export function pressKey(key, { picked, count }) {
  if (count === 0) return undefined;
  switch (key) {
    case 'ArrowDown':
      return { kind: 'marked', picked: (picked + 1) % count };
    case 'ArrowUp':
      return { kind: 'marked', picked: (picked <= 0 ? count : picked) - 1 };
    case 'Tab':
      return { kind: 'taken', picked: Math.max(0, picked) };
    case 'Enter':
      return picked < 0 ? undefined : { kind: 'taken', picked };
    case 'Escape':
      return { kind: 'closed' };
  }
  return undefined;
}
