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
import {
  createResolvedEntities,
  type ResolvedEntities,
  type ResolvedEntity,
} from './resolved-entities.ts';

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
/** Source: https://discord.com/developers/docs/interactions/application-commands#application-command-object-application-command-types */
const commandTypes = { slash: 1, message: 3 } as const;

/** The caller of a command, and the place. `keepFile` stores a file of the command. */
type CommandCaller = {
  readonly world: World;
  readonly guild: Guild;
  readonly caller: Member;
  readonly keepFile: (upload: Upload) => ResolvedEntity;
};

/**
 * Builds the `data` of an interaction for `line`, say `join` or `track play`. Kinds,
 * names and required options are checked as Discord's own client does. Lengths and
 * ranges are not, so that a test can send data that only a broken client would. Throws
 * a plain Error with one sentence when there is no such command, the caller may not use
 * it, or the words do not fit.
 */
export function makeCommandData(
  filler: CommandCaller,
  line: string,
  words: OptionValues,
  focused?: string,
): Json {
  const [name = '', ...path] = line.replace(/^\//, '').split(/\s+/);
  const command = findRegistered(filler, name, commandTypes.slash);
  if (!command) throw new Error(`There is no command /${name} here.`);
  const fill = createOptionFilling(filler, focused);
  const options = fill.fillLevel(`/${name}`, command.body.options ?? [], path, words);
  return { ...toDataHead(command), options, ...fill.resolving.toJson() };
}

/**
 * Builds the `data` for an entry of the menu of a message. Throws as `makeCommandData`
 * does.
 */
export function makeMenuData(
  filler: CommandCaller,
  name: string,
  messageId: string,
  message: Json,
) {
  const command = findRegistered(filler, name, commandTypes.message);
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
function findRegistered(filler: CommandCaller, name: string, type: number) {
  const { world, guild, caller } = filler;
  const named = world.commands.filter(
    ({ body }) => body.name === name && body.type === type,
  );
  const here = named.find(({ guildId }) => guildId === guild.id);
  const command = here ?? named.find(({ guildId }) => guildId === undefined);
  const needed = command?.body.default_member_permissions;
  if (
    typeof needed === 'string' &&
    !hasBits(computePermissions(world, guild, caller.user.id), needed)
  ) {
    throw new Error(`${caller.user.name} may not use ${name}.`);
  }
  return command;
}

/**
 * Tests for the permissions in `needed`, a bit set in decimal. Nobody but
 * administrators hold an empty one.
 */
function hasBits(bits: bigint, needed: string) {
  const wanted = /^\d+$/.test(needed) ? BigInt(needed) : 0n;
  return wanted === 0n ? (bits & 8n) !== 0n : (bits & wanted) === wanted;
}

function createOptionFilling(filler: CommandCaller, focused: string | undefined) {
  const resolving: ResolvedEntities = createResolvedEntities(
    filler.world,
    filler.guild,
  );

  function fillLevel(
    at: string,
    options: readonly RegisteredOption[],
    path: readonly string[],
    words: OptionValues,
  ): Json[] {
    const [next, ...rest] = path;
    const nested = options.filter(({ type }) => type <= optionTypes.group);
    if (next === undefined && nested.length === 0)
      return fillValues(at, options, words);
    const chosen = nested.find(({ name }) => name === next);
    if (!chosen)
      throw new Error(`${at} has no ${next ?? 'form without a subcommand'}.`);
    const inner = fillLevel(`${at} ${chosen.name}`, chosen.options ?? [], rest, words);
    return [{ name: chosen.name, type: chosen.type, options: inner }];
  }

  function fillValues(
    at: string,
    options: readonly RegisteredOption[],
    words: OptionValues,
  ) {
    const stray = Object.keys(words).find(
      (name) => !options.some((each) => each.name === name),
    );
    if (stray !== undefined) throw new Error(`${at} has no option ${stray}.`);
    const filled: Json[] = [];
    for (const option of options) {
      const word = words[option.name];
      if (word !== undefined) filled.push(fillValue(at, option, word));
      else if (option.required && focused === undefined) {
        throw new Error(`${at} needs ${option.name}.`);
      }
    }
    return filled;
  }

  function fillValue(at: string, option: RegisteredOption, word: OptionValue) {
    const focus = option.name === focused ? { focused: true } : {};
    const value = focus.focused ? String(word) : toValue(option, word);
    if (value === undefined) {
      const tried = typeof word === 'object' ? word.name : word;
      throw new Error(`${at} cannot take ${tried} for ${option.name}.`);
    }
    return { name: option.name, type: option.type, value, ...focus };
  }

  function toValue(option: RegisteredOption, word: OptionValue) {
    if (typeof word !== 'object') return toPlainValue(option, word);
    if (option.type !== optionTypes.file) return undefined;
    return resolving.noteEntity('attachments', filler.keepFile(word));
  }

  function toPlainValue(option: RegisteredOption, word: Exclude<OptionValue, Upload>) {
    switch (option.type) {
      case optionTypes.text:
        return findChoice(option, String(word));
      case optionTypes.integer:
        return Number.isInteger(Number(word)) ? Number(word) : undefined;
      case optionTypes.number:
        return Number.isFinite(Number(word)) ? Number(word) : undefined;
      case optionTypes.boolean:
        return { true: true, false: false }[String(word)];
      case optionTypes.channel:
        return resolving.resolveChannel(String(word), option.channel_types);
      default:
        return undefined;
    }
  }

  return {
    resolving,
    fillLevel,
  };
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
