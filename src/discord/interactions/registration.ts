import {
  ApplicationCommandOptionType,
  ChannelType,
  InteractionContextType,
  PermissionFlagsBits,
} from 'discord.js';
import { fieldsOf } from '#src/base/json.ts';
import type { Command, CommandGroup, CommandOption } from '#src/features/contract/command.ts';
import { type Locale, type PlainTextId, readTranslations, text } from '#src/texts/texts.ts';
import { type CommandEntry, menuName } from './slashes.ts';

/** Commands as Discord takes them, for all servers. */
export function commandBodies(commands: readonly CommandEntry[]) {
  const translations = readTranslations();
  return commands.map((command) => bodyOf(command, translations));
}

/** Ids of registered commands, by which messages link them, by name; from Discord's list of them. */
export function commandIdsIn(list: unknown): ReadonlyMap<string, string> {
  const all = Array.isArray(list) ? list.map(fieldsOf) : [];
  return new Map(all.map(({ id, name }) => [`${name}`, `${id}`]));
}

type Translations = ReturnType<typeof readTranslations>;

/** One command as Discord's registration takes it. */
function bodyOf(slash: CommandEntry, translations: Translations) {
  const contexts = [InteractionContextType.Guild]; // never in direct messages
  if ('label' in slash) {
    const name_localizations = localized(slash.label, translations);
    return { type: 3, name: menuName(slash), name_localizations, contexts };
  }
  return {
    type: 1,
    name: slash.name,
    ...described(slash.description, translations),
    options:
      'commands' in slash
        ? slash.commands.map((one) => subcommandOf(one, translations))
        : optionsOf(slash, translations),
    contexts,
    default_member_permissions: needsManageServer(slash)
      ? `${PermissionFlagsBits.ManageGuild}`
      : undefined,
  };
}

/** True where nothing under this name is for people without Manage Server. */
function needsManageServer(slash: Command | CommandGroup): boolean {
  const all = 'commands' in slash ? slash.commands : [slash];
  return all.every((one) => one.needsManageServer);
}

function subcommandOf(command: Command, translations: Translations) {
  return {
    type: ApplicationCommandOptionType.Subcommand,
    name: command.name,
    ...described(command.description, translations),
    options: optionsOf(command, translations),
  };
}

/** Discord wants those that must be filled first. */
function optionsOf({ options }: Command, translations: Translations) {
  const isOptional = (option: CommandOption) => (option.required ? 0 : 1);
  return options
    .toSorted((a, b) => isOptional(a) - isOptional(b))
    .map((option) => optionOf(option, translations));
}

function optionOf(option: CommandOption, translations: Translations) {
  return {
    name: option.name,
    ...described(option.description, translations),
    required: option.required,
    ...kindOf(option),
  };
}

function kindOf(option: CommandOption) {
  const type = ApplicationCommandOptionType.String;
  switch (option.kind) {
    case 'voice-channel':
      return {
        type: ApplicationCommandOptionType.Channel,
        channel_types: [ChannelType.GuildVoice, ChannelType.GuildStageVoice],
      };
    case 'file':
    case 'sound':
      return { type: ApplicationCommandOptionType.Attachment };
    case 'text':
      return {
        type,
        max_length: option.maxChars,
        autocomplete: option.suggest && true,
      };
    case 'truth':
      return { type: ApplicationCommandOptionType.Boolean };
    case 'number':
      return {
        type: ApplicationCommandOptionType.Integer,
        min_value: option.least,
        max_value: option.most,
      };
    case 'decimal':
      return {
        type: ApplicationCommandOptionType.Number,
        min_value: option.least,
        max_value: option.most,
      };
    case 'choice':
      return { type, choices: option.values.map((value) => ({ name: value, value })) };
  }
}

/** Names stay English, so that what the help says can be typed. */
function described(id: PlainTextId, translations: Translations) {
  return { description: text(id), description_localizations: localized(id, translations) };
}

/** Localizations in all languages of Discord that there are texts in, but English. */
function localized(
  id: PlainTextId,
  translations: Translations,
): Readonly<Partial<Record<Locale, string>>> {
  return Object.fromEntries(
    [...translations].map(([locale, texts]) => [locale, texts.get(id) ?? text(id)]),
  );
}
