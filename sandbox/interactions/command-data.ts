import type {
  Guild,
  Member,
  RegisteredCommand,
  RegisteredOption,
  World,
} from '#sandbox/world/world.ts';
import type { Upload } from '#sandbox/world/world-attachments.ts';
import type { Json } from '#sandbox/world/world-json.ts';
import { computePermissions } from '#sandbox/world/world-permissions.ts';
import type { MessageId } from '#src/base/ids.ts';
import { ResolvedEntities, type ResolvedEntity } from './resolved-entities.ts';

/** Values of a command's options: a channel by name or id, a choice by its name or value, or a file. */
export type OptionValues = Readonly<Record<string, OptionValue>>;
type OptionValue = string | number | boolean | Upload;

/** Source: https://discord.com/developers/docs/interactions/application-commands#application-command-object-application-command-option-type */
const optionTypes = {
  subcommand: 1,
  group: 2,
  text: 3,
  integer: 4,
  boolean: 5,
  channel: 7,
  number: 10,
  file: 11,
} as const;
const administratorBit = 8n;
/** Source: https://discord.com/developers/docs/interactions/application-commands#application-command-object-application-command-types */
const commandTypes = { slash: 1, message: 3 } as const;

/** The caller of a command, and the server. `keepFile` stores a file of the command. */
export type CommandCaller = {
  readonly world: World;
  readonly guild: Guild;
  readonly member: Member;
  readonly keepFile: (upload: Upload) => ResolvedEntity;
};

/**
 * Builds the `data` of an interaction for `commandLine`, say `join` or `track play`. Kinds,
 * names and required options are checked as Discord's own client does. Lengths and
 * ranges are not, so that a test can send data that only a broken client would. Throws
 * a plain Error with one sentence when there is no such command, the caller may not use
 * it, or the values do not fit.
 */
export function makeCommandData(
  caller: CommandCaller,
  commandLine: string,
  values: OptionValues,
  focused?: string,
): Json {
  const [name = '', ...path] = commandLine.replace(/^\//, '').split(/\s+/);
  const command = findRegistered(caller, name, commandTypes.slash);
  if (!command) throw new Error(`There is no command /${name} here.`);
  const filling = new OptionFilling(caller, focused);
  const registered = command.body.options ?? [];
  const options = filling.fillLevel(`/${name}`, registered, path, values);
  return { ...toDataHead(command), options, ...filling.resolved.toJson() };
}

/**
 * Builds the `data` for an entry of the menu of a message. Throws as `makeCommandData`
 * does.
 */
export function makeMenuData(
  caller: CommandCaller,
  name: string,
  messageId: MessageId,
  message: Json,
): Json {
  const command = findRegistered(caller, name, commandTypes.message);
  if (!command) throw new Error(`There is no menu entry ${name} here.`);
  const resolved = { messages: { [messageId]: message } };
  return { ...toDataHead(command), target_id: messageId, resolved };
}

function toDataHead({ id, body, guildId }: RegisteredCommand) {
  return { id, name: body.name, type: body.type, guild_id: guildId };
}

/**
 * Finds a command that the caller may use. A server's own hides a global one of the
 * same name.
 */
function findRegistered(caller: CommandCaller, name: string, type: number) {
  const { world, guild, member } = caller;
  const named = world.commands.filter(
    ({ body }) => body.name === name && body.type === type,
  );
  const ownCommand = named.find(({ guildId }) => guildId === guild.id);
  const command = ownCommand ?? named.find(({ guildId }) => guildId === undefined);
  const needed = command?.body.default_member_permissions;
  if (
    typeof needed === 'string' &&
    !hasBits(computePermissions(world, guild, member.user.id), needed)
  ) {
    throw new Error(`${member.user.name} may not use ${name}.`);
  }
  return command;
}

/**
 * Tests for the permissions in `needed`, a bit set in decimal. Nobody but
 * administrators hold an empty one.
 */
function hasBits(bits: bigint, needed: string) {
  const neededBits = /^\d+$/.test(needed) ? BigInt(needed) : 0n;
  if (neededBits === 0n) return (bits & administratorBit) !== 0n;
  return (bits & neededBits) === neededBits;
}

/** Fills in the options of one command. Option `focused` is half typed, and taken as it is. */
class OptionFilling {
  readonly resolved: ResolvedEntities;
  readonly #caller: CommandCaller;
  readonly #focused: string | undefined;

  constructor(caller: CommandCaller, focused: string | undefined) {
    this.resolved = new ResolvedEntities(caller.world, caller.guild);
    this.#caller = caller;
    this.#focused = focused;
  }

  /** Fills in the subcommand that `path` names below the command `name`, or the options of the command itself. */
  fillLevel(
    name: string,
    options: readonly RegisteredOption[],
    path: readonly string[],
    values: OptionValues,
  ): Json[] {
    const [nextName, ...furtherNames] = path;
    const nested = options.filter(({ type }) => type <= optionTypes.group);
    if (nextName === undefined && nested.length === 0)
      return this.#fillValues(name, options, values);
    const chosen = nested.find((option) => option.name === nextName);
    if (!chosen)
      throw new Error(`${name} has no ${nextName ?? 'form without a subcommand'}.`);
    const inner = this.fillLevel(
      `${name} ${chosen.name}`,
      chosen.options ?? [],
      furtherNames,
      values,
    );
    return [{ name: chosen.name, type: chosen.type, options: inner }];
  }

  #fillValues(
    name: string,
    options: readonly RegisteredOption[],
    values: OptionValues,
  ) {
    const stray = Object.keys(values).find(
      (key) => !options.some((option) => option.name === key),
    );
    if (stray !== undefined) throw new Error(`${name} has no option ${stray}.`);
    const filled: Json[] = [];
    for (const option of options) {
      const value = values[option.name];
      if (value !== undefined) filled.push(this.#fillValue(name, option, value));
      else if (option.required && this.#focused === undefined) {
        throw new Error(`${name} needs ${option.name}.`);
      }
    }
    return filled;
  }

  #fillValue(name: string, option: RegisteredOption, typed: OptionValue) {
    const focus = option.name === this.#focused ? { focused: true } : {};
    const value = focus.focused ? String(typed) : this.#toValue(option, typed);
    if (value === undefined) {
      const text = typeof typed === 'object' ? typed.name : typed;
      throw new Error(`${name} cannot take ${text} for ${option.name}.`);
    }
    return { name: option.name, type: option.type, value, ...focus };
  }

  #toValue(option: RegisteredOption, typed: OptionValue) {
    if (typeof typed !== 'object') return this.#toPlainValue(option, typed);
    if (option.type !== optionTypes.file) return undefined;
    return this.resolved.noteEntity('attachments', this.#caller.keepFile(typed));
  }

  #toPlainValue(option: RegisteredOption, typed: Exclude<OptionValue, Upload>) {
    switch (option.type) {
      case optionTypes.text:
        return findChoice(option, String(typed));
      case optionTypes.integer:
        return Number.isInteger(Number(typed)) ? Number(typed) : undefined;
      case optionTypes.number:
        return Number.isFinite(Number(typed)) ? Number(typed) : undefined;
      case optionTypes.boolean:
        return { true: true, false: false }[String(typed)];
      case optionTypes.channel:
        return this.resolved.resolveChannel(String(typed), option.channel_types);
      default:
        return undefined;
    }
  }
}

/** Finds the value of a choice by its name, or returns the word. */
function findChoice({ choices }: RegisteredOption, word: string) {
  if (!Array.isArray(choices)) return word;
  const named: unknown = choices.find(
    (choice: { name?: unknown }) => choice.name === word,
  );
  const { value } = (named ?? {}) as { value?: unknown };
  return typeof value === 'string' ? value : word;
}
