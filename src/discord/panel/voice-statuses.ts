import {
  ChannelType,
  type Client,
  GatewayDispatchEvents,
  GatewayOpcodes,
  type Guild,
  PermissionFlagsBits,
  type VoiceBasedChannel,
} from 'discord.js';
import { neverAborted, waitAtMost } from '#src/base/bounded-wait.ts';
import type { SyncTiming } from '#src/base/clock.ts';
import { type ChannelId, type GuildId, toChannelId, toGuildId } from '#src/base/ids.ts';
import { listOtherPeople } from '#src/discord/channel-people.ts';
import { findOwnPermissions } from '#src/discord/permissions.ts';
import { getGuildLocale } from '#src/discord/places.ts';
import type { Owned } from '#src/people/owned.ts';
import { toOneLine } from '#src/texts/plain-text.ts';
import { formatText, type TextLine } from '#src/texts/texts.ts';

/** Discord writes each text into the audit log of the server. */
const textGapMs = 10_000;
const clearMs = 1_000;
/** Waits before a refused text is written again, and before a text is removed that Discord kept. */
const [minRetryMs, maxRetryMs] = [10_000, 600_000];
/** The bot may come back within this time, and then removes a text itself. */
const tellAfterMs = 10_000;

type VoiceStatus = {
  readonly channelId: ChannelId;
  /** Undefined until Discord has told. */
  shownText: string | undefined;
  writtenText: string;
  wantedText: string;
  /** The wanted text in all its forms, by which the bot knows a text of a former run. */
  ownTexts: readonly string[];
  mayWriteAtMs: number;
  failures: number;
  cancelWait?: () => void;
  /** True after a person removed the text. Nothing is written until the next join. */
  isGivenUp: boolean;
};

/** A text of the bot in a channel that it has left. */
type Leftover = {
  readonly guildId: GuildId;
  readonly channelId: ChannelId;
  /** Undefined until Discord has told whether a former process left one. */
  text: string | undefined;
  failures: number;
  cancelWait?: () => void;
  isTold: boolean;
};

type StatusUpdate = {
  readonly guild_id: GuildId;
  readonly id: ChannelId;
  readonly status?: string | null;
};
type ChannelInfo = {
  readonly guild_id: GuildId;
  readonly channels: readonly Omit<StatusUpdate, 'guild_id'>[];
};

/** Writes a line into the chat of a voice channel, for those who manage the channel. Never throws. */
export type TellManagers = (
  guildId: GuildId,
  channelId: ChannelId,
  line: TextLine,
) => void;

/**
 * Voice channel statuses of a logged-in client: people see before they enter a channel whether they will be heard.
 *
 * The bot writes only where it has the right and nobody else has written. A text that stays behind, since the bot was taken
 * away and lacks Manage Channels, is removed once the bot may, and the chat of the channel is told of it once.
 * Source: https://docs.discord.com/developers/resources/channel#set-voice-channel-status
 *
 * @example
 * import type { ChannelId, GuildId } from '#src/base/ids.ts';
 * import type { Client } from 'discord.js';
 * import { realClock } from '#src/base/clock.ts';
 * import { VoiceStatuses } from '#src/discord/panel/voice-statuses.ts';
 * import { Owned } from '#src/people/owned.ts';
 * import type { TextLine } from '#src/texts/texts.ts';
 *
 * declare const client: Client<true>;
 * declare const guildId: GuildId;
 * declare const channelId: ChannelId;
 * const statuses = new VoiceStatuses(client, realClock, () => undefined);
 * const line: TextLine = { id: 'panel.status', with: { bot: 'Nova', heard: 2, people: 5 } };
 * statuses.show(guildId, new Owned(line, { channelId }));
 * await statuses.clear(guildId); // while the bot still sits there
 */
export class VoiceStatuses implements Disposable {
  readonly #client;
  readonly #timing;
  readonly #tellManagers;
  readonly #statuses = new Map<GuildId, VoiceStatus>();
  readonly #leftovers = new Map<ChannelId, Leftover>();

  constructor(client: Client<true>, timing: SyncTiming, tellManagers: TellManagers) {
    this.#client = client;
    this.#timing = timing;
    this.#tellManagers = tellManagers;
    client.ws.on(GatewayDispatchEvents.ChannelInfo, (data: ChannelInfo) => {
      for (const { id, status } of data.channels)
        this.#onStatus(data.guild_id, id, status ?? '');
    });
    client.ws.on(
      GatewayDispatchEvents.VoiceChannelStatusUpdate,
      ({ guild_id, id, status }: StatusUpdate) =>
        this.#onStatus(guild_id, id, status ?? ''),
    );
  }

  /**
   * Shows a text in its channel while the bot sits there, at most one in 10 s. Without `textLine` the present text stays. Never
   * throws.
   */
  show(guildId: GuildId, textLine: Owned<TextLine> | undefined): void {
    const channel = this.#findOwnChannel(guildId);
    if (channel?.type !== ChannelType.GuildVoice) return;
    const channelId = toChannelId(channel.id);
    const line = textLine?.findForPlace(channelId);
    if (!line) return;
    const ownTexts = this.#formatTexts(guildId, line);
    const [wantedText] = ownTexts;
    const status = this.#statuses.get(guildId);
    if (status?.channelId === channelId) {
      status.wantedText = wantedText;
      status.ownTexts = ownTexts;
      this.#writeStatus(guildId, status);
      return;
    }
    if (status) void this.clear(guildId);
    if (!this.#mayWrite(guildId, channelId)) return;
    this.#beginStatus(channel, ownTexts);
  }

  /** Removes the bot's own text, and waits a second for that. A text that stays is removed later. Never throws. */
  async clear(guildId: GuildId): Promise<void> {
    const status = this.#statuses.get(guildId);
    this.#statuses.delete(guildId);
    status?.cancelWait?.();
    if (!status) return;
    const { channelId, shownText, writtenText } = status;
    if (shownText === undefined) this.removeFormer(guildId, channelId);
    if (!writtenText || shownText !== writtenText) return;
    const leftover = this.#noteLeftover(guildId, channelId, writtenText);
    const removing = this.#removeLeftover(leftover);
    await waitAtMost(removing, clearMs, this.#timing, neverAborted);
  }

  /** Removes the text that a former process left in a channel where the bot does not sit. Never throws. */
  removeFormer(guildId: GuildId, channelId: ChannelId): void {
    const { guilds } = this.#client;
    const guild = guilds.cache.get(guildId);
    if (this.#leftovers.has(channelId) || !guild) return;
    if (this.#findOwnChannel(guildId)?.id === channelId) return;
    this.#noteLeftover(guildId, channelId, undefined);
    requestStatuses(guild);
  }

  /** Writes and removes nothing any more. */
  [Symbol.dispose](): void {
    for (const { cancelWait } of [
      ...this.#statuses.values(),
      ...this.#leftovers.values(),
    ])
      cancelWait?.();
    this.#statuses.clear();
    this.#leftovers.clear();
  }

  #findOwnChannel(guildId: GuildId) {
    return this.#client.guilds.cache.get(guildId)?.members.me?.voice.channel;
  }

  /** Formats the text of a line, and then the same facts with and without captions. */
  #formatTexts(guildId: GuildId, { id, with: values }: TextLine) {
    const locale = getGuildLocale(this.#client, guildId);
    const format = (formId: TextLine['id']) =>
      toOneLine(formatText(formId, values, locale));
    return [format(id), ...statusIds.map(format)] as const;
  }

  /** Source: https://docs.discord.com/developers/resources/channel#set-voice-channel-status */
  #mayWrite(guildId: GuildId, channelId: ChannelId) {
    const guild = this.#client.guilds.cache.get(guildId);
    const channel = guild?.channels.cache.get(channelId);
    const permissions = channel && findOwnPermissions(channel);
    const { ManageChannels, SetVoiceChannelStatus } = PermissionFlagsBits;
    const isThere = guild?.members.me?.voice.channelId === channelId;
    const needed = [SetVoiceChannelStatus, ...(isThere ? [] : [ManageChannels])];
    return permissions?.has(needed) === true;
  }

  #beginStatus(
    { guild, id }: VoiceBasedChannel,
    ownTexts: readonly [string, ...string[]],
  ) {
    const channelId = toChannelId(id);
    const leftover = this.#leftovers.get(channelId);
    if (leftover) this.#dropLeftover(leftover);
    const status: VoiceStatus = {
      channelId,
      shownText: leftover?.text,
      writtenText: leftover?.text ?? '',
      wantedText: ownTexts[0],
      ownTexts,
      mayWriteAtMs: this.#timing.nowMs(),
      failures: 0,
      isGivenUp: false,
    };
    this.#statuses.set(toGuildId(guild.id), status);
    // A status is no part of the channel: it is asked for.
    requestStatuses(guild);
  }

  #onStatus(guildId: GuildId, channelId: ChannelId, text: string) {
    const leftover = this.#leftovers.get(channelId);
    if (leftover) this.#onLeftoverStatus(leftover, text);
    const status = this.#statuses.get(guildId);
    if (status?.channelId !== channelId) return;
    const { ownTexts, shownText, writtenText } = status;
    // Of a former run, or of a request that seemed to fail.
    if (text !== '' && ownTexts.some((ownText) => isSameButNumbers(text, ownText)))
      status.writtenText = text;
    if (text === '' && shownText === writtenText && writtenText !== '')
      status.isGivenUp = true;
    status.shownText = text;
    this.#writeStatus(guildId, status);
  }

  #writeStatus(guildId: GuildId, status: VoiceStatus) {
    const { isGivenUp, mayWriteAtMs, shownText, wantedText, writtenText } = status;
    const isFree = shownText === '' || shownText === writtenText;
    if (!isFree || isGivenUp || shownText === wantedText) return;
    status.cancelWait?.();
    const nowMs = this.#timing.nowMs();
    // The right may come back without any other news.
    const isBarred = !this.#mayWrite(guildId, status.channelId);
    const waitMs = isBarred ? minRetryMs : mayWriteAtMs - nowMs;
    if (waitMs > 0) {
      status.cancelWait = this.#timing.later(waitMs, () => {
        this.#writeStatus(guildId, status);
      });
      return;
    }
    void this.#writeText(guildId, status);
  }

  async #writeText(guildId: GuildId, status: VoiceStatus) {
    const { shownText: formerText = '', wantedText: text } = status;
    status.mayWriteAtMs = this.#timing.nowMs() + textGapMs;
    status.writtenText = status.shownText = text;
    if (await this.#putText(status, text)) {
      status.failures = 0;
      return;
    }
    // The former text stays, so the newest one is tried again.
    if (this.#statuses.get(guildId) !== status || status.shownText !== text) return;
    status.writtenText = status.shownText = formerText;
    status.mayWriteAtMs = this.#timing.nowMs() + getRetryMs(status.failures++);
    this.#writeStatus(guildId, status);
  }

  #noteLeftover(guildId: GuildId, channelId: ChannelId, text: string | undefined) {
    const former = this.#leftovers.get(channelId);
    if (former) this.#dropLeftover(former);
    const isTold = former?.isTold ?? false;
    const leftover: Leftover = { guildId, channelId, text, failures: 0, isTold };
    this.#leftovers.set(channelId, leftover);
    return leftover;
  }

  #dropLeftover(leftover: Leftover) {
    leftover.cancelWait?.();
    if (this.#leftovers.get(leftover.channelId) === leftover)
      this.#leftovers.delete(leftover.channelId);
  }

  #onLeftoverStatus(leftover: Leftover, text: string) {
    if (leftover.text === text) return;
    const isFound =
      leftover.text === undefined && this.#isStatusOfBots(leftover.guildId, text);
    if (!isFound) {
      // Somebody else has removed or replaced the text.
      this.#dropLeftover(leftover);
      return;
    }
    leftover.text = text;
    void this.#removeLeftover(leftover);
  }

  /** Tests whether a text is a status of the bot, by any name: in a channel of its own seat. */
  #isStatusOfBots(guildId: GuildId, text: string) {
    const locale = getGuildLocale(this.#client, guildId);
    return statusIds.some((id) => {
      const mark = '\u0000';
      const form = formatText(id, { bot: mark, heard: 0, people: 0 }, locale);
      const [before = '', after = ''] = removeNumbers(form).split(mark);
      const bare = removeNumbers(text);
      return bare.startsWith(before) && bare.endsWith(after);
    });
  }

  /** Tries to remove a text now, and again while it stays. Resolves after the first try. */
  async #removeLeftover(leftover: Leftover): Promise<void> {
    const isRemoved = await this.#putText(leftover, null);
    if (this.#leftovers.get(leftover.channelId) !== leftover) return;
    if (isRemoved) this.#dropLeftover(leftover);
    else this.#scheduleRemoval(leftover);
  }

  #scheduleRemoval(leftover: Leftover) {
    const { channelId, guildId } = leftover;
    const waitMs = leftover.isTold ? getRetryMs(leftover.failures++) : tellAfterMs;
    leftover.cancelWait = this.#timing.later(waitMs, () => {
      const guild = this.#client.guilds.cache.get(guildId);
      if (!guild?.channels.cache.has(channelId)) this.#dropLeftover(leftover);
      else if (this.#mayWrite(guildId, channelId)) void this.#removeLeftover(leftover);
      else {
        // Discord removes the status of an empty channel by itself.
        const isSeen = listOtherPeople(guild, channelId).length > 0;
        if (isSeen && !leftover.isTold) {
          leftover.isTold = true;
          this.#tellManagers(guildId, channelId, { id: 'panel.status.stuck' });
        }
        this.#scheduleRemoval(leftover);
      }
    });
  }

  /** Returns false if Discord refused the text or did not answer. */
  async #putText(
    { channelId }: { readonly channelId: ChannelId },
    text: string | null,
  ) {
    const route = `/channels/${channelId}/voice-status` as const;
    try {
      await this.#client.rest.put(route, { body: { status: text } });
      return true;
    } catch {
      return false;
    }
  }
}

const statusIds = ['panel.status', 'panel.status.captions'] as const;

/** Asks Discord for the statuses of all voice channels of a server. */
function requestStatuses(guild: Guild) {
  guild.shard.send({
    op: GatewayOpcodes.RequestChannelInfo,
    d: { guild_id: guild.id, fields: ['status'] },
  });
}

function getRetryMs(failures: number) {
  return Math.min(minRetryMs * 2 ** failures, maxRetryMs);
}

/** Tests whether texts differ in numbers alone. */
function isSameButNumbers(text: string, otherText: string) {
  // A restarted process knows its own text so.
  return removeNumbers(text) === removeNumbers(otherText);
}

function removeNumbers(text: string) {
  return text.replaceAll(/\d+/g, '');
}
