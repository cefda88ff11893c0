import {
  ApplicationCommandOptionType,
  ChannelType,
  InteractionContextType,
  PermissionFlagsBits,
} from 'discord.js';
import type { Command, CommandGroup, CommandOption } from '#src/features/command.ts';
import { discordLocales } from '#src/texts/locales.ts';
import { formatText, type PlainTextId, toLocale } from '#src/texts/texts.ts';
import type { CommandEntry } from './command-entries.ts';

export function toCommandBodies(commands: readonly CommandEntry[]) {
  return commands.map(toCommandBody);
}

function toCommandBody(slash: CommandEntry) {
  const contexts = [InteractionContextType.Guild]; // never in direct messages
  if ('label' in slash) {
    const name_localizations = toLocalizations(slash.label);
    return { type: 3, name: formatText(slash.label), name_localizations, contexts };
  }
  return {
    type: 1,
    name: slash.name,
    ...toDescriptions(slash.description),
    options:
      'commands' in slash
        ? slash.commands.map((one) => ({
            type: ApplicationCommandOptionType.Subcommand,
            name: one.name,
            ...toDescriptions(one.description),
            options: toOptions(one.options),
          }))
        : toOptions(slash.options),
    contexts,
    default_member_permissions: requiresManageServer(slash)
      ? `${PermissionFlagsBits.ManageGuild}`
      : undefined,
  };
}

function requiresManageServer(slash: Command | CommandGroup) {
  const all = 'commands' in slash ? slash.commands : [slash];
  return all.every((one) => one.needsManageServer);
}

/** Builds options for Discord, which wants required ones first. */
function toOptions(options: Command['options']) {
  const isOptional = ({ required }: CommandOption) => (required ? 0 : 1);
  return options
    .toSorted((a, b) => isOptional(a) - isOptional(b))
    .map((option) => ({
      name: option.name,
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
      return { type, choices: option.values.map((value) => ({ name: value, value })) };
  }
}

function toDescriptions(id: PlainTextId) {
  // Names stay English, so that people can type the names that `/help` shows.
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
