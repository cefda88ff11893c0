import { type Client, Events, type Guild, type GuildMember, type VoiceState } from 'discord.js';
import { realClock } from '#src/base/clock.ts';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import { roleIdsOf } from './permissions.ts';
import { textOr } from './text-or.ts';

type KnownPeople = { readonly people: readonly ChannelMember[]; readonly atMs: number };

/** Time in ms after which names and roles are read again: not all that changes them is an event. */
const freshMs = 1_000;

/**
 * People in each voice channel, kept by events; discord.js never forgets a voice state, so looking through them all takes
 * longer with each person who was ever there.
 */
export class ChannelPeople implements Disposable {
  readonly #client: Client<true>;
  /** Ids of all people, the bot too, by channel. */
  readonly #byChannel = new Map<string, Set<string>>();
  /** Channel by server and person, as last told. */
  readonly #seats = new Map<string, Map<string, string>>();

  /** People besides the bot as they were read last, by channel: asked for with each packet. */
  readonly #lists = new Map<string, KnownPeople>();
  /** Listeners to changes, by channel. */
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(client: Client<true>) {
    this.#client = client;
    for (const guild of client.guilds.cache.values()) this.#read(guild);
    client.on(Events.VoiceStateUpdate, this.#moved);
    client.on(Events.GuildMemberUpdate, this.#renamed);
    client.on(Events.GuildCreate, this.#read).on(Events.GuildAvailable, this.#read);
    client.on(Events.GuildDelete, this.#forget);
  }

  /** Number of people besides the bot. */
  count(channelId: string): number {
    const ids = this.#byChannel.get(channelId);
    return ids ? ids.size - (ids.has(this.#client.user.id) ? 1 : 0) : 0;
  }

  /** All people there but the bot, as far as Discord reported them a second ago. */
  in(guild: Guild, channelId: string): readonly ChannelMember[] {
    const nowMs = realClock.nowMs();
    const known = this.#lists.get(channelId);
    if (known && nowMs - known.atMs < freshMs) return known.people;
    const ids = [...(this.#byChannel.get(channelId) ?? [])];
    const others = ids.filter((id) => id !== this.#client.user.id);
    const people = others.map((id) => personOf(guild, id));
    this.#lists.set(channelId, { people, atMs: nowMs });
    return people;
  }

  /** Rereads names and roles of the people there, which may have changed. */
  reread(channelId: string): void {
    this.#lists.delete(channelId);
  }

  /** Calls `listener` at each report of Discord about people there, until it is disposed of. */
  listen(channelId: string, listener: () => void): Disposable {
    const listeners = this.#listeners.get(channelId) ?? new Set();
    this.#listeners.set(channelId, listeners.add(listener));
    return {
      [Symbol.dispose]: () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.#listeners.get(channelId) === listeners)
          this.#listeners.delete(channelId);
      },
    };
  }

  [Symbol.dispose](): void {
    const client = this.#client;
    client.off(Events.VoiceStateUpdate, this.#moved);
    client.off(Events.GuildMemberUpdate, this.#renamed);
    client.off(Events.GuildCreate, this.#read).off(Events.GuildAvailable, this.#read);
    client.off(Events.GuildDelete, this.#forget);
  }

  readonly #moved = (_: VoiceState, { id, channelId, guild }: VoiceState): void => {
    this.#seat(guild.id, id, channelId);
  };

  /** Their name or roles are others now. */
  readonly #renamed = (_: unknown, { id, guild }: Pick<GuildMember, 'id' | 'guild'>): void => {
    const channelId = this.#seats.get(guild.id)?.get(id);
    if (channelId !== undefined) this.#report(channelId);
  };

  /** A server that is there, or there again, is told of as a whole. */
  readonly #read = (guild: Guild): void => {
    this.#forget(guild);
    for (const { id, channelId } of guild.voiceStates.cache.values()) {
      this.#seat(guild.id, id, channelId);
    }
  };

  readonly #forget = ({ id }: { readonly id: string }): void => {
    for (const [personId, channelId] of this.#seats.get(id) ?? []) this.#leave(channelId, personId);
    this.#seats.delete(id);
  };

  #seat(guildId: string, personId: string, channelId: string | null): void {
    const seats = this.#seats.get(guildId) ?? new Map<string, string>();
    this.#seats.set(guildId, seats);
    const former = seats.get(personId);
    if (former !== undefined) this.#leave(former, personId);
    if (channelId === null) {
      seats.delete(personId);
      return;
    }
    seats.set(personId, channelId);
    const ids = this.#byChannel.get(channelId) ?? new Set<string>();
    this.#byChannel.set(channelId, ids.add(personId));
    this.#report(channelId);
  }

  #leave(channelId: string, personId: string): void {
    const ids = this.#byChannel.get(channelId);
    ids?.delete(personId);
    if (ids?.size === 0) this.#byChannel.delete(channelId);
    this.#report(channelId);
  }

  #report(channelId: string): void {
    this.reread(channelId);
    for (const listener of this.#listeners.get(channelId) ?? []) listener();
  }
}

/** Person in a voice channel, as far as Discord has described them. */
export function personOf(guild: Guild, id: string): ChannelMember {
  const state = guild.voiceStates.cache.get(id);
  const member = state?.member;
  const [name, isBot] = [textOr(member?.displayName, id), member?.user.bot ?? false];
  const isDeaf = state?.selfDeaf === true || state?.serverDeaf === true;
  return { id, name, isBot, roleIds: member ? roleIdsOf(member) : [], isDeaf };
}
