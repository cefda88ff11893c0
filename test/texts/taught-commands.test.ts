import { globSync, readFileSync } from 'node:fs';
import { commands } from '#commands/commands.ts';
import type { CommandOption } from '#src/features/command.ts';
import { textLocales } from '#src/texts/locales.ts';
import { formatText, type Locale, readTexts } from '#src/texts/texts.ts';

/** Options of each command by its name, say `voice me`; a group has those of all its commands. */
const optionsByCommand = new Map<string, readonly CommandOption[]>(
  commands.flatMap((command) => {
    if ('label' in command) return [];
    if (!('commands' in command)) return [[command.name, command.options] as const];
    const pieces = command.commands.map(
      (part) => [`${command.name} ${part.name}`, part.options] as const,
    );
    return [
      [command.name, pieces.flatMap(([, options]) => options)] as const,
      ...pieces,
    ];
  }),
);

/** A command that does not belong to an address or a path. */
const commandPattern =
  /(?<![\w/.<~`}\]-])\/([a-z]+)\b(?![/.\w-]\w)(?: ([a-z]+)\b(?!:))?/g;
/** An option of a command that stands before it; a colon before a command, a quote or a line's end is prose. */
const optionPattern =
  /(?<![\p{L}\w:/"])([\p{Ll}\p{Lo}\p{Lm}_]+):(?! ?["/{`]| ?$) ?([\p{L}\w-]*)/gmu;

/** Commands, options and values of choices that a sentence teaches and that do not exist in its language. */
function findUnknownParts(sentence: string, locale: Locale = 'en') {
  const matches = [...sentence.matchAll(commandPattern)];
  const [first] = matches;
  if (!first) return [];
  const taught = matches.map(([typed, name = '', part = '']) => {
    const isGroup = [...optionsByCommand.keys()].some((text) =>
      text.startsWith(`${name} `),
    );
    const command = isGroup && part !== '' ? `${name} ${part}` : name;
    return { typed, options: optionsByCommand.get(command) };
  });
  const options = taught.flatMap((entry) => entry.options ?? []);
  const named = [...sentence.slice(first.index).matchAll(optionPattern)];
  const isKnown = (name: string, value: string) =>
    options.some((option) => {
      if (formatText(`option.${option.name}`, {}, locale) !== name) return false;
      if (option.kind !== 'choice') return true;
      return option.values.some((choice) =>
        formatText(`choice.${choice}`, {}, locale).startsWith(value),
      );
    });
  return [
    ...taught.flatMap((entry) => (entry.options ? [] : [entry.typed])),
    ...named.flatMap(([typed, name = '', value = '']) =>
      isKnown(name, value) ? [] : [typed],
    ),
  ];
}

test('a sentence about an option or a command that is gone is found', () => {
  expect(findUnknownParts('/captions recap sums up, with since: i came')).toEqual([
    'since: i',
  ]);
  expect(findUnknownParts('Run /track rewind.')).toEqual(['/track rewind']);
  expect(findUnknownParts('Run /rewind, or /stop what:noise.')).toEqual([
    '/rewind',
    'what:noise',
  ]);
  expect(findUnknownParts('Mit /stop what:sounds', 'de')).toEqual(['what:sounds']);
});

test.each(textLocales)(
  'each command and option that a text teaches exists: %s',
  (locale) => {
    const sentences = [...readTexts(locale)].map(([id, { text }]) => ({
      id,
      sentence: text,
    }));
    const unknown = sentences.map(({ id, sentence }) => ({
      id,
      parts: findUnknownParts(sentence, locale),
    }));
    expect(unknown.filter(({ parts }) => parts.length > 0)).toEqual([]);
  },
);

test('each command and option that a document or a reply of the code teaches exists', () => {
  const files = globSync([
    'README.md',
    'docs/{members,owners,troubleshooting}.md',
    'commands/**/*.ts',
    'src/features/**/*.ts',
  ]);
  const lines = files.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const all = file.endsWith('.ts')
      ? Array.from(text.matchAll(/'(\/[^']+)'/g), ([, one]) => one)
      : text.split('\n');
    return all.map((line = '') => ({ file, line, parts: findUnknownParts(line) }));
  });
  expect(lines.length).toBeGreaterThan(400);
  expect(lines.filter(({ parts }) => parts.length > 0)).toEqual([]);
});
