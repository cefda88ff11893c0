import {
  type Client,
  Events,
  type Guild,
  type GuildMember,
  type VoiceState,
} from 'discord.js';
import { realClock } from '#src/base/clock.ts';
import type { ChannelId } from '#src/base/ids.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { toOneLine } from '#src/texts/plain-text.ts';
import { roleIdsOf } from './permissions.ts';

/** Not all changes of names and roles are events. */
const freshMs = 1_000;

export type ChannelPeople = ReturnType<typeof createChannelPeople>;

/** People in each voice channel, read at most once a second, as each packet asks for them. */
export function createChannelPeople(client: Client<true>) {
  const lists = new Map<
    string,
    { readonly people: readonly ChannelMember[]; readonly atMs: number }
  >();
  const listeners = new Set<{
    readonly channelId: ChannelId;
    readonly changed: () => void;
  }>();
  client.on(Events.VoiceStateUpdate, (before, now) => {
    reportSeatChange(before.channelId);
    if (now.channelId !== before.channelId) reportSeatChange(now.channelId);
  });
  // Their name or roles are others now.
  client.on(Events.GuildMemberUpdate, (_, { id, guild }) =>
    reportSeatChange(guild.voiceStates.cache.get(id)?.channelId),
  );
  const all = () => readAllChannels();
  client.on(Events.GuildCreate, all).on(Events.GuildAvailable, all);

  function readAgain(channelId: ChannelId) {
    lists.delete(channelId);
  }

  function readAllChannels() {
    lists.clear();
    for (const { changed } of listeners) changed();
  }

  function reportSeatChange(where: string | null | undefined) {
    if (!where) return;
    readAgain(where);
    for (const { channelId, changed } of listeners) if (channelId === where) changed();
  }

  return {
    listPeople(guild: Guild, channelId: ChannelId): readonly ChannelMember[] {
      const nowMs = realClock.nowMs();
      const known = lists.get(channelId);
      if (known && nowMs - known.atMs < freshMs) return known.people;
      const people = listOtherPeople(guild, channelId);
      lists.set(channelId, { people, atMs: nowMs });
      return people;
    },

    readAgain,

    listen(channelId: ChannelId, changed: () => void): Disposable {
      const listener = { channelId, changed };
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}

/** Also those without a known name. */
export function listOtherPeople(
  guild: Guild,
  channelId: ChannelId,
): readonly ChannelMember[] {
  const botId = guild.client.user.id;
  return [...guild.voiceStates.cache.values()]
    .filter((state) => state.channelId === channelId && state.id !== botId)
    .map(toChannelMember);
}

function toChannelMember({ id, member, selfDeaf, serverDeaf }: VoiceState) {
  const known = member ? toMember(member) : { id, name: id, isBot: false, roleIds: [] };
  return { ...known, isDeaf: selfDeaf === true || serverDeaf === true };
}

export function toMember(member: GuildMember): ChannelMember {
  const { displayName, id, user } = member;
  return {
    id,
    name: toOneLine(displayName),
    isBot: user.bot,
    roleIds: roleIdsOf(member),
  };
}
