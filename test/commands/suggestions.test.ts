import { commands } from '#commands/commands.ts';
import { indexCommandsByLine } from '#src/discord/interactions/command-entries.ts';
import type { Command } from '#src/features/command.ts';
import { textLocales } from '#src/texts/locales.ts';
import { formatText, readTexts } from '#src/texts/texts.ts';
import { adam, inLounge, makePorts } from './command-ports.ts';

const rain = { name: 'bg', percent: 100, isPaused: false, isMuted: false };
const tracks = [{ ...rain, waiting: [{ title: 'sea' }] }];
const open = makePorts({ listTracks: () => tracks, listSounds: async () => ['rain'] });

/** Whether a caller who does not sit in the bot's channel is refused. */
async function isForChannel(command: Command) {
  return (await command.run(adam, open).catch(() => []))[0]?.id === 'perm.room';
}

test('a command that runs in the channel suggests nothing to those who do not sit there', async () => {
  const suggested: string[] = [];
  for (const [line, command] of indexCommandsByLine(commands)) {
    if (!(await isForChannel(command))) continue;
    for (const option of command.options) {
      if (option.kind !== 'text' || !option.suggest) continue;
      const call = { ...inLounge, inputs: { track: 'bg' } };
      const inside = await option.suggest('', call, open);
      if (inside.length > 0) suggested.push(`${line} ${option.name}`);
      expect(
        await option.suggest('', { ...adam, inputs: call.inputs }, open),
        line,
      ).toEqual([]);
    }
  }
  expect(suggested).toEqual(
    expect.arrayContaining([
      'say track',
      'track play sound',
      'track remove item',
      'track stop track',
    ]),
  );
});

/** Commands with options, each with the words that people type. */
const typedCommands = commands.flatMap((entry) => {
  if ('label' in entry) return [];
  if (!('commands' in entry)) return [{ ...entry, line: entry.name }];
  return entry.commands.map((part) => ({
    ...part,
    line: `${entry.name} ${part.name}`,
  }));
});
const ownTexts = new Map(textLocales.map((locale) => [locale, readTexts(locale)]));

test('each option says what it takes, not what its command does', () => {
  const repeated = typedCommands.flatMap(({ description, line, options }) =>
    options
      .filter((option) => formatText(option.description) === formatText(description))
      .map((option) => `${line} ${option.name}`),
  );
  expect(typedCommands.flatMap(({ options }) => options).length).toBeGreaterThan(50);
  expect(repeated).toEqual([]);
});

test('no two commands of a group say the same of themselves', () => {
  const sentences = typedCommands.map(({ description }) => formatText(description));
  expect(sentences.length - new Set(sentences).size).toBe(0);
});

test.each(textLocales)(
  'each option has a name and a description, and each choice a name, in %s',
  (locale) => {
    const ids = typedCommands.flatMap(({ options }) =>
      options.flatMap((option) => [
        `option.${option.name}`,
        option.description,
        ...(option.kind === 'choice'
          ? option.values.map((value) => `choice.${value}`)
          : []),
      ]),
    );
    const texts = ownTexts.get(locale);
    expect(ids.filter((id) => !texts?.has(id))).toEqual([]);
  },
);

test.each(textLocales)(
  'Discord takes the names and descriptions of options: %s',
  (locale) => {
    for (const { line, options } of typedCommands) {
      const names = options.map(({ name }) => formatText(`option.${name}`, {}, locale));
      // https://discord.com/developers/docs/interactions/application-commands#application-command-object-application-command-naming
      for (const name of names) {
        expect(name, line).toMatch(/^[-_'\p{L}\p{N}]{1,32}$/u);
        expect(name, line).toBe(name.toLowerCase());
      }
      expect(new Set(names).size, line).toBe(names.length);
      const descriptions = options.map((one) =>
        formatText(one.description, {}, locale),
      );
      const longest = Math.max(0, ...descriptions.map((text) => text.length));
      expect(longest, line).toBeLessThanOrEqual(100);
    }
  },
);

test('an option in English has the name that documents and programs use', () => {
  for (const { options } of typedCommands) {
    for (const { name } of options) expect(formatText(`option.${name}`)).toBe(name);
  }
});
