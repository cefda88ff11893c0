import {
  ApplicationCommandOptionType,
  ChannelType,
  InteractionContextType,
  Routes,
} from 'discord.js';
import type { Command } from '#src/session/command.ts';
import { text } from '#src/texts/texts.ts';

/** As much of a REST client as registering needs. */
export interface CommandRest {
  get(route: `/${string}`): Promise<unknown>;
  put(route: `/${string}`, request: { readonly body: unknown }): Promise<unknown>;
}

/** Where the commands are to appear: in one server at once, else everywhere. */
export type CommandScope = { readonly applicationId: string; readonly guildId?: string };

/**
 * Registers `commands` unless Discord already has exactly these; true when it wrote.
 *
 * Errors: whatever the REST client throws on writing.
 */
export async function registerCommands(
  rest: CommandRest,
  { applicationId, guildId }: CommandScope,
  commands: readonly Command[],
): Promise<boolean> {
  const route =
    guildId === undefined
      ? Routes.applicationCommands(applicationId)
      : Routes.applicationGuildCommands(applicationId, guildId);
  const wanted = commands.map((command) => bodyOf(command, guildId === undefined));
  if (isSame(await registered(rest, route), wanted)) return false;
  await rest.put(route, { body: wanted });
  return true;
}

type OptionBody = {
  readonly type: number;
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  readonly channel_types: readonly number[];
};
type CommandBody = {
  readonly type: number;
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionBody[];
  /** Only for commands that appear everywhere: never in direct messages. */
  readonly contexts?: readonly number[];
};

function bodyOf(command: Command, everywhere: boolean): CommandBody {
  return {
    type: 1,
    name: command.name,
    description: text(command.description),
    options: command.options.map((option) => ({
      type: ApplicationCommandOptionType.Channel,
      name: option.name,
      description: text(option.description),
      required: false,
      channel_types: [ChannelType.GuildVoice],
    })),
    ...(everywhere && { contexts: [InteractionContextType.Guild] }),
  };
}

/** Undefined where Discord will not say: then we write. */
async function registered(rest: CommandRest, route: `/${string}`): Promise<unknown> {
  try {
    return await rest.get(route);
  } catch {
    return undefined;
  }
}

function isSame(theirs: unknown, ours: readonly CommandBody[]): boolean {
  if (!Array.isArray(theirs)) return false;
  const one = theirs.map((body) => normalised(body)).toSorted();
  const other = ours.map((body) => normalised(body)).toSorted();
  return JSON.stringify(one) === JSON.stringify(other);
}

/** What we set, as one comparable word; what Discord adds (ids, versions, defaults) is left out. */
function normalised(body: unknown): string {
  const { type, name, description, options, contexts } = fieldsOf(body);
  const each = listOf(options).map((option) => {
    const { type, name, description, required, channel_types } = fieldsOf(option);
    return [type, name, description, required ?? false, listOf(channel_types)];
  });
  return JSON.stringify([name, type ?? 1, description, each, listOf(contexts)]);
}

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null ? { ...body } : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
