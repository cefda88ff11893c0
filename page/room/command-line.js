/**
 * A slash command as the bot registered it. Option types: https://docs.discord.com/developers/interactions/application-commands
 * @typedef {{ name: string, value: string | number }} Choice
 * @typedef {{ type: number, name: string, description?: string, required?: boolean, autocomplete?: boolean,
 *   choices?: readonly Choice[], options?: readonly RegisteredOption[] }} RegisteredOption
 * @typedef {{ name: string, type?: number, description?: string, options?: readonly RegisteredOption[] }} RegisteredCommand
 * @typedef {Record<string, string | number | { file: string }>} OptionValues
 */

/**
 * `line` is the whole line with the suggestion. `group` is the heading of a command.
 * @typedef {{ line: string, label: string, description: string, group?: string }} Suggestion
 */

const [subcommand, group, boolean, fileType] = [1, 2, 5, 11];

/**
 * Reads a line as a command. Words before the first option's name fill the first option.
 * @example readCommand('/track play rain volume:50', commands)
 * @param {string} line
 * @param {readonly RegisteredCommand[]} commands
 * @returns {{ kind: 'command', name: string, options: OptionValues } | { kind: 'incomplete', message: string }}
 */
export function readCommand(line, commands) {
  const found = followPath(line, commands);
  if (found.kind === 'names')
    return { kind: 'incomplete', message: explainIncomplete(found) };
  const { name, options, values } = found;
  /** @type {OptionValues} */
  const filled = {};
  for (const option of options) {
    const words = values.get(option.name);
    if (words === undefined || words === '') {
      if (!option.required) continue;
      return { kind: 'incomplete', message: `/${name} needs ${option.name}:` };
    }
    const value = toOptionValue(option, words);
    if (value === undefined) {
      const known = listValues(option).map((choice) => choice.name);
      return {
        kind: 'incomplete',
        message: `${option.name} is one of: ${known.join(', ')}.`,
      };
    }
    filled[option.name] = value;
  }
  return { kind: 'command', name, options: filled };
}

/**
 * Suggests how the line goes on. With `ask` the bot knows values of the option. With `file` the option takes a file.
 * @param {string} line
 * @param {readonly RegisteredCommand[]} commands
 * @returns {{ suggestions: readonly Suggestion[], ask?: { name: string, options: OptionValues, focused: string }, file?: string }}
 */
export function completeLine(line, commands) {
  if (!line.startsWith('/')) return { suggestions: [] };
  const found = followPath(line, commands);
  if (found.kind === 'names') return { suggestions: suggestNames(found) };
  const { name, options, values, last, head } = found;
  const focused = options.find((option) => option.name === last);
  const typed = last === undefined ? '' : (values.get(last) ?? '');
  if (!focused || (typed !== '' && line.endsWith(' ')))
    return { suggestions: suggestOptions(line, options, values) };
  if (focused.type === fileType) return { suggestions: [], file: focused.name };
  const before = head.trimEnd();
  const suggestions = listValues(focused)
    .filter((choice) => choice.name.toLowerCase().includes(typed.toLowerCase()))
    .map((choice) => suggestValue(before, focused, choice));
  if (!focused.autocomplete) return { suggestions };
  const filled = Object.fromEntries(values);
  return {
    suggestions,
    ask: { name, options: { ...filled, [focused.name]: typed }, focused: focused.name },
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
  const found = followPath(line, commands);
  if (found.kind === 'names') return [];
  const option = found.options.find(({ name }) => name === found.last);
  return option
    ? choices.map((choice) => suggestValue(found.head.trimEnd(), option, choice))
    : [];
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
 * @typedef {{ kind: 'names', path: readonly string[], typed: string, next: readonly RegisteredOption[] }} Names
 * @typedef {{ kind: 'options', name: string, options: readonly RegisteredOption[], values: Map<string, string>,
 *   last: string | undefined, head: string }} Options
 */

/**
 * Follows a line to a command and its options.
 * @param {string} line
 * @param {readonly RegisteredCommand[]} commands
 * @returns {Names | Options}
 */
function followPath(line, commands) {
  let rest = line.replace(/^\s*\//, '');
  /** @type {readonly RegisteredOption[]} */
  let next = commands
    .filter(({ type = 1 }) => type === 1)
    .map((command) => ({ ...command, type: subcommand }));
  /** @type {string[]} */
  const path = [];
  while (next.some(isSubcommand)) {
    const [, word = '', space = ''] = /^(\S*)(\s*)/.exec(rest) ?? [];
    const found = next.find(({ name }) => name === word);
    const goesOn = space !== '' || rest === word;
    if (!found || !goesOn || (space === '' && found.options?.some(isSubcommand)))
      return { kind: 'names', path, typed: word, next };
    path.push(word);
    rest = rest.slice(word.length + space.length);
    next = found.options ?? [];
  }
  return {
    kind: 'options',
    name: path.join(' '),
    options: next,
    ...readValues(line, rest, next),
  };
}

/** @param {RegisteredOption} option */
function isSubcommand({ type }) {
  return type === subcommand || type === group;
}

/**
 * Reads the values after `name:`.
 * @param {string} line
 * @param {string} rest
 * @param {readonly RegisteredOption[]} options
 */
function readValues(line, rest, options) {
  /** @type {Map<string, string>} */
  const values = new Map();
  const names = new Set(options.map(({ name }) => name));
  const marks = [...rest.matchAll(/(?:^|\s)([\w-]+):/g)].filter(([, name = '']) =>
    names.has(name),
  );
  const bare = rest.slice(0, marks[0]?.index).trim();
  const [first] = options;
  if (bare && first) values.set(first.name, bare);
  marks.forEach((mark, n) => {
    const from = mark.index + mark[0].length;
    values.set(mark[1] ?? '', rest.slice(from, marks[n + 1]?.index).trim());
  });
  const mark = marks.at(-1);
  const last = mark ? mark[1] : bare && first ? first.name : undefined;
  const headLength = line.length - rest.length + (mark?.index ?? 0);
  return { values, last, head: line.slice(0, headLength) };
}

/** @param {Names} names */
function explainIncomplete({ path, typed, next }) {
  const group = next.find(({ name }) => name === typed);
  const whole = [...path, ...(group ? [typed] : [])].join(' ');
  const known = (group?.options ?? next).map(({ name }) => name).join(', ');
  if (whole !== '') return `/${whole} needs one of: ${known}.`;
  return typed
    ? `There is no command /${typed} here.`
    : 'A command begins with its name.';
}

/** Commands in the order in which a newcomer needs them. */
const commandGroups = Object.entries({
  Talk: ['join', 'ask', 'say', 'stop', 'leave', 'help'],
  Sound: ['track', 'voice'],
  'Captions and privacy': ['captions', 'privacy'],
  Server: ['settings', 'stats'],
});
const commandOrder = commandGroups.flatMap(([, names]) => names);

/** @param {Names} names */
function suggestNames({ path, typed, next }) {
  const head = path.map((name) => `${name} `).join('');
  const found = next.filter(({ name }) => name.startsWith(typed));
  const place = (/** @type {string} */ name) =>
    commandOrder.includes(name) ? commandOrder.indexOf(name) : 99;
  const sorted = head ? found : found.toSorted((a, b) => place(a.name) - place(b.name));
  return sorted.map(({ name, description = '' }) => {
    const label = `/${head}${name}`;
    const group = head
      ? undefined
      : commandGroups.find(([, names]) => names.includes(name))?.[0];
    return { line: `${label} `, label, description, ...(group && { group }) };
  });
}

/**
 * @param {string} line
 * @param {readonly RegisteredOption[]} options
 * @param {Map<string, string>} values
 */
function suggestOptions(line, options, values) {
  return options
    .filter(({ name }) => !values.has(name))
    .map(({ name, description = '', required }) => ({
      line: `${line.trimEnd()} ${name}:`,
      label: `${name}:`,
      description: required ? `${description} (needed)` : description,
    }));
}

/**
 * @param {RegisteredOption} option
 * @returns {readonly Choice[]}
 */
function listValues({ type, choices = [] }) {
  if (type !== boolean) return choices;
  return ['true', 'false'].map((word) => ({ name: word, value: word }));
}

/**
 * @param {string} before
 * @param {RegisteredOption} option
 * @param {Choice} choice
 */
function suggestValue(before, option, { name, value }) {
  const shown = option.choices ? name : `${value}`;
  return {
    line: `${before} ${option.name}:${shown} `,
    label: name,
    description: option.name,
  };
}

/**
 * @param {RegisteredOption} option
 * @param {string} words
 * @returns {string | number | { file: string } | undefined} undefined: none of its choices
 */
function toOptionValue({ type, choices }, words) {
  if (choices)
    return choices.find(({ name, value }) => name === words || `${value}` === words)
      ?.value;
  return type === fileType ? { file: words } : words.replace(/^[@#](?=\S)/, '');
}

/** Suggestions that are shown at a time. */
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
