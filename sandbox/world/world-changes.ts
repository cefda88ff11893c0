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
import { toChannelJson, toMemberJson, toRoleJson } from './world-json.ts';
import type { WorldSeats } from './world-seats.ts';

type MemberChange = Partial<
  Pick<Member, 'muted' | 'deafened' | 'roleIds' | 'timedOutUntilMs'>
>;

/** Changes to servers. The bot gets an event for each, as on Discord. */
export class WorldChanges {
  readonly #world;
  readonly #seats;
  readonly #dispatch;

  constructor(world: World, seats: WorldSeats, dispatch: (event: Dispatch) => void) {
    this.#world = world;
    this.#seats = seats;
    this.#dispatch = dispatch;
  }

  /**
   * Changes a member. Without the members intent the bot is told of itself only, and of
   * others by their voice state.
   */
  changeMember(guild: Guild, member: Member, change: MemberChange) {
    Object.assign(member, change);
    const { id } = member.user;
    const data = { ...toMemberJson(member), guild_id: guild.id };
    const intent = id === this.#world.bot.id ? intents.guilds : intents.guildMembers;
    const isVoice = 'muted' in change || 'deafened' in change;
    if (isVoice) this.#seats.reportSeat(guild, id);
    this.#tell('GUILD_MEMBER_UPDATE', guild, data, intent);
  }

  enterMember(guild: Guild, member: Member) {
    const data = { ...toMemberJson(member), guild_id: guild.id };
    this.#tell('GUILD_MEMBER_ADD', guild, data, intents.guildMembers);
  }

  addRole(guild: Guild, role: GuildRole) {
    guild.roles = [...guild.roles, role];
    this.#changeRole('CREATE', guild, role);
  }

  changeRole(guild: Guild, role: GuildRole, permissions: bigint) {
    role.permissions = permissions;
    this.#changeRole('UPDATE', guild, role);
  }

  changeChannel(
    guild: Guild,
    channel: Channel,
    change: Partial<Pick<Channel, 'userLimit' | 'overwrites'>>,
  ) {
    Object.assign(channel, change);
    this.#changeChannel('UPDATE', guild, channel);
  }

  /** Changes the text below the name of a voice channel. Empty: takes it away. */
  changeVoiceStatus(guild: Guild, channel: Channel, text: string) {
    channel.status = text === '' ? undefined : text;
    const data = { id: channel.id, guild_id: guild.id, status: channel.status ?? null };
    this.#tell('VOICE_CHANNEL_STATUS_UPDATE', guild, data);
  }

  /** Archives a thread, or wakes it up. */
  changeArchived(guild: Guild, channel: Channel, archived: boolean) {
    if ((channel.archived ?? false) === archived) return;
    channel.archived = archived;
    this.#changeChannel('UPDATE', guild, channel);
  }

  /** Replaces the channel's overwrite for that role or member. */
  changeOverwrite(guild: Guild, channel: Channel, overwrite: PermissionOverwrite) {
    const others = channel.overwrites.filter(({ id }) => id !== overwrite.id);
    const isNone = overwrite.allow === 0n && overwrite.deny === 0n;
    this.changeChannel(guild, channel, {
      overwrites: isNone ? others : [...others, overwrite],
    });
  }

  /** Removes a channel and its threads. People in it lose their seat. */
  removeChannel(guild: Guild, channel: Channel) {
    guild.channels = guild.channels.filter(
      ({ id, parentId }) => id !== channel.id && parentId !== channel.id,
    );
    this.#changeChannel('DELETE', guild, channel);
    this.#seats.clearChannel(guild, channel.id);
  }

  /**
   * Begins or ends an outage, in which Discord lost the server for a while. Calls go
   * on.
   */
  outage(guild: Guild, on: boolean) {
    const data = on
      ? { id: guild.id, unavailable: true }
      : (asked: number) => toGuildCreate(this.#world, guild, asked);
    this.#tell(on ? 'GUILD_DELETE' : 'GUILD_CREATE', guild, data);
  }

  /** Removes the bot from a server, which goes on. */
  removeBot(guild: Guild) {
    const { bot } = this.#world;
    this.#seats.leaveSeat(guild, bot.id);
    this.#world.guilds = this.#world.guilds.filter((each) => each !== guild);
    guild.members.delete(bot.id);
    this.#tell('GUILD_DELETE', guild, { id: guild.id });
  }

  #changeRole(change: 'CREATE' | 'UPDATE', guild: Guild, role: GuildRole) {
    this.#tell(`GUILD_ROLE_${change}`, guild, {
      guild_id: guild.id,
      role: toRoleJson(role),
    });
  }

  #changeChannel(change: 'UPDATE' | 'DELETE', guild: Guild, channel: Channel) {
    const what = channel.kind === 'thread' ? 'THREAD' : 'CHANNEL';
    this.#tell(`${what}_${change}`, guild, toChannelJson(guild, channel));
  }

  #tell(
    name: string,
    { id: guildId }: Guild,
    data: Dispatch['data'],
    intent: number = intents.guilds,
  ) {
    this.#dispatch({ name, guildId, data, intent });
  }
}
