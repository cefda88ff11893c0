import {
  ChannelType,
  type Client,
  GatewayDispatchEvents,
  GatewayOpcodes,
  PermissionFlagsBits,
  type VoiceBasedChannel,
} from 'discord.js';
import { neverAborted, waitAtMost } from '#src/base/bounded-wait.ts';
import type { SyncTiming } from '#src/base/clock.ts';
import { type ChannelId, type GuildId, toChannelId, toGuildId } from '#src/base/ids.ts';
import { findOwnPermissions } from '#src/discord/permissions.ts';
import { getGuildLocale } from '#src/discord/places.ts';
import { toOneLine } from '#src/texts/plain-text.ts';
import { formatText, type TextLine } from '#src/texts/texts.ts';

/** Discord writes each text into the audit log of the server. */
const textGapMs = 10_000;
const clearMs = 1_000;
/** Wait before a refused text is written again. */
const retryMs = 60_000;

type VoiceStatus = {
  readonly channelId: ChannelId;
  /** Undefined until Discord has told. */
  shownText: string | undefined;
  writtenText: string;
  wantedText: string;
  mayWriteAtMs: number;
  cancelWait?: () => void;
  /** True after a person removed the text. Nothing is written until the next join. */
  isGivenUp: boolean;
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

/**
 * Voice channel statuses of a logged-in client: people see before they enter a channel whether they will be heard.
 *
 * The bot writes only where it has the right and nobody else has written. A text stays where the bot was taken away and
 * lacks Manage Channels, so the text counts people only for the time in which the bot is there.
 * Source: https://docs.discord.com/developers/resources/channel#set-voice-channel-status
 *
 * @example
 * import type { GuildId } from '#src/base/ids.ts';
 * import type { Client } from 'discord.js';
 * import { realClock } from '#src/base/clock.ts';
 * import { VoiceStatuses } from '#src/discord/panel/voice-statuses.ts';
 *
 * declare const client: Client<true>;
 * declare const guildId: GuildId;
 * const statuses = new VoiceStatuses(client, realClock);
 * statuses.show(guildId, { id: 'panel.status', with: { bot: 'Nova', heard: 2, people: 5 } });
 * await statuses.clear(guildId); // while the bot still sits there
 */
export class VoiceStatuses {
  readonly #client;
  readonly #timing;
  readonly #statuses = new Map<GuildId, VoiceStatus>();

  constructor(client: Client<true>, timing: SyncTiming) {
    this.#client = client;
    this.#timing = timing;
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
   * Shows a text in the channel where the bot sits, at most one in 10 s. Without `textLine`
   * the present text stays. Never throws.
   */
  show(guildId: GuildId, textLine: TextLine | undefined): void {
    const channel = this.#client.guilds.cache.get(guildId)?.members.me?.voice.channel;
    if (!textLine || channel?.type !== ChannelType.GuildVoice) return;
    const locale = getGuildLocale(this.#client, guildId);
    const wantedText = toOneLine(formatText(textLine.id, textLine.with, locale));
    const status = this.#statuses.get(guildId);
    if (status?.channelId === channel.id) {
      status.wantedText = wantedText;
      this.#writeStatus(guildId, status);
      return;
    }
    if (!this.#mayWrite(guildId, { channelId: toChannelId(channel.id) })) return;
    status?.cancelWait?.();
    this.#beginStatus(channel, wantedText);
  }

  /** Removes the bot's own text, within a second. A bot that sits there no more needs Manage Channels for that. */
  async clear(guildId: GuildId): Promise<void> {
    const status = this.#statuses.get(guildId);
    this.#statuses.delete(guildId);
    status?.cancelWait?.();
    if (!status?.writtenText || status.shownText !== status.writtenText) return;
    if (!this.#mayWrite(guildId, status)) return;
    const clearing = this.#putText(status, null);
    await waitAtMost(clearing, clearMs, this.#timing, neverAborted);
  }

  /** Source: https://docs.discord.com/developers/resources/channel#set-voice-channel-status */
  #mayWrite(guildId: GuildId, { channelId }: Pick<VoiceStatus, 'channelId'>) {
    const guild = this.#client.guilds.cache.get(guildId);
    const channel = guild?.channels.cache.get(channelId);
    const permissions = channel && findOwnPermissions(channel);
    const { ManageChannels, SetVoiceChannelStatus } = PermissionFlagsBits;
    const isThere = guild?.members.me?.voice.channelId === channelId;
    const needed = [SetVoiceChannelStatus, ...(isThere ? [] : [ManageChannels])];
    return permissions?.has(needed) === true;
  }

  #beginStatus({ guild, id }: VoiceBasedChannel, wantedText: string) {
    this.#statuses.set(toGuildId(guild.id), {
      channelId: toChannelId(id),
      shownText: undefined,
      writtenText: '',
      wantedText,
      mayWriteAtMs: this.#timing.nowMs(),
      isGivenUp: false,
    });
    // A status is no part of the channel: it is asked for.
    guild.shard.send({
      op: GatewayOpcodes.RequestChannelInfo,
      d: { guild_id: guild.id, fields: ['status'] },
    });
  }

  #onStatus(guildId: GuildId, channelId: ChannelId, text: string) {
    const status = this.#statuses.get(guildId);
    if (status?.channelId !== channelId) return;
    const { shownText, wantedText, writtenText } = status;
    // Of a former run, or of a request that seemed to fail.
    if (text !== '' && isSameButNumbers(text, wantedText)) status.writtenText = text;
    if (text === '' && shownText === writtenText && writtenText !== '')
      status.isGivenUp = true;
    status.shownText = text;
    this.#writeStatus(guildId, status);
  }

  #writeStatus(guildId: GuildId, status: VoiceStatus) {
    const { isGivenUp, mayWriteAtMs, shownText, wantedText, writtenText } = status;
    const isFree = shownText === '' || shownText === writtenText;
    if (!isFree || isGivenUp || shownText === wantedText) return;
    if (!this.#mayWrite(guildId, status)) return;
    status.cancelWait?.();
    const nowMs = this.#timing.nowMs();
    if (nowMs < mayWriteAtMs) {
      status.cancelWait = this.#timing.later(mayWriteAtMs - nowMs, () => {
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
    if (await this.#putText(status, text)) return;
    // The former text stays, so the newest one is tried again.
    if (this.#statuses.get(guildId) !== status || status.shownText !== text) return;
    status.writtenText = status.shownText = formerText;
    status.mayWriteAtMs = this.#timing.nowMs() + retryMs;
    this.#writeStatus(guildId, status);
  }

  /** Returns false if Discord refused the text or did not answer. */
  async #putText({ channelId }: VoiceStatus, text: string | null) {
    const route = `/channels/${channelId}/voice-status` as const;
    try {
      await this.#client.rest.put(route, { body: { status: text } });
      return true;
    } catch {
      return false;
    }
  }
}

/** Tests whether texts differ in numbers alone. */
function isSameButNumbers(text: string, otherText: string) {
  // A restarted process knows its own text so.
  const removeNumbers = (string: string) => string.replaceAll(/\d+/g, '');
  return removeNumbers(text) === removeNumbers(otherText);
}
