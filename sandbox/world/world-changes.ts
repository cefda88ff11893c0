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

export type WorldChanges = ReturnType<typeof createWorldChanges>;

/** Changes to servers. The bot gets an event for each, as on Discord. */
export function createWorldChanges(
  world: World,
  seats: WorldSeats,
  dispatch: (event: Dispatch) => void,
) {
  function changeChannel(
    guild: Guild,
    channel: Channel,
    change: Partial<Pick<Channel, 'userLimit' | 'overwrites'>>,
  ) {
    Object.assign(channel, change);
    tellChannel('UPDATE', guild, channel);
  }

  function tellRole(change: 'CREATE' | 'UPDATE', guild: Guild, role: GuildRole) {
    tellChange(`GUILD_ROLE_${change}`, guild, {
      guild_id: guild.id,
      role: toRoleJson(role),
    });
  }

  function tellChannel(change: 'UPDATE' | 'DELETE', guild: Guild, channel: Channel) {
    const what = channel.kind === 'thread' ? 'THREAD' : 'CHANNEL';
    tellChange(`${what}_${change}`, guild, toChannelJson(guild, channel));
  }

  function tellChange(
    name: string,
    { id: guildId }: Guild,
    data: Dispatch['data'],
    intent: number = intents.guilds,
  ) {
    dispatch({ name, guildId, data, intent });
  }

  return {
    /**
     * Changes a member. Without the members intent the bot is told of itself only, and of
     * others by their voice state.
     */
    changeMember(guild: Guild, member: Member, change: MemberChange) {
      Object.assign(member, change);
      const { id } = member.user;
      const data = { ...toMemberJson(member), guild_id: guild.id };
      const intent = id === world.bot.id ? intents.guilds : intents.guildMembers;
      const isVoice = 'muted' in change || 'deafened' in change;
      if (isVoice) seats.reportSeat(guild, id);
      tellChange('GUILD_MEMBER_UPDATE', guild, data, intent);
    },

    enterMember(guild: Guild, member: Member) {
      const data = { ...toMemberJson(member), guild_id: guild.id };
      tellChange('GUILD_MEMBER_ADD', guild, data, intents.guildMembers);
    },

    addRole(guild: Guild, role: GuildRole) {
      guild.roles = [...guild.roles, role];
      tellRole('CREATE', guild, role);
    },

    changeRole(guild: Guild, role: GuildRole, permissions: bigint) {
      role.permissions = permissions;
      tellRole('UPDATE', guild, role);
    },
    changeChannel,

    /** Changes the text below the name of a voice channel. Empty: takes it away. */
    changeVoiceStatus(guild: Guild, channel: Channel, text: string) {
      channel.status = text === '' ? undefined : text;
      const data = {
        id: channel.id,
        guild_id: guild.id,
        status: channel.status ?? null,
      };
      tellChange('VOICE_CHANNEL_STATUS_UPDATE', guild, data);
    },

    /** Archives a thread, or wakes it up. */
    changeArchived(guild: Guild, channel: Channel, archived: boolean) {
      if ((channel.archived ?? false) === archived) return;
      channel.archived = archived;
      tellChannel('UPDATE', guild, channel);
    },

    /** Replaces the channel's overwrite for that role or member. */
    changeOverwrite(guild: Guild, channel: Channel, overwrite: PermissionOverwrite) {
      const others = channel.overwrites.filter(({ id }) => id !== overwrite.id);
      const isNone = overwrite.allow === 0n && overwrite.deny === 0n;
      changeChannel(guild, channel, {
        overwrites: isNone ? others : [...others, overwrite],
      });
    },

    /** Removes a channel and its threads. People in it lose their seat. */
    removeChannel(guild: Guild, channel: Channel) {
      guild.channels = guild.channels.filter(
        ({ id, parentId }) => id !== channel.id && parentId !== channel.id,
      );
      tellChannel('DELETE', guild, channel);
      seats.clearChannel(guild, channel.id);
    },

    /**
     * Begins or ends an outage, in which Discord lost the server for a while. Calls go
     * on.
     */
    outage(guild: Guild, on: boolean) {
      const data = on
        ? { id: guild.id, unavailable: true }
        : (asked: number) => toGuildCreate(world, guild, asked);
      tellChange(on ? 'GUILD_DELETE' : 'GUILD_CREATE', guild, data);
    },

    /** Removes the bot from a server, which goes on. */
    removeBot(guild: Guild) {
      const { bot } = world;
      seats.leaveSeat(guild, bot.id);
      world.guilds = world.guilds.filter((each) => each !== guild);
      guild.members.delete(bot.id);
      tellChange('GUILD_DELETE', guild, { id: guild.id });
    },
  };
}
