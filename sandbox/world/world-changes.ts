import { guildSeen } from '#sandbox/gateway/gateway-json.ts';
import { type Dispatch, intents } from '#sandbox/gateway/gateway-wire.ts';
import type { Channel, Guild, GuildRole, Member, Overwrite, World } from './world.ts';
import { channelJson, memberJson, roleJson } from './world-json.ts';
import type { Seats } from './world-seats.ts';

type MemberChange = Partial<Pick<Member, 'muted' | 'deafened' | 'roleIds' | 'timedOutUntilMs'>>;

/** Changes to servers, made and told of in one: what is changed here the bot hears about, as on Discord. */
export class Changes {
  readonly #world: World;
  readonly #seats: Seats;
  readonly #dispatch: (event: Dispatch) => void;

  constructor(world: World, seats: Seats, dispatch: (event: Dispatch) => void) {
    this.#world = world;
    this.#seats = seats;
    this.#dispatch = dispatch;
  }

  /** Without the members intent the bot is told of itself only, and of others by their voice state. */
  member(guild: Guild, member: Member, change: MemberChange): void {
    Object.assign(member, change);
    const { id } = member.user;
    const data = { ...memberJson(member), guild_id: guild.id };
    const intent = id === this.#world.bot.id ? intents.guilds : intents.guildMembers;
    const isVoice = 'muted' in change || 'deafened' in change;
    if (isVoice) this.#seats.report(guild, id);
    this.#dispatch({ name: 'GUILD_MEMBER_UPDATE', guildId: guild.id, data, intent });
  }

  memberEntered(guild: Guild, member: Member): void {
    const data = { ...memberJson(member), guild_id: guild.id };
    this.#dispatch({
      name: 'GUILD_MEMBER_ADD',
      guildId: guild.id,
      data,
      intent: intents.guildMembers,
    });
  }

  addRole(guild: Guild, role: GuildRole): void {
    guild.roles = [...guild.roles, role];
    this.#role('CREATE', guild, role);
  }

  role(guild: Guild, role: GuildRole, permissions: bigint): void {
    role.permissions = permissions;
    this.#role('UPDATE', guild, role);
  }

  channel(
    guild: Guild,
    channel: Channel,
    change: Partial<Pick<Channel, 'userLimit' | 'overwrites'>>,
  ): void {
    Object.assign(channel, change);
    this.#channel('UPDATE', guild, channel);
  }

  /** A thread goes to sleep, or wakes up. */
  archive(guild: Guild, channel: Channel, archived: boolean): void {
    if ((channel.archived ?? false) === archived) return;
    channel.archived = archived;
    const data = channelJson(guild, channel);
    this.#dispatch({ name: 'THREAD_UPDATE', guildId: guild.id, data, intent: intents.guilds });
  }

  /** Replaces what the channel changed for that role or member. */
  overwrite(guild: Guild, channel: Channel, overwrite: Overwrite): void {
    const others = channel.overwrites.filter(({ id }) => id !== overwrite.id);
    const isNone = overwrite.allow === 0n && overwrite.deny === 0n;
    this.channel(guild, channel, { overwrites: isNone ? others : [...others, overwrite] });
  }

  /** Removes a channel; people who sit there are out, and its threads are gone too. */
  removeChannel(guild: Guild, channel: Channel): void {
    guild.channels = guild.channels.filter(
      ({ id, parentId }) => id !== channel.id && parentId !== channel.id,
    );
    this.#channel('DELETE', guild, channel);
    this.#seats.clear(guild, channel.id);
  }

  /** Discord lost the server for a while; calls go on. */
  outage(guild: Guild, on: boolean): void {
    const data = on
      ? { id: guild.id, unavailable: true }
      : (asked: number) => guildSeen(this.#world, guild, asked);
    const name = on ? 'GUILD_DELETE' : 'GUILD_CREATE';
    this.#dispatch({ name, guildId: guild.id, data, intent: intents.guilds });
  }

  /** The server stands, but for the bot it is gone. */
  removeBot(guild: Guild): void {
    const { bot } = this.#world;
    this.#seats.leave(guild, bot.id);
    this.#world.guilds = this.#world.guilds.filter((each) => each !== guild);
    guild.members.delete(bot.id);
    this.#dispatch({
      name: 'GUILD_DELETE',
      guildId: guild.id,
      data: { id: guild.id },
      intent: intents.guilds,
    });
  }

  #role(change: 'CREATE' | 'UPDATE', guild: Guild, role: GuildRole): void {
    const data = { guild_id: guild.id, role: roleJson(role) };
    this.#dispatch({
      name: `GUILD_ROLE_${change}`,
      guildId: guild.id,
      data,
      intent: intents.guilds,
    });
  }

  #channel(change: 'UPDATE' | 'DELETE', guild: Guild, channel: Channel): void {
    const data = channelJson(guild, channel);
    const what = channel.kind === 'thread' ? 'THREAD' : 'CHANNEL';
    this.#dispatch({ name: `${what}_${change}`, guildId: guild.id, data, intent: intents.guilds });
  }
}
