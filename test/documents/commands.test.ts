import { commands } from '#commands/commands.ts';
import type { CommandOption } from '#src/features/command.ts';
import { textLocales } from '#src/texts/locales.ts';
import { readTexts } from '#src/texts/texts.ts';
import { readDocuments } from './project-documents.ts';

/** Options of every command, by the words that people type, as in `track play`. */
const optionsByCommand: ReadonlyMap<string, readonly CommandOption[]> = new Map(
  commands.flatMap((command) => {
    if ('label' in command) return [];
    if (!('commands' in command)) return [[command.name, command.options]];
    return command.commands.map((sub) => [`${command.name} ${sub.name}`, sub.options]);
  }),
);

/** First words of commands, as `track`. */
const names = new Set([...optionsByCommand.keys()].map((text) => text.split(' ')[0]));

/** A word with a colon, as in `volume:30`, and everything behind the colon. */
type GivenOption = { readonly name: string; readonly value: string };

/** Commands that a text names, each with its subcommand, whether they exist or not. */
function findCommands(text: string) {
  return [...text.matchAll(/(?<![\w./-])\/([a-z]+)(?![\w/])(?: ([a-z]+))?/g)].map(
    ([, name = '', next = '']) => {
      const sentence = `${name} ${next}`;
      return optionsByCommand.has(sentence) ? sentence : name;
    },
  );
}

function findOptions(text: string) {
  return [...text.matchAll(/(?<![\p{L}\d_"'])([a-z_]+):(?!\/)/gu)].map(
    ({ 0: said, 1: name = '', index }) => ({
      name,
      value: text.slice(index + said.length),
    }),
  );
}

/** Whether one of these commands has the option and takes the word that follows its colon. */
function takesOption(named: readonly string[], { name, value }: GivenOption) {
  return named
    .flatMap((text) => optionsByCommand.get(text) ?? [])
    .some((option) => {
      if (option.name !== name) return false;
      if (option.kind !== 'choice' || !/^[a-z]/.test(value)) return true;
      return option.values.some((text) => value.startsWith(text));
    });
}

/** Faults of a text of the bot in all its languages. */
function findTextFaults(texts: readonly string[]) {
  return texts.flatMap((text) =>
    findCommands(text).filter((one) => !names.has(one.split(' ')[0])),
  );
}

test('every command that a text of the bot names is there', () => {
  const tables = textLocales.map(readTexts);
  const strays = [...readTexts('en').keys()].flatMap((id) => {
    const texts = tables.flatMap((table) => table.get(id)?.text ?? []);
    return findTextFaults(texts).map((fault) => `${id}: ${fault}`);
  });
  expect(strays).toEqual([]);
});

/** Faults of the spans of code in one paragraph, row or entry of a document. */
function findSpanFaults(entry: string) {
  const spans = [...entry.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);
  const typed = spans.filter((span) => names.has(/^\/([a-z]+)(?= |$)/.exec(span)?.[1]));
  const named = typed.flatMap(findCommands);
  const wrong = typed.filter((span) => {
    const [command = ''] = findCommands(span);
    const isThere = optionsByCommand.has(command) || span === `/${command}`;
    return (
      !isThere || findOptions(span).some((fields) => !takesOption([command], fields))
    );
  });
  const options =
    named.length === 0 ? [] : spans.filter((span) => /^[a-z_]+:[\w ]*$/.test(span));
  const refused = options.filter((span) =>
    findOptions(span).some((item) => !takesOption(named, item)),
  );
  return [...wrong, ...refused];
}

test('every command that a document names is there, with its options and choices', async () => {
  const strays = (await readDocuments()).flatMap(({ path, text }) => {
    const entries = text
      .replace(/^```[\s\S]*?^```$/gm, '')
      .split(/\n(?=\n|[-|] |\d\. )/);
    return entries.flatMap(findSpanFaults).map((span) => `${path}: ${span}`);
  });
  expect(strays).toEqual([]);
});
