import {
  ChannelType,
  type Client,
  GatewayDispatchEvents,
  GatewayOpcodes,
  PermissionFlagsBits,
} from 'discord.js';
import { neverAborted, waitAtMost } from '#src/base/bounded-wait.ts';
import type { SyncTiming } from '#src/base/clock.ts';
import type { ChannelId, GuildId } from '#src/base/ids.ts';
import { findOwnPermissions } from '#src/discord/permissions.ts';
import { localeIn } from '#src/discord/places.ts';
import { toOneLine } from '#src/texts/plain-text.ts';
import { formatText, type TextLine } from '#src/texts/texts.ts';

/** Discord writes each text into the audit log of the server. */
const textGapMs = 10_000;
const clearMs = 1_000;

type VoiceStatus = {
  readonly channelId: ChannelId;
  /** Undefined until Discord has told. */
  shown: string | undefined;
  written: string;
  wanted: string;
  mayWriteAtMs: number;
  cancelWait?: () => void;
  /**
   * A person removed the text, or Discord refused it. Nothing is written until the next join.
   */
  isGivenUp: boolean;
};

export type VoiceStatuses = ReturnType<typeof createVoiceStatuses>;

/**
 * Voice channel statuses of a logged-in client: people see before they enter a channel whether they will be heard.
 *
 * The bot writes only where it has the right and nobody else has written.
 * Source: https://docs.discord.com/developers/resources/channel#set-voice-channel-status
 *
 * @example
 * import type { GuildId } from '#src/base/ids.ts';
 * import type { Client } from 'discord.js';
 * import { realClock } from '#src/base/clock.ts';
 * import { createVoiceStatuses } from '#src/discord/panel/voice-statuses.ts';
 *
 * declare const client: Client<true>;
 * declare const guildId: GuildId;
 * const statuses = createVoiceStatuses(client, realClock);
 * statuses.show(guildId, { id: 'panel.status', with: { bot: 'Nova', heard: 2, people: 5 } });
 * await statuses.clear(guildId); // while the bot still sits there
 */
export function createVoiceStatuses(client: Client<true>, timing: SyncTiming) {
  const statuses = new Map<string, VoiceStatus>();
  client.ws.on(
    GatewayDispatchEvents.ChannelInfo,
    (data: {
      readonly guild_id: string;
      readonly channels: readonly Omit<StatusUpdate, 'guild_id'>[];
    }) => {
      for (const { id, status } of data.channels)
        receive(data.guild_id, id, status ?? '');
    },
  );
  client.ws.on(GatewayDispatchEvents.VoiceChannelStatusUpdate, (data: StatusUpdate) => {
    receive(data.guild_id, data.id, data.status ?? '');
  });

  function receive(guildId: GuildId, channelId: ChannelId, text: string) {
    const status = statuses.get(guildId);
    if (status?.channelId !== channelId) return;
    const { shown, wanted, written } = status;
    if (shown === undefined && isSameButNumbers(text, wanted)) status.written = text; // of a former run
    if (text === '' && shown === written && written !== '') status.isGivenUp = true;
    status.shown = text;
    writeStatus(guildId, status);
  }

  function writeStatus(guildId: GuildId, status: VoiceStatus) {
    const { isGivenUp, mayWriteAtMs, shown, wanted, written } = status;
    const isFree = shown === '' || shown === written;
    if (!isFree || isGivenUp || shown === wanted) return;
    status.cancelWait?.();
    const nowMs = timing.nowMs();
    if (nowMs < mayWriteAtMs) {
      status.cancelWait = timing.later(mayWriteAtMs - nowMs, () => {
        writeStatus(guildId, status);
      });
      return;
    }
    status.mayWriteAtMs = nowMs + textGapMs;
    status.written = status.shown = wanted;
    void put(status, wanted);
  }

  async function put(status: VoiceStatus, text: string | null) {
    const route = `/channels/${status.channelId}/voice-status` as const;
    try {
      await client.rest.put(route, { body: { status: text } });
    } catch {
      status.isGivenUp = true; // the right is gone, or Discord is away: nobody misses it
    }
  }

  return {
    /** Without `line` the present text stays. */
    show(guildId: GuildId, line: TextLine | undefined) {
      const guild = client.guilds.cache.get(guildId);
      const channel = guild?.members.me?.voice.channel;
      if (!guild || !line || channel?.type !== ChannelType.GuildVoice) return;
      const wanted = toOneLine(
        formatText(line.id, line.with, localeIn(client, guildId)),
      );
      const known = statuses.get(guildId);
      if (known?.channelId === channel.id) {
        known.wanted = wanted;
        writeStatus(guildId, known);
        return;
      }
      if (!findOwnPermissions(channel)?.has(PermissionFlagsBits.SetVoiceChannelStatus))
        return;
      known?.cancelWait?.();
      statuses.set(guildId, {
        channelId: channel.id,
        shown: undefined,
        written: '',
        wanted,
        mayWriteAtMs: timing.nowMs(),
        isGivenUp: false,
      });
      // A status is no part of the channel: it is asked for.
      guild.shard.send({
        op: GatewayOpcodes.RequestChannelInfo,
        d: { guild_id: guildId, fields: ['status'] },
      });
    },

    /** Removes the bot's own text. */
    async clear(guildId: GuildId) {
      const status = statuses.get(guildId);
      statuses.delete(guildId);
      status?.cancelWait?.();
      if (!status?.written || status.shown !== status.written) return;
      await waitAtMost(put(status, null), clearMs, timing, neverAborted);
    },
  };
}

type StatusUpdate = {
  readonly guild_id: string;
  readonly id: string;
  readonly status?: string | null;
};

/** Tests whether texts differ in numbers alone. */
function isSameButNumbers(one: string, other: string) {
  // A restarted process knows its own text so.
  const toWords = (text: string) => text.replaceAll(/\d+/g, '');
  return toWords(one) === toWords(other);
}
