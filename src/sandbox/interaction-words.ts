import type { Channel, OptionBody, RegisteredCommand, World } from './world.ts';
import { findChannel } from './world.ts';
import { callerJson, channelJson, type Json, roleJson, userJson } from './world-json.ts';
import { permissionsOf } from './world-permissions.ts';

/** What a person fills in: channels, people and roles by name or id. */
export type Words = Readonly<Record<string, string | number | boolean>>;

/** Source: Discord docs, "Application Command Option Type". */
const optionTypes = {
  subcommand: 1,
  group: 2,
  text: 3,
  integer: 4,
  truth: 5,
  user: 6,
  channel: 7,
  role: 8,
  mentionable: 9,
  number: 10,
} as const;

type Resolved = { [kind in 'users' | 'members' | 'channels' | 'roles']?: Record<string, Json> };

/**
 * The `data` of an interaction for `line`, say `join` or `track play`, checked as Discord's own client checks it.
 *
 * Throws a plain Error with one sentence when there is no such command, or the words do not fit it.
 */
export function commandData(world: World, line: string, words: Words, focused?: string): Json {
  const [name = '', ...path] = line.replace(/^\//, '').split(/\s+/);
  const command = registered(world, name);
  const resolved: Resolved = {};
  const fill = new Filling(world, resolved, focused);
  const options = fill.level(`/${name}`, command.body.options ?? [], path, words);
  return {
    id: command.id,
    name,
    type: command.body.type,
    ...(command.guildId === undefined ? {} : { guild_id: command.guildId }),
    options,
    ...(Object.keys(resolved).length > 0 ? { resolved } : {}),
  };
}

/** A server's own command hides a global one of the same name. */
function registered(world: World, name: string): RegisteredCommand {
  const named = world.commands.filter(({ body }) => body.name === name && body.type === 1);
  const command = named.find(({ guildId }) => guildId !== undefined) ?? named[0];
  if (!command) throw new Error(`There is no command /${name} here.`);
  return command;
}

class Filling {
  readonly #world: World;
  readonly #resolved: Resolved;
  readonly #focused: string | undefined;

  constructor(world: World, resolved: Resolved, focused: string | undefined) {
    this.#world = world;
    this.#resolved = resolved;
    this.#focused = focused;
  }

  level(at: string, options: readonly OptionBody[], path: readonly string[], words: Words): Json[] {
    const [next, ...rest] = path;
    const nested = options.filter(({ type }) => type <= optionTypes.group);
    if (next === undefined && nested.length === 0) return this.#values(at, options, words);
    const chosen = nested.find(({ name }) => name === next);
    if (!chosen) throw new Error(`${at} has no ${next ?? 'form without a subcommand'}.`);
    const inner = this.level(`${at} ${chosen.name}`, chosen.options ?? [], rest, words);
    return [{ name: chosen.name, type: chosen.type, options: inner }];
  }

  #values(at: string, options: readonly OptionBody[], words: Words): Json[] {
    const stray = Object.keys(words).find((name) => !options.some((each) => each.name === name));
    if (stray !== undefined) throw new Error(`${at} has no option ${stray}.`);
    const filled: Json[] = [];
    for (const option of options) {
      const word = words[option.name];
      if (word !== undefined) filled.push(this.#filled(at, option, word));
      else if (option.required && this.#focused === undefined) {
        throw new Error(`${at} needs ${option.name}.`);
      }
    }
    return filled;
  }

  #filled(at: string, option: OptionBody, word: string | number | boolean): Json {
    const focus = option.name === this.#focused ? { focused: true } : {};
    const value = focus.focused ? String(word) : this.#value(option, word);
    if (value === undefined) throw new Error(`${at} cannot take ${word} for ${option.name}.`);
    return { name: option.name, type: option.type, value, ...focus };
  }

  #value(option: OptionBody, word: string | number | boolean): unknown {
    switch (option.type) {
      case optionTypes.text:
        return String(word);
      case optionTypes.integer:
        return Number.isInteger(Number(word)) ? Number(word) : undefined;
      case optionTypes.number:
        return Number.isFinite(Number(word)) ? Number(word) : undefined;
      case optionTypes.truth:
        return String(word) === 'true' ? true : String(word) === 'false' ? false : undefined;
      case optionTypes.channel:
        return this.#channel(option, String(word));
      case optionTypes.user:
      case optionTypes.mentionable:
        return this.#user(String(word));
      case optionTypes.role:
        return this.#role(String(word));
      default:
        return undefined;
    }
  }

  #channel(option: OptionBody, word: string): string | undefined {
    const channel = findChannel(this.#world, word.replace(/^#/, ''));
    if (!channel) return undefined;
    const json = channelJson(this.#world, channel);
    const types = option.channel_types;
    if (Array.isArray(types) && types.length > 0 && !types.includes(json.type)) return undefined;
    const permissions = permissionsOf(this.#world, this.#world.bot.id, channel).toString();
    this.#note('channels', channel.id, { ...json, permissions });
    return channel.id;
  }

  #user(word: string): string | undefined {
    const everyone = [...this.#world.guild.members.values()];
    const member = everyone.find(({ user }) => user.id === word || user.name === word);
    if (!member) return undefined;
    const { user: _, ...json } = callerJson(this.#world, member, this.#anyChannel());
    this.#note('users', member.user.id, userJson(member.user));
    this.#note('members', member.user.id, json);
    return member.user.id;
  }

  #role(word: string): string | undefined {
    const role = this.#world.guild.roles.find(({ id, name }) => id === word || name === word);
    if (role) this.#note('roles', role.id, roleJson(role));
    return role?.id;
  }

  #anyChannel(): Channel {
    const [channel] = this.#world.guild.channels;
    if (!channel) throw new Error('The server has no channels.');
    return channel;
  }

  #note(kind: keyof Resolved, id: string, json: Json): void {
    this.#resolved[kind] = { ...this.#resolved[kind], [id]: json };
  }
}
