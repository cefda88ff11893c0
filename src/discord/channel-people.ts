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

type KnownPeople = { readonly people: readonly ChannelMember[]; readonly atMs: number };
type PeopleListener = { readonly channelId: ChannelId; readonly changed: () => void };

/** Time in ms after which names and roles are read again: not all that changes them is an event. */
const freshMs = 1_000;

/** People in each voice channel, read at most once a second and after each event: they are asked for with each packet. */
export class ChannelPeople {
  readonly #lists = new Map<string, KnownPeople>();
  readonly #listeners = new Set<PeopleListener>();

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

  /** All people there but the bot, as far as Discord reported them a second ago. */
  listPeople(guild: Guild, channelId: ChannelId): readonly ChannelMember[] {
    const nowMs = realClock.nowMs();
    const known = this.#lists.get(channelId);
    if (known && nowMs - known.atMs < freshMs) return known.people;
    const people = listOtherPeople(guild, channelId);
    this.#lists.set(channelId, { people, atMs: nowMs });
    return people;
  }

  /** Rereads names and roles of the people there, which may have changed. */
  readAgain(channelId: ChannelId): void {
    this.#lists.delete(channelId);
  }

  /** Calls `changed` at each report of Discord about people there, until it is disposed of. */
  listen(channelId: ChannelId, changed: () => void): Disposable {
    const listener = { channelId, changed };
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** A server that is there, or there again, is told of as a whole. */
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

/** People in a voice channel but the bot. discord.js's own list leaves out whom it does not know by name. */
export function listOtherPeople(
  guild: Guild,
  channelId: ChannelId,
): readonly ChannelMember[] {
  const botId = guild.client.user.id;
  return [...guild.voiceStates.cache.values()]
    .filter((state) => state.channelId === channelId && state.id !== botId)
    .map(toChannelMember);
}

/** Person in a voice channel, as far as Discord has described them. */
function toChannelMember({ id, member, selfDeaf, serverDeaf }: VoiceState) {
  const known = member ? toMember(member) : { id, name: id, isBot: false, roleIds: [] };
  return { ...known, isDeaf: selfDeaf === true || serverDeaf === true };
}

/** Member of a server, as Discord has described them. */
export function toMember(member: GuildMember): ChannelMember {
  const { displayName, id, user } = member;
  return {
    id,
    name: toOneLine(displayName),
    isBot: user.bot,
    roleIds: roleIdsOf(member),
  };
}
