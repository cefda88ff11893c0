import {
  type Client,
  Events,
  type Guild,
  type GuildMember,
  type VoiceState,
} from 'discord.js';
import type { Clock } from '#src/base/clock.ts';
import { type ChannelId, toChannelId, toPersonId } from '#src/base/ids.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { toOneLine } from '#src/texts/plain-text.ts';
import { listRoleIds } from './permissions.ts';

/** Not all changes of names and roles are events. */
const freshMs = 1_000;

type PeopleList = { readonly people: readonly ChannelMember[]; readonly atMs: number };
type PeopleListener = {
  readonly channelId: ChannelId;
  readonly onChange: () => void;
};

/** People in each voice channel, read at most once a second, as each packet asks for them. */
export class ChannelPeople {
  readonly #timing;
  readonly #lists = new Map<ChannelId, PeopleList>();
  readonly #listeners = new Set<PeopleListener>();

  constructor(client: Client<true>, timing: Pick<Clock, 'nowMs'>) {
    this.#timing = timing;
    client.on(Events.VoiceStateUpdate, (formerState, { channelId }) => {
      this.#reportSeatChange(formerState.channelId);
      if (channelId !== formerState.channelId) this.#reportSeatChange(channelId);
    });
    // Their name or roles are others now.
    client.on(Events.GuildMemberUpdate, (_, { id, guild }) =>
      this.#reportSeatChange(guild.voiceStates.cache.get(id)?.channelId),
    );
    const readAllChannels = () => this.#readAllChannels();
    client
      .on(Events.GuildCreate, readAllChannels)
      .on(Events.GuildAvailable, readAllChannels);
  }

  /** Lists everybody in a channel but the bot, as it was up to a second ago. */
  listPeople(guild: Guild, channelId: ChannelId): readonly ChannelMember[] {
    const nowMs = this.#timing.nowMs();
    const list = this.#lists.get(channelId);
    if (list && nowMs - list.atMs < freshMs) return list.people;
    const people = listOtherPeople(guild, channelId);
    this.#lists.set(channelId, { people, atMs: nowMs });
    return people;
  }

  /** Makes the next `listPeople` read the channel anew. */
  readAgain(channelId: ChannelId): void {
    this.#lists.delete(channelId);
  }

  /** Calls `onChange` after each change in a channel, until disposed. */
  listen(channelId: ChannelId, onChange: () => void): Disposable {
    const listener = { channelId, onChange };
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #readAllChannels() {
    this.#lists.clear();
    for (const { onChange } of this.#listeners) onChange();
  }

  #reportSeatChange(seatChannelId: string | null | undefined) {
    if (!seatChannelId) return;
    const channelId = toChannelId(seatChannelId);
    this.readAgain(channelId);
    for (const listener of this.#listeners)
      if (listener.channelId === channelId) listener.onChange();
  }
}

/** Lists everybody in a channel but the bot, also people without a known name. */
export function listOtherPeople(
  guild: Guild,
  channelId: ChannelId,
): readonly ChannelMember[] {
  const botId = guild.client.user.id;
  return [...guild.voiceStates.cache.values()]
    .filter((state) => state.channelId === channelId && state.id !== botId)
    .map(toChannelMember);
}

function toChannelMember(state: VoiceState): ChannelMember {
  const { id, member, selfDeaf, serverDeaf } = state;
  const identity = member
    ? toMember(member)
    : { id: toPersonId(id), name: id, isBot: false, roleIds: [] };
  return { ...identity, isDeaf: selfDeaf === true || serverDeaf === true };
}

/** Converts a member, with the name of the server on one line. */
export function toMember(member: GuildMember): ChannelMember {
  const { displayName, id, user } = member;
  return {
    id: toPersonId(id),
    name: toOneLine(displayName),
    isBot: user.bot,
    roleIds: listRoleIds(member),
  };
}
