import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ChannelType,
  InteractionContextType,
  PermissionFlagsBits,
} from 'discord.js';
import type { Command, CommandGroup, CommandOption } from '#src/features/command.ts';
import { discordLocales } from '#src/texts/locales.ts';
import {
  type ChoiceValue,
  formatText,
  type PlainTextId,
  toLocale,
} from '#src/texts/texts.ts';
import type { CommandEntry } from './command-entries.ts';

/** Body of one command for Discord. */
export type CommandBody = {
  readonly type: ApplicationCommandType;
  readonly name: string;
  readonly name_localizations?: Readonly<Record<string, string>>;
  /** Absent for an entry in the menu of a message. */
  readonly description?: string;
  readonly description_localizations?: Readonly<Record<string, string>>;
  readonly options?: readonly object[];
  readonly contexts: readonly InteractionContextType[];
  /** Permission bits. Absent for a command that everybody sees. */
  readonly default_member_permissions?: string | undefined;
};

/** Converts commands to bodies for Discord, with descriptions and names of options in all languages. */
export function toCommandBodies(
  commands: readonly CommandEntry[],
): readonly CommandBody[] {
  return commands.map(toCommandBody);
}

function toCommandBody(entry: CommandEntry): CommandBody {
  const contexts = [InteractionContextType.Guild]; // never in direct messages
  if ('label' in entry) {
    const name_localizations = toLocalizations(entry.label);
    return {
      type: ApplicationCommandType.Message,
      name: formatText(entry.label),
      name_localizations,
      contexts,
    };
  }
  return {
    type: ApplicationCommandType.ChatInput,
    name: entry.name,
    ...toDescriptions(entry.description),
    options:
      'commands' in entry
        ? entry.commands.map((command) => ({
            type: ApplicationCommandOptionType.Subcommand,
            name: command.name,
            ...toDescriptions(command.description),
            options: toOptions(command.options),
          }))
        : toOptions(entry.options),
    contexts,
    default_member_permissions: requiresManageServer(entry)
      ? `${PermissionFlagsBits.ManageGuild}`
      : undefined,
  };
}

function requiresManageServer(entry: Command | CommandGroup) {
  const commands = 'commands' in entry ? entry.commands : [entry];
  return commands.every((command) => command.needsManageServer);
}

/** Builds options for Discord, which wants required ones first. */
function toOptions(options: Command['options']) {
  const isOptional = ({ required }: CommandOption) => (required ? 0 : 1);
  return options
    .toSorted((a, b) => isOptional(a) - isOptional(b))
    .map((option) => ({
      name: option.name,
      name_localizations: toLocalizations(`option.${option.name}`),
      ...toDescriptions(option.description),
      required: option.required,
      ...toOptionType(option),
    }));
}

function toOptionType(option: CommandOption) {
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
    case 'boolean':
      return { type: ApplicationCommandOptionType.Boolean };
    case 'number':
    case 'decimal': {
      const { Integer, Number: Decimal } = ApplicationCommandOptionType;
      const number = option.kind === 'number' ? Integer : Decimal;
      return { type: number, min_value: option.min, max_value: option.max };
    }
    case 'choice':
      return { type, choices: option.values.map(toChoice) };
  }
}

function toChoice(value: ChoiceValue) {
  const id = `choice.${value}` as const;
  return { name: formatText(id), name_localizations: toLocalizations(id), value };
}

function toDescriptions(id: PlainTextId) {
  // Names of commands stay English, so that people can type the names that `/help` shows.
  return {
    description: formatText(id),
    description_localizations: toLocalizations(id),
  };
}

function toLocalizations(id: PlainTextId) {
  const tags = discordLocales.filter((tag) => toLocale(tag) !== 'en');
  return Object.fromEntries(
    tags.map((tag) => [tag, formatText(id, {}, toLocale(tag))]),
  );
}
