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
import type { MessageId, PersonId } from '#src/base/ids.ts';
import { toRecord } from '#src/base/json.ts';
import {
  type ButtonRow,
  renderButtonRows,
} from '#src/discord/interactions/rendering.ts';
import { readMember } from '#src/discord/members.ts';
import { createLiveMessage } from '#src/discord/outbox/live-message.ts';
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
import type {
  CaptionChats,
  CaptionThread,
  ChatText,
} from '#src/ports/caption-chats.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { truncate } from '#src/texts/plain-text.ts';
import { toLocale } from '#src/texts/texts.ts';

const suppressNotifications = MessageFlags.SuppressNotifications;
/** Source: Discord docs, "Start Thread without Message". */
const maxNameChars = 100;
const askMs = 10_000;
/** Discord does not report changes of roles. */
const rolesFreshMs = 10_000;

export function openCaptionChats(
  client: Client<true>,
  {
    outbox,
    buttons: buttonsByName,
    timing,
  }: {
    readonly outbox: Outbox;
    readonly buttons: ReadonlyMap<string, Button>;
    readonly timing: SyncTiming;
  },
): CaptionChats {
  let listener: (messageIds: readonly MessageId[]) => void = () => {};
  watchDeleted(client, (all) => {
    const messageIds = all.filter((id) => !outbox.takeOwnDeletion(id));
    if (messageIds.length > 0) listener(messageIds);
  });
  return {
    async openChat(channel, thread, signal) {
      signal.throwIfAborted();
      const guild = client.guilds.cache.get(channel.guildId);
      const home = guild?.channels.cache.get(
        thread?.parentChannelId ?? channel.channelId,
      );
      if (!thread && !(home && mayWriteMessages(home)))
        throw createUnopenedError(
          channel,
          'View Channel, Connect, Send Messages in its chat',
        );
      const channelId = thread
        ? await openThread(home, channel, thread, signal)
        : channel.channelId;
      const locale = toLocale(guild?.preferredLocale);
      const toBody = ({ buttons = [], text }: ChatText) =>
        text === ''
          ? undefined
          : toCaptionBody(text, renderButtonRows(buttons, locale, buttonsByName));
      return {
        channelId,
        openMessage: (draw, report) =>
          createLiveMessage({
            outbox,
            channelId,
            flags: suppressNotifications,
            draw: () => toBody(draw()),
            report,
          }),
      };
    },
    async postMessage(channelId, text, signal) {
      const body = { ...toCaptionBody(text), flags: suppressNotifications };
      try {
        const { id } = await outbox.post(channelId, body, signal);
        return { channelId, messageId: id };
      } catch (cause) {
        signal.throwIfAborted();
        throw createUnwrittenError(`channel ${channelId}`, cause);
      }
    },
    async changeMessage(place, text, signal) {
      const replaceText = (words: string) =>
        outbox.changeMessage(
          place,
          words === '' ? undefined : toCaptionBody(words),
          signal,
        );
      try {
        await replaceText(text);
        return text === '' ? 'gone' : 'changed';
      } catch (cause) {
        signal.throwIfAborted();
        const { kind } = toWriteFailure(cause);
        if (kind === 'message-gone' || kind === 'chat-gone') return 'gone';
        // Discord still deletes a message that is too old to change.
        return kind === 'too-old' && text !== ''
          ? await this.changeMessage(place, '', signal)
          : 'closed';
      }
    },
    mayOpen: createMayOpen(client, timing),
    tellManagers(guildId, line) {
      const guild = client.guilds.cache.get(guildId);
      if (guild) void postToServer(outbox, guild, line);
    },
    onMessagesDeleted(given) {
      listener = given;
    },
  };
}

function toCaptionBody(text: string, components: readonly ButtonRow[] = []) {
  return { content: text, allowed_mentions: { parse: [] }, components };
}

/** Creates a check of access to a channel. Unknown counts as `no`. */
function createMayOpen(
  client: Client<true>,
  timing: SyncTiming,
): CaptionChats['mayOpen'] {
  const readAtMs = new WeakMap<GuildMember, number>();
  /** Deleted channels. Discord never uses an id again. */
  const gone = new Set<string>();
  const fetchMember = async (guild: Guild, personId: PersonId) => {
    const known = guild.members.cache.get(personId);
    const sinceMs = timing.nowMs() - rolesFreshMs;
    if (known && (readAtMs.get(known) ?? -Infinity) > sinceMs) return known;
    const member = await readMember(guild, personId, neverAborted);
    readAtMs.set(member, timing.nowMs());
    return member;
  };
  return async (guildId, channelId, personId) => {
    if (gone.has(channelId)) return 'gone';
    try {
      const asked = client.channels.fetch(channelId); // known ones are not asked for
      const channel = await waitUnlessAborted(asked, AbortSignal.timeout(askMs));
      if (!channel?.isVoiceBased() || channel.guildId !== guildId) return 'no';
      const member = await fetchMember(channel.guild, personId);
      return canOpenChannel(channel, member) ? 'yes' : 'no';
    } catch (error) {
      if (toWriteFailure(error).kind !== 'chat-gone') return 'no'; // no member any more, or not known
      gone.add(channelId);
      return 'gone';
    }
  };
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
  { formerId = '', name }: CaptionThread,
  signal: AbortSignal,
) {
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
  const former = home.threads.cache.get(formerId);
  if (former?.locked === false) return former.id;
  const made = home.threads.create({
    name: truncate(name, maxNameChars),
    type: ChannelType.PublicThread,
    autoArchiveDuration: ThreadAutoArchiveDuration.OneWeek,
  });
  try {
    const { id } = await waitUnlessAborted(
      made,
      AbortSignal.any([signal, AbortSignal.timeout(askMs)]),
    );
    return id;
  } catch (cause) {
    signal.throwIfAborted();
    throw createUnwrittenError(`a new thread of ${home.name}`, cause);
  }
}

function createUnopenedError({ name }: ChannelRef, rights: string) {
  return new BotError(
    'discord.forbidden',
    false,
    `Captions of ${name} cannot be written: the bot needs ${rights}.`,
  );
}

export function watchDeleted(
  client: Client<true>,
  report: (messageIds: readonly MessageId[]) => void,
) {
  // discord.js reports only cached messages, and none is cached here.
  const onDeleted = (data: unknown) => {
    const { id, ids } = toRecord(data);
    const all: readonly unknown[] = Array.isArray(ids) ? ids : [id];
    report(all.filter((one) => typeof one === 'string'));
  };
  client.ws.on(GatewayDispatchEvents.MessageDelete, onDeleted);
  client.ws.on(GatewayDispatchEvents.MessageDeleteBulk, onDeleted);
}
