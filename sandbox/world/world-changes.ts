import { toGuildCreate } from '#sandbox/gateway/gateway-shards.ts';
import { type Dispatch, intents } from '#sandbox/gateway/gateway-wire.ts';
import type {
  Channel,
  Guild,
  GuildRole,
  Member,
  PermissionOverwrite,
  World,
} from './world.ts';
import { toChannelJson, toGuildJson, toMemberJson, toRoleJson } from './world-json.ts';
import type { WorldSeats } from './world-seats.ts';

type MemberChange = Partial<
  Pick<Member, 'muted' | 'deafened' | 'roleIds' | 'timedOutUntilMs'>
>;

/** Changes to servers. The bot gets an event for each, as on Discord. */
export class WorldChanges {
  readonly #world: World;
  readonly #seats: WorldSeats;
  readonly #dispatch: (event: Dispatch) => void;

  constructor(world: World, seats: WorldSeats, dispatch: (event: Dispatch) => void) {
    this.#world = world;
    this.#seats = seats;
    this.#dispatch = dispatch;
  }

  /**
   * Changes a member. Without the members intent the bot is told of itself only, and of
   * others by their voice state.
   */
  changeMember(guild: Guild, member: Member, change: MemberChange): void {
    Object.assign(member, change);
    const { id } = member.user;
    const data = { ...toMemberJson(member), guild_id: guild.id };
    const isBot = id === this.#world.bot.id;
    const intent = isBot ? intents.guilds : intents.guildMembers;
    const isVoice = 'muted' in change || 'deafened' in change;
    if (isVoice) this.#seats.reportSeat(guild, id);
    this.#tellChange('GUILD_MEMBER_UPDATE', guild, data, intent);
  }

  /** Tells of a member that is in the server already. */
  enterMember(guild: Guild, member: Member): void {
    const data = { ...toMemberJson(member), guild_id: guild.id };
    this.#tellChange('GUILD_MEMBER_ADD', guild, data, intents.guildMembers);
  }

  /** Changes the language of the server. */
  changeLocale(guild: Guild, locale: string): void {
    guild.locale = locale;
    this.#tellChange('GUILD_UPDATE', guild, toGuildJson(guild));
  }

  /** Adds a role, which nobody has yet. */
  addRole(guild: Guild, role: GuildRole): void {
    guild.roles = [...guild.roles, role];
    this.#tellRole('CREATE', guild, role);
  }

  /** Replaces the permissions of a role, a bit set. */
  changeRole(guild: Guild, role: GuildRole, permissions: bigint): void {
    role.permissions = permissions;
    this.#tellRole('UPDATE', guild, role);
  }

  /** Changes the limit of people or the overwrites of a channel. */
  changeChannel(
    guild: Guild,
    channel: Channel,
    change: Partial<Pick<Channel, 'userLimit' | 'overwrites'>>,
  ): void {
    Object.assign(channel, change);
    this.#tellChannel('UPDATE', guild, channel);
  }

  /** Changes the text below the name of a voice channel. Empty: takes it away. */
  changeVoiceStatus(guild: Guild, channel: Channel, text: string): void {
    channel.status = text === '' ? undefined : text;
    const data = {
      id: channel.id,
      guild_id: guild.id,
      status: channel.status ?? null,
    };
    this.#tellChange('VOICE_CHANNEL_STATUS_UPDATE', guild, data);
  }

  /** Begins (`active`) or ends an event of the server in a voice channel. One event has one id. */
  changeEvent(guild: Guild, channel: Channel, id: string, isActive: boolean): void {
    const data = {
      id,
      guild_id: guild.id,
      channel_id: channel.id,
      name: 'Game night',
      scheduled_start_time: new Date(0).toISOString(),
      scheduled_end_time: null,
      privacy_level: 2,
      status: isActive ? 2 : 3,
      entity_type: 2,
      entity_id: null,
      entity_metadata: null,
    };
    const { scheduledEvents } = intents;
    this.#tellChange('GUILD_SCHEDULED_EVENT_UPDATE', guild, data, scheduledEvents);
  }

  /** Archives a thread, or wakes the thread up. */
  changeArchived(guild: Guild, channel: Channel, archived: boolean): void {
    if ((channel.archived ?? false) === archived) return;
    channel.archived = archived;
    this.#tellChannel('UPDATE', guild, channel);
  }

  /** Replaces the channel's overwrite for that role or member. */
  changeOverwrite(
    guild: Guild,
    channel: Channel,
    overwrite: PermissionOverwrite,
  ): void {
    const others = channel.overwrites.filter(({ id }) => id !== overwrite.id);
    const isNone = overwrite.allow === 0n && overwrite.deny === 0n;
    this.changeChannel(guild, channel, {
      overwrites: isNone ? others : [...others, overwrite],
    });
  }

  /** Removes a channel and its threads. People in the channel lose their seat. */
  removeChannel(guild: Guild, channel: Channel): void {
    guild.channels = guild.channels.filter(
      ({ id, parentId }) => id !== channel.id && parentId !== channel.id,
    );
    this.#tellChannel('DELETE', guild, channel);
    this.#seats.clearChannel(guild, channel.id);
  }

  /**
   * Begins or ends an outage, in which Discord lost the server for a while. Calls go on.
   */
  setOutage(guild: Guild, on: boolean): void {
    const data = on
      ? { id: guild.id, unavailable: true }
      : (sessionIntents: number) => toGuildCreate(this.#world, guild, sessionIntents);
    this.#tellChange(on ? 'GUILD_DELETE' : 'GUILD_CREATE', guild, data);
  }

  /** Removes the bot from a server, which goes on. */
  removeBot(guild: Guild): void {
    const world = this.#world;
    const { bot } = world;
    this.#seats.leaveSeat(guild, bot.id);
    world.guilds = world.guilds.filter((otherGuild) => otherGuild !== guild);
    guild.members.delete(bot.id);
    this.#tellChange('GUILD_DELETE', guild, { id: guild.id });
  }

  #tellRole(change: 'CREATE' | 'UPDATE', guild: Guild, role: GuildRole) {
    this.#tellChange(`GUILD_ROLE_${change}`, guild, {
      guild_id: guild.id,
      role: toRoleJson(role),
    });
  }

  #tellChannel(change: 'UPDATE' | 'DELETE', guild: Guild, channel: Channel) {
    const subject = channel.kind === 'thread' ? 'THREAD' : 'CHANNEL';
    this.#tellChange(`${subject}_${change}`, guild, toChannelJson(guild, channel));
  }

  #tellChange(
    name: string,
    { id: guildId }: Guild,
    data: Dispatch['data'],
    intent = intents.guilds,
  ) {
    this.#dispatch({ name, guildId, data, intent });
  }
}
