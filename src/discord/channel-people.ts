import { type Client, Events, type Guild, type VoiceState } from 'discord.js';
import type { ChannelMember } from '#src/session/ports/voice-link.ts';
import { roleIdsOf } from './permissions.ts';
import { textOr } from './text-or.ts';

/**
 * Who sits in which voice channel, kept by events; discord.js never forgets a voice state, so looking through them all
 * takes longer with each person who was ever there.
 */
export class ChannelPeople implements Disposable {
  readonly #client: Client<true>;
  /** Ids of everybody, the bot too, by channel. */
  readonly #byChannel = new Map<string, Set<string>>();
  /** Channel by server and person, as last told. */
  readonly #seats = new Map<string, Map<string, string>>();

  constructor(client: Client<true>) {
    this.#client = client;
    for (const guild of client.guilds.cache.values()) this.#read(guild);
    client.on(Events.VoiceStateUpdate, this.#moved);
    client.on(Events.GuildCreate, this.#read).on(Events.GuildAvailable, this.#read);
    client.on(Events.GuildDelete, this.#forget);
  }

  /** How many there are besides the bot. */
  count(channelId: string): number {
    const ids = this.#byChannel.get(channelId);
    return ids ? ids.size - (ids.has(this.#client.user.id) ? 1 : 0) : 0;
  }

  /** Everybody there but the bot, as far as Discord has told of them. */
  in(guild: Guild, channelId: string): ChannelMember[] {
    const ids = [...(this.#byChannel.get(channelId) ?? [])];
    return ids.filter((id) => id !== this.#client.user.id).map((id) => personOf(guild, id));
  }

  [Symbol.dispose](): void {
    const client = this.#client;
    client.off(Events.VoiceStateUpdate, this.#moved);
    client.off(Events.GuildCreate, this.#read).off(Events.GuildAvailable, this.#read);
    client.off(Events.GuildDelete, this.#forget);
  }

  readonly #moved = (_: VoiceState, { id, channelId, guild }: VoiceState): void => {
    this.#seat(guild.id, id, channelId);
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
  }

  #leave(channelId: string, personId: string): void {
    const ids = this.#byChannel.get(channelId);
    ids?.delete(personId);
    if (ids?.size === 0) this.#byChannel.delete(channelId);
  }
}

/** Somebody in a voice channel, as far as Discord has told of them. */
export function personOf(guild: Guild, id: string): ChannelMember {
  const member = guild.voiceStates.cache.get(id)?.member;
  const [name, isBot] = [textOr(member?.displayName, id), member?.user.bot ?? false];
  return { id, name, isBot, roleIds: member ? roleIdsOf(member) : [] };
}
