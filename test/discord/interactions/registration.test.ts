import type { CommandEntry } from '#src/discord/interactions/command-entries.ts';
import { registerOnly } from '#src/discord/interactions/register-only.ts';
import type { Command, CommandGroup } from '#src/features/command.ts';
import { discordLocales } from '#src/texts/locales.ts';
import { formatText, toLocale } from '#src/texts/texts.ts';
import { openSilentSandbox } from '#test/sandbox/voice/silent-voice.ts';

const join: Command = {
  name: 'join',
  shownTo: 'room',
  description: 'command.join',
  options: [
    { name: 'channel', description: 'command.join.channel', kind: 'voice-channel' },
  ],
  run: async () => [{ id: 'join.none', to: 'caller' }],
};
const description = 'command.say.voice';
const option = {
  name: 'mode',
  description,
  kind: 'choice',
  values: ['talk', 'captions'],
} as const;
const allow: Command = { ...join, name: 'allow', shownTo: 'caller', options: [option] };
const privacy: CommandGroup = { name: 'privacy', description, commands: [allow] };
const said = {
  name: 'text',
  description,
  kind: 'text',
  maxChars: 1_000,
  required: true,
} as const;
const voice = { name: 'voice', description, kind: 'text', maxChars: 50 } as const;

/** A sandbox in which these commands are registered. */
async function registerCommands(...commands: readonly CommandEntry[]) {
  const sandbox = await openSilentSandbox();
  await registerOnly({ apiUrl: sandbox.apiUrl, token: sandbox.token, commands });
  const listShown = () => sandbox.commands().map(({ body }) => body);
  return {
    shown: listShown,
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

test('options say what they take, and those that must be filled stand first', async () => {
  const suggestNothing = async () => [];
  const loop = { name: 'loop', description, kind: 'boolean' } as const;
  const level = {
    name: 'level',
    description,
    kind: 'number',
    min: 0,
    max: 200,
  } as const;
  const say = {
    ...join,
    name: 'say',
    options: [{ ...voice, suggest: suggestNothing }, said, level, loop],
  };
  await using discord = await registerCommands(say, {
    ...join,
    label: 'ask.about',
  } as const);
  const [first, menu] = discord.shown();
  expect(first).toMatchObject({
    name: 'say',
    description_localizations: { 'es-419': formatText('command.join', {}, 'es') },
    options: [
      { name: 'text', type: 3, required: true, max_length: 1_000 },
      { name: 'voice', type: 3, max_length: 50, autocomplete: true },
      { name: 'level', type: 4, min_value: 0, max_value: 200 },
      { name: 'loop', type: 5 },
    ],
  });
  const name_localizations = expect.objectContaining({
    de: formatText('ask.about', {}, 'de'),
  });
  expect(menu).toMatchObject({ type: 3, name: 'Ask about this', name_localizations });
  expect(menu).not.toHaveProperty('options');
  expect(menu).not.toHaveProperty('name_localizations.en-US');
});

test('Discord is told the names of options and choices in every language but English', async () => {
  await using discord = await registerCommands(privacy);
  const tags = discordLocales.filter((tag) => toLocale(tag) !== 'en');
  const toNames = (id: 'option.mode' | 'choice.talk') =>
    Object.fromEntries(tags.map((tag) => [tag, formatText(id, {}, toLocale(tag))]));
  expect(toNames('option.mode')).toMatchObject({ de: 'modus', 'es-419': 'modo' });
  const mode = {
    name: 'mode',
    name_localizations: toNames('option.mode'),
    choices: [
      { name: 'talk', name_localizations: toNames('choice.talk'), value: 'talk' },
      { name: 'captions', value: 'captions' },
    ],
  };
  expect(discord.shown()).toMatchObject([{ options: [{ options: [mode] }] }]);
});

test('a command that is for managers alone is hidden from others, a group once all of it is', async () => {
  const managers: Command = { ...join, name: 'managers', needsManageServer: true };
  const mixed = { ...privacy, commands: [allow, managers] };
  const all = { ...privacy, name: 'all', commands: [managers] };
  await using discord = await registerCommands(managers, mixed, all);
  const rights = discord
    .shown()
    .map((body) => body.default_member_permissions ?? undefined);
  expect(rights).toEqual(['32', undefined, '32']);
});
