import {
  ChannelType,
  type Client,
  DiscordAPIError,
  type Guild,
  type GuildBasedChannel,
  Routes,
} from 'discord.js';
import { BotError, messageOf } from '#src/base/errors.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import { rowsOf } from '#src/discord/interactions/rendering.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import { readMember } from '#src/discord/members.ts';
import type { Outbox } from '#src/discord/outbox/outbox.ts';
import { unwritten, writeFailureOf } from '#src/discord/outbox/write-failure.ts';
import { postToServer } from '#src/discord/server-message.ts';
import type { Button } from '#src/features/contract/command.ts';
import type { CaptionChat, CaptionChats, DeletedMessages } from '#src/ports/caption-chats.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { cut } from '#src/texts/plain.ts';
import { localeOf } from '#src/texts/texts.ts';
import { demandRights, mayOpenChannel } from './chat-permissions.ts';
import { watchDeleted } from './deleted-messages.ts';
import { captionBody, quiet, WrittenChat } from './written-chat.ts';

/** Source: Discord docs, "Start Thread without Message". */
const maxNameChars = 100;
/** A thread goes to sleep after a week without a message. */
const archiveMinutes = 10_080;
/** Opening a thread, and finding a channel that is not known. */
const askMs = 10_000;
/** Time, in ms, for which roles that were just read count: Discord reports no changes of them. */
const rolesFreshMs = 10_000;
const mostReads = 1_000;
const mostGone = 10_000;

export type CaptionChatsParts = {
  readonly outbox: Outbox;
  readonly buttons: ReadonlyMap<string, Button>;
  readonly timing: SyncTiming;
};

/** Chats of a logged-in client; disposing it ends the watch of deletions. */
export function openCaptionChats(
  client: Client<true>,
  { outbox, buttons, timing }: CaptionChatsParts,
): CaptionChats & Disposable {
  const readers = new ChatReaders(client, timing);
  const chats = new Set<WrittenChat>();
  let listener: (deleted: DeletedMessages) => void = () => {};
  const unwatch = watchDeleted(client, (deleted) => {
    const here = [...chats].filter(({ channelId }) => channelId === deleted.channelId);
    if (deleted.kind === 'chat') {
      for (const chat of here) chat.end('gone');
      listener(deleted);
      return;
    }
    const messageIds = deleted.messageIds.filter((id) => !outbox.takeOwnDeletion(id));
    if (messageIds.length > 0) listener({ ...deleted, messageIds });
  });
  const open = (channelId: string): CaptionChat => {
    const guild = client.channels.cache.get(channelId);
    const locale = localeOf(guild && 'guild' in guild ? guild.guild.preferredLocale : '');
    const rows = (names: readonly string[]) => rowsOf(names, locale, buttons);
    const chat = new WrittenChat(channelId, { outbox, timing, rows }, () => chats.delete(chat));
    chats.add(chat);
    return chat;
  };
  return {
    async open(channel, thread, signal) {
      signal.throwIfAborted();
      const home = knownChannel(client, channel, thread?.inChannelId ?? channel.channelId);
      demandRights(home, thread !== undefined);
      if (!thread) return open(channel.channelId);
      const formerId = goesOn(home, thread.formerId) ? thread.formerId : undefined;
      return open(formerId ?? (await newThread(client, home, thread.name, signal)));
    },
    async post(channelId, text, signal) {
      const body = { ...captionBody(text, []), flags: quiet };
      try {
        const { id } = await outbox.post(channelId, body, signal);
        return { channelId, messageId: id };
      } catch (cause) {
        signal.throwIfAborted();
        throw unwritten(`channel ${channelId}`, cause);
      }
    },
    async change(place, text, signal) {
      const change = (words: string) =>
        outbox.change(place, words === '' ? undefined : captionBody(words, []), signal);
      try {
        await change(text);
        return text === '' ? 'gone' : 'changed';
      } catch (cause) {
        signal.throwIfAborted();
        const { kind } = writeFailureOf(cause);
        if (kind === 'message-gone' || kind === 'chat-gone') return 'gone';
        // What Discord does not change any more, it still deletes.
        return kind === 'too-old' && text !== '' ? await this.change(place, '', signal) : 'closed';
      }
    },
    mayOpen: (guildId, channelId, personId) => readers.mayOpen(guildId, channelId, personId),
    tellServer(guildId, line) {
      const guild = client.guilds.cache.get(guildId);
      if (guild) void postToServer(guild, line, timing);
    },
    onDeleted(given) {
      listener = given;
    },
    [Symbol.dispose]: unwatch,
  };
}

/** People who may open a voice channel now. */
class ChatReaders {
  readonly #client: Client<true>;
  readonly #timing: SyncTiming;
  /** When roles of a person were read. */
  readonly #reads = new Map<string, number>();
  /** Channels that Discord knows no more: none of their ids is used again. */
  readonly #gone = new Set<string>();

  constructor(client: Client<true>, timing: SyncTiming) {
    this.#client = client;
    this.#timing = timing;
  }

  async mayOpen(
    guildId: string,
    channelId: string,
    personId: string,
  ): Promise<'yes' | 'no' | 'gone'> {
    if (this.#gone.has(channelId)) return 'gone';
    try {
      const channel = await foundChannel(this.#client, guildId, channelId);
      if (!channel) return 'no';
      await this.#read(channel.guild, personId);
      return mayOpenChannel(this.#client, channel, personId) ? 'yes' : 'no';
    } catch (error) {
      if (writeFailureOf(error).kind !== 'chat-gone') return 'no'; // no member any more, or not known
      this.#gone.add(channelId);
      for (const oldest of this.#gone) if (this.#gone.size > mostGone) this.#gone.delete(oldest);
      return 'gone';
    }
  }

  async #read(guild: Guild, personId: string): Promise<void> {
    const nowMs = this.#timing.nowMs();
    const key = `${guild.id}/${personId}`;
    const isFresh = nowMs - (this.#reads.get(key) ?? -Infinity) < rolesFreshMs;
    if (isFresh && guild.members.cache.has(personId)) return;
    await readMember(guild, personId, new AbortController().signal);
    this.#reads.delete(key);
    this.#reads.set(key, nowMs);
    for (const oldest of this.#reads.keys()) {
      if (this.#reads.size > mostReads) this.#reads.delete(oldest);
    }
  }
}

/** Throws BotError `discord.forbidden`: what Discord does not show, the bot may not see. */
function knownChannel(
  client: Client<true>,
  { guildId, name }: ChannelRef,
  channelId: string,
): GuildBasedChannel {
  const channel = client.guilds.cache.get(guildId)?.channels.cache.get(channelId);
  if (channel) return channel;
  const message = `Captions of ${name} cannot be written: their channel is gone, or the bot does not have the permission View Channel there.`;
  throw new BotError('discord.forbidden', false, message);
}

/** Whether that is a thread there which takes messages. */
function goesOn(home: GuildBasedChannel, threadId: string | undefined): boolean {
  const thread = home.guild.channels.cache.get(threadId ?? '');
  return thread?.isThread() === true && thread.parentId === home.id && thread.locked !== true;
}

async function newThread(
  client: Client<true>,
  home: GuildBasedChannel,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  const body = {
    name: cut(name, maxNameChars),
    type: ChannelType.PublicThread,
    auto_archive_duration: archiveMinutes,
  };
  const either = AbortSignal.any([signal, AbortSignal.timeout(askMs)]);
  try {
    const made = client.rest.post(Routes.threads(home.id), { body, signal: either });
    const thread = await unlessAborted(made, either);
    const id = typeof thread === 'object' && thread && 'id' in thread ? thread.id : undefined;
    if (typeof id === 'string') return id;
    throw new Error('Discord answered without the id of the thread');
  } catch (cause) {
    signal.throwIfAborted();
    const isForbidden = cause instanceof DiscordAPIError && cause.status < 500;
    const why = messageOf(cause);
    const message = `No thread could be opened in ${home.name}: ${why}.`;
    const code = isForbidden ? 'discord.forbidden' : 'discord.unreachable';
    throw new BotError(code, !isForbidden, message, cause);
  }
}

/** Undefined where there is none in that server; a thread that sleeps has to be asked for. */
async function foundChannel(
  client: Client<true>,
  guildId: string,
  channelId: string,
): Promise<GuildBasedChannel | undefined> {
  const known = client.guilds.cache.get(guildId)?.channels.cache.get(channelId);
  if (known) return known;
  const asked = client.channels.fetch(channelId);
  const channel = await unlessAborted(asked, AbortSignal.timeout(askMs));
  if (!channel || channel.isDMBased() || channel.guildId !== guildId) return undefined;
  return channel;
}
