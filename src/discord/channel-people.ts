import {
  type Client,
  Events,
  type Guild,
  type GuildMember,
  type VoiceState,
} from 'discord.js';
import { realClock } from '#src/base/clock.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { toOneLine } from '#src/texts/plain-text.ts';
import { roleIdsOf } from './permissions.ts';

/** Not all changes of names and roles are events. */
const freshMs = 1_000;

/** People in each voice channel, read at most once a second, as each packet asks for them. */
export class ChannelPeople {
  readonly #lists = new Map<
    string,
    { readonly people: readonly ChannelMember[]; readonly atMs: number }
  >();
  readonly #listeners = new Set<{
    readonly channelId: ChannelId;
    readonly changed: () => void;
  }>();

  constructor(client: Client<true>) {
    client.on(Events.VoiceStateUpdate, (before, now) => {
      this.#reportChange(before.channelId);
      if (now.channelId !== before.channelId) this.#reportChange(now.channelId);
    });
    // Their name or roles are others now.
    client.on(Events.GuildMemberUpdate, (_, { id, guild }) =>
      this.#reportChange(guild.voiceStates.cache.get(id)?.channelId),
    );
    const all = () => this.#readAllChannels();
    client.on(Events.GuildCreate, all).on(Events.GuildAvailable, all);
  }

  listPeople(guild: Guild, channelId: ChannelId): readonly ChannelMember[] {
    const nowMs = realClock.nowMs();
    const known = this.#lists.get(channelId);
    if (known && nowMs - known.atMs < freshMs) return known.people;
    const people = listOtherPeople(guild, channelId);
    this.#lists.set(channelId, { people, atMs: nowMs });
    return people;
  }

  readAgain(channelId: ChannelId) {
    this.#lists.delete(channelId);
  }

  listen(channelId: ChannelId, changed: () => void): Disposable {
    const listener = { channelId, changed };
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #readAllChannels() {
    this.#lists.clear();
    for (const { changed } of this.#listeners) changed();
  }

  #reportChange(where: string | null | undefined) {
    if (!where) return;
    this.readAgain(where);
    for (const { channelId, changed } of this.#listeners)
      if (channelId === where) changed();
  }
}

/** Lists people in a channel, also those without a known name. */
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
