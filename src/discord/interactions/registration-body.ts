import {
  ApplicationCommandOptionType,
  ChannelType,
  InteractionContextType,
  PermissionFlagsBits,
} from 'discord.js';
import type { Command, CommandGroup, CommandOption } from '#src/conversation/command.ts';
import { type Locale, type PlainTextId, type readTranslations, text } from '#src/texts/texts.ts';
import { type CommandEntry, menuName } from './slashes.ts';

type Description = {
  readonly description: string;
  /** Names stay English, so that what the help says can be typed. */
  readonly description_localizations: Readonly<Partial<Record<Locale, string>>>;
};
export type OptionBody = Description & {
  readonly type: number;
  readonly name: string;
  readonly required?: true;
  readonly channel_types?: readonly number[];
  readonly max_length?: number;
  readonly min_value?: number;
  readonly max_value?: number;
  readonly autocomplete?: true;
  readonly choices?: readonly { readonly name: string; readonly value: string }[];
  readonly options?: readonly OptionBody[];
};
type NamedCommand = {
  readonly name: string;
  /** Contexts, only for commands that appear everywhere: never in direct messages. */
  readonly contexts?: readonly number[];
  /** Rights of which all are needed to see it, as bits; a server may choose others. */
  readonly default_member_permissions?: string;
};
export type CommandBody =
  | (NamedCommand & Description & { readonly type: 1; readonly options: readonly OptionBody[] })
  | (NamedCommand & {
      readonly type: 3;
      readonly name_localizations: Readonly<Partial<Record<Locale, string>>>;
    });

type Translations = ReturnType<typeof readTranslations>;

/** One command as Discord's registration takes it. */
export function bodyOf(
  slash: CommandEntry,
  everywhere: boolean,
  translations: Translations,
): CommandBody {
  const where = everywhere && { contexts: [InteractionContextType.Guild] };
  if ('label' in slash) {
    const name_localizations = localized(slash.label, translations);
    return { type: 3, name: menuName(slash), name_localizations, ...where };
  }
  return {
    type: 1,
    name: slash.name,
    ...described(slash.description, translations),
    options:
      'commands' in slash
        ? slash.commands.map((one) => subcommandOf(one, translations))
        : optionsOf(slash, translations),
    ...where,
    ...(needsManageServer(slash) && {
      default_member_permissions: `${PermissionFlagsBits.ManageGuild}`,
    }),
  };
}

/** True where nothing under this name is for people without Manage Server. */
function needsManageServer(slash: Command | CommandGroup): boolean {
  const all = 'commands' in slash ? slash.commands : [slash];
  return all.every((one) => one.needsManageServer);
}

function subcommandOf(command: Command, translations: Translations): OptionBody {
  return {
    type: ApplicationCommandOptionType.Subcommand,
    name: command.name,
    ...described(command.description, translations),
    options: optionsOf(command, translations),
  };
}

/** Discord wants those that must be filled first. */
function optionsOf({ options }: Command, translations: Translations): readonly OptionBody[] {
  const isOptional = (option: CommandOption) => (option.required ? 0 : 1);
  return options
    .toSorted((a, b) => isOptional(a) - isOptional(b))
    .map((option) => optionOf(option, translations));
}

function optionOf(option: CommandOption, translations: Translations): OptionBody {
  return {
    name: option.name,
    ...described(option.description, translations),
    required: option.required,
    ...kindOf(option),
  };
}

function kindOf(option: CommandOption): Pick<OptionBody, 'type'> & Partial<OptionBody> {
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
        ...(option.suggest && { autocomplete: true }),
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

function described(id: PlainTextId, translations: Translations): Description {
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
