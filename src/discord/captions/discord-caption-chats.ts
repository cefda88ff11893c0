import {
  ChannelType,
  type Client,
  GatewayDispatchEvents,
  type Guild,
  type GuildBasedChannel,
  type GuildMember,
  MessageFlags,
  PermissionFlagsBits as Rights,
  ThreadAutoArchiveDuration,
  type VoiceBasedChannel,
} from 'discord.js';
import { neverAborted, waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { SyncTiming } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import {
  type ChannelId,
  type GuildId,
  type MessageId,
  type PersonId,
  toChannelId,
  toMessageId,
} from '#src/base/ids.ts';
import { toRecord } from '#src/base/json.ts';
import {
  type ButtonRow,
  renderButtonRows,
} from '#src/discord/interactions/rendering.ts';
import { readMember } from '#src/discord/members.ts';
import { LiveMessage } from '#src/discord/outbox/live-message.ts';
import type { Outbox } from '#src/discord/outbox/outbox.ts';
import {
  createUnwrittenError,
  toWriteFailure,
} from '#src/discord/outbox/write-failure.ts';
import {
  findOwnPermissions,
  findPermissions,
  mayWriteMessages,
  openRights,
} from '#src/discord/permissions.ts';
import { postToServer } from '#src/discord/server-message.ts';
import type { Button } from '#src/features/command.ts';
import type { ChannelAccess } from '#src/people/audience.ts';
import type {
  CaptionChat,
  CaptionChats,
  CaptionPlace,
  CaptionThread,
  ChatText,
  Webhook,
} from '#src/ports/caption-chats.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { truncate } from '#src/texts/plain-text.ts';
import { type TextLine, toLocale } from '#src/texts/texts.ts';

const suppressNotifications = MessageFlags.SuppressNotifications;
/** Source: Discord docs, "Start Thread without Message". */
const maxNameChars = 100;
const askMs = 10_000;
/** Discord does not report changes of roles. */
const rolesFreshMs = 10_000;

export type CaptionChatsDeps = {
  readonly outbox: Outbox;
  readonly buttons: ReadonlyMap<string, Button>;
  readonly timing: SyncTiming;
};

/** Chats of voice channels and threads on Discord, in which captions are written. */
export class DiscordCaptionChats implements CaptionChats {
  readonly #client;
  readonly #deps;
  readonly #accessReader;
  #onMessagesDeleted: (messageIds: readonly MessageId[]) => void = () => {};

  constructor(client: Client<true>, deps: CaptionChatsDeps) {
    this.#client = client;
    this.#deps = deps;
    this.#accessReader = new AccessReader(client, deps.timing);
    watchDeleted(client, (deletedIds) => {
      const messageIds = deletedIds.filter((id) => !deps.outbox.takeOwnDeletion(id));
      if (messageIds.length > 0) this.#onMessagesDeleted(messageIds);
    });
  }

  /**
   * Opens the chat of the voice channel, or a thread. Throws BotError `discord.forbidden` or
   * `discord.unreachable`.
   */
  async openChat(
    channel: ChannelRef,
    thread: CaptionThread | undefined,
    signal: AbortSignal,
  ): Promise<CaptionChat> {
    signal.throwIfAborted();
    const guild = this.#client.guilds.cache.get(channel.guildId);
    const homeId = thread?.parentChannelId ?? channel.channelId;
    const home = guild?.channels.cache.get(homeId);
    if (!thread && !(home && mayWriteMessages(home))) {
      const rights = 'View Channel, Connect, Send Messages in its chat';
      throw createUnopenedError(channel, rights);
    }
    const channelId = thread
      ? await openThread(home, channel, thread, signal)
      : channel.channelId;
    const { buttons, outbox } = this.#deps;
    const locale = toLocale(guild?.preferredLocale);
    const toBody = ({ buttons: names = [], text }: ChatText) =>
      text === ''
        ? undefined
        : toCaptionBody(text, renderButtonRows(names, locale, buttons));
    return {
      channelId,
      openMessage: (draw, report) =>
        new LiveMessage({
          outbox,
          channelId,
          flags: suppressNotifications,
          draw: () => toBody(draw()),
          report,
        }),
    };
  }

  /** Posts a message without a notification. Throws BotError `discord.*`. */
  async postMessage(
    target: ChannelId | Webhook,
    text: string,
    signal: AbortSignal,
  ): Promise<CaptionPlace> {
    const body = { ...toCaptionBody(text), flags: suppressNotifications };
    const isWebhook = typeof target !== 'string';
    try {
      const posted = await this.#deps.outbox.post(target, body, signal);
      const { channelId = toChannelId(''), id: messageId } = posted;
      return isWebhook
        ? { channelId, messageId, webhook: target }
        : { channelId: target, messageId };
    } catch (cause) {
      signal.throwIfAborted();
      // The token of a webhook is a secret: only its id is told.
      const chatName = isWebhook ? `webhook ${target.id}` : `channel ${target}`;
      throw createUnwrittenError(chatName, cause);
    }
  }

  /** Changes a message of any run, or deletes it if `text` is empty. `closed` may pass. */
  async changeMessage(
    place: CaptionPlace,
    text: string,
    signal: AbortSignal,
  ): Promise<'changed' | 'gone' | 'closed'> {
    const body = text === '' ? undefined : toCaptionBody(text);
    try {
      await this.#deps.outbox.changeMessage(place, body, signal);
      return text === '' ? 'gone' : 'changed';
    } catch (cause) {
      signal.throwIfAborted();
      const { kind } = toWriteFailure(cause);
      if (kind === 'message-gone' || kind === 'chat-gone') return 'gone';
      // Messages of a deleted webhook stay. The bot may delete them in its own servers.
      if (kind === 'webhook-gone' && place.webhook)
        return await this.changeMessage({ ...place, webhook: undefined }, '', signal);
      // Discord still deletes a message that is too old to change.
      return kind === 'too-old' && text !== ''
        ? await this.changeMessage(place, '', signal)
        : 'closed';
    }
  }

  /** Reads access to a channel by roles of the last 10 s. Unknown counts as no. Never throws. */
  async mayOpen(
    guildId: GuildId,
    channelId: ChannelId,
    personId: PersonId,
  ): Promise<ChannelAccess> {
    return await this.#accessReader.readAccess(guildId, channelId, personId);
  }

  /** Writes to the managers of a server, where the bot may write. Never throws. */
  tellManagers(guildId: GuildId, textLine: TextLine): void {
    const guild = this.#client.guilds.cache.get(guildId);
    if (guild) void postToServer(this.#deps.outbox, guild, textLine);
  }

  /** Sets the listener for messages that people deleted, in place of the former one. */
  onMessagesDeleted(listener: (messageIds: readonly MessageId[]) => void): void {
    this.#onMessagesDeleted = listener;
  }
}

function toCaptionBody(text: string, components: readonly ButtonRow[] = []) {
  return { content: text, allowed_mentions: { parse: [] }, components };
}

/** Reads whether people may open a channel. */
class AccessReader {
  readonly #client;
  readonly #timing;
  readonly #readAtMs = new WeakMap<GuildMember, number>();
  /** Deleted channels. Discord never uses an id again. */
  readonly #deletedChannels = new Set<ChannelId>();

  constructor(client: Client<true>, timing: SyncTiming) {
    this.#client = client;
    this.#timing = timing;
  }

  /** Asks Discord for a channel and a member that are not known. Unknown counts as `no`. */
  async readAccess(
    guildId: GuildId,
    channelId: ChannelId,
    personId: PersonId,
  ): Promise<ChannelAccess> {
    if (this.#deletedChannels.has(channelId)) return 'gone';
    try {
      const fetching = this.#client.channels.fetch(channelId); // known ones are not asked for
      const channel = await waitUnlessAborted(fetching, AbortSignal.timeout(askMs));
      if (!channel?.isVoiceBased() || channel.guildId !== guildId) return 'no';
      const member = await this.#fetchMember(channel.guild, personId);
      return canOpenChannel(channel, member) ? 'yes' : 'no';
    } catch (error) {
      if (toWriteFailure(error).kind !== 'chat-gone') return 'no'; // no member any more, or not known
      this.#deletedChannels.add(channelId);
      return 'gone';
    }
  }

  async #fetchMember(guild: Guild, personId: PersonId) {
    const cachedMember = guild.members.cache.get(personId);
    const sinceMs = this.#timing.nowMs() - rolesFreshMs;
    if (cachedMember && (this.#readAtMs.get(cachedMember) ?? -Infinity) > sinceMs)
      return cachedMember;
    const member = await readMember(guild, personId, neverAborted);
    this.#readAtMs.set(member, this.#timing.nowMs());
    return member;
  }
}

function canOpenChannel(channel: VoiceBasedChannel, member: GuildMember) {
  return (
    channel.guild.available &&
    findPermissions(channel, member)?.has(openRights) === true
  );
}

const threadRights = [
  Rights.ViewChannel,
  Rights.CreatePublicThreads,
  Rights.SendMessagesInThreads,
];

async function openThread(
  home: GuildBasedChannel | undefined,
  channel: ChannelRef,
  { formerId, name }: CaptionThread,
  signal: AbortSignal,
): Promise<ChannelId> {
  if (
    home?.type !== ChannelType.GuildText ||
    !findOwnPermissions(home)?.has(threadRights)
  ) {
    const rights = 'View Channel, Create Public Threads, Send Messages in Threads';
    throw createUnopenedError(
      channel,
      `${rights} in the text channel of captions_channel`,
    );
  }
  const formerThread = formerId && home.threads.cache.get(formerId);
  if (formerThread && formerThread.locked === false)
    return toChannelId(formerThread.id);
  const creating = home.threads.create({
    name: truncate(name, maxNameChars),
    type: ChannelType.PublicThread,
    autoArchiveDuration: ThreadAutoArchiveDuration.OneWeek,
  });
  try {
    const { id } = await waitUnlessAborted(
      creating,
      AbortSignal.any([signal, AbortSignal.timeout(askMs)]),
    );
    return toChannelId(id);
  } catch (cause) {
    signal.throwIfAborted();
    throw createUnwrittenError(`a new thread of channel ${home.id}`, cause);
  }
}

function createUnopenedError({ channelId }: ChannelRef, rights: string) {
  return new BotError(
    'discord.forbidden',
    false,
    `Captions of channel ${channelId} cannot be written: the bot needs ${rights}.`,
  );
}

/** Reports each deletion of messages that the bot may see, also of other authors. */
export function watchDeleted(
  client: Client<true>,
  report: (messageIds: readonly MessageId[]) => void,
): void {
  // discord.js reports only cached messages, and none is cached here.
  const onDeleted = (data: unknown) => {
    const { id, ids } = toRecord(data);
    const deletedIds: readonly unknown[] = Array.isArray(ids) ? ids : [id];
    report(
      deletedIds.filter((deletedId) => typeof deletedId === 'string').map(toMessageId),
    );
  };
  client.ws.on(GatewayDispatchEvents.MessageDelete, onDeleted);
  client.ws.on(GatewayDispatchEvents.MessageDeleteBulk, onDeleted);
}
