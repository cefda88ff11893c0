import {
  ChannelType,
  type Client,
  GatewayDispatchEvents,
  GatewayOpcodes,
  PermissionFlagsBits,
  Status,
} from 'discord.js';
import type { DiscordEvent } from '#src/discord/events.ts';
import { answerWithin, withDeadline } from '#src/discord/library/deadline.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import { permissionsIn } from '#src/discord/permissions.ts';
import type { PanelFace } from '#src/session/ports/panel.ts';
import type { ChannelRef } from '#src/session/ports/voice-link.ts';
import { cut, harmless, oneLine } from '#src/texts/plain.ts';
import { type Locale, localeOf, type TextId, text } from '#src/texts/texts.ts';
import { StatusLine } from './status-line.ts';

export type StatusOptions = {
  readonly timing: SyncTiming;
  readonly tell: (event: DiscordEvent) => void;
  localeIn(guildId: string): Locale;
  mayWrite(channel: ChannelRef): boolean;
  /** Asks what stands under the channels of a server; the answer goes to `read`. */
  ask(guildId: string): void;
  write(channelId: string, words: string): Promise<unknown>;
};

/** Source: Discord docs, "Set Voice Channel Status". */
const maxChars = 500;
/** Requests without an answer after which this Discord counts as not knowing them. */
const maxUnanswered = 2;
/** States in words that name nobody, so that nobody else writes just them. */
const plainStates = [
  'panel.listening',
  'panel.captions_only',
  'panel.thinking',
  'panel.paused',
] as const;

type StatusChannel = { readonly channelId: string; readonly line: StatusLine };

/** Shows the state of the panel under the voice channels the bot sits in, where it may; otherwise nothing. */
export class VoiceStatus {
  readonly #options: StatusOptions;
  readonly #seats = new Map<string, StatusChannel>();
  readonly #words = new Map<string, string>();
  #unanswered = 0;
  /** That it does not work is told once. */
  #told = false;

  constructor(options: StatusOptions) {
    this.#options = options;
  }

  /** While the bot is away there is nothing to be seen. */
  show(guildId: string, { state }: PanelFace): void {
    if (state.kind === 'left' || state.kind === 'reconnecting') {
      this.#words.delete(guildId);
      return;
    }
    const named = 'name' in state && { name: oneLine(harmless(state.name)) };
    const kind = state.kind === 'step' ? 'thinking' : state.kind;
    const timed = state.kind === 'quiet' && { time: state.time };
    const words = text(`panel.${kind}`, { ...named, ...timed }, this.#options.localeIn(guildId));
    this.#words.set(guildId, cut(words, maxChars));
    this.#seats.get(guildId)?.line.want(cut(words, maxChars));
  }

  /** The bot sits there now. What is returned is to be called before it leaves; it takes half a second at most, never throws. */
  entered(channel: ChannelRef): () => Promise<void> {
    const { guildId, channelId } = channel;
    const seat = { channelId, line: this.#lineUnder(channel) };
    this.#seats.set(guildId, seat);
    seat.line.want(this.#words.get(guildId) ?? '');
    if (this.#options.mayWrite(channel) && this.#unanswered < maxUnanswered) {
      this.#unanswered++;
      this.#options.ask(guildId);
    }
    return async () => {
      if (this.#seats.get(guildId) === seat) this.#seats.delete(guildId);
      await seat.line.end();
    };
  }

  /** What stands under all channels of a server that have such a line. */
  read(guildId: string, lines: ReadonlyMap<string, string>): void {
    this.#unanswered = 0;
    const seat = this.#seats.get(guildId);
    seat?.line.found(lines.get(seat.channelId) ?? '');
  }

  /** So it reads under that channel now. */
  found(channelId: string, words: string): void {
    for (const seat of this.#seats.values()) {
      if (seat.channelId === channelId) seat.line.found(words);
    }
  }

  #lineUnder(channel: ChannelRef): StatusLine {
    const { timing, localeIn, mayWrite, write } = this.#options;
    const locale = localeIn(channel.guildId);
    return new StatusLine({
      timing,
      ours: plainStates.map((id: TextId) => text(id, {}, locale)),
      mayWrite: () => mayWrite(channel),
      write: (words) => write(channel.channelId, words),
      failed: (error) => this.#warn(channel, error),
    });
  }

  #warn({ channelId, guildId }: ChannelRef, error: unknown): void {
    if (this.#told) return;
    this.#told = true;
    const why = error instanceof Error ? error.message : String(error);
    const message = `The status of channel ${channelId} could not be set: ${why}`;
    this.#options.tell({ kind: 'warning', message, guildId, cause: error });
  }
}

/** Of a logged-in client; what it is told of such lines goes in by itself. */
export function openVoiceStatus(
  client: Client<true>,
  timing: SyncTiming,
  tell: (event: DiscordEvent) => void,
): VoiceStatus {
  const never = new AbortController().signal;
  const status = new VoiceStatus({
    timing,
    tell,
    localeIn: (guildId) => localeOf(client.guilds.cache.get(guildId)?.preferredLocale ?? ''),
    mayWrite: (channel) => mayWrite(client, channel),
    ask(guildId) {
      const request = { guild_id: guildId, fields: ['status'] };
      const { shard } = client.guilds.cache.get(guildId) ?? {};
      if (shard?.status !== Status.Ready) return; // discord.js would not catch its own error
      shard.send({ op: GatewayOpcodes.RequestChannelInfo, d: request });
    },
    write(channelId, words) {
      const body = { status: words };
      const put = (signal: AbortSignal) =>
        client.rest.put(`/channels/${channelId}/voice-status`, { body, signal });
      return withDeadline(put, answerWithin(timing), never);
    },
  });
  client.ws.on(GatewayDispatchEvents.VoiceChannelStatusUpdate, (data: unknown) => {
    const { id, words } = lineOf(data) ?? {};
    if (id !== undefined) status.found(id, words ?? '');
  });
  client.ws.on(GatewayDispatchEvents.ChannelInfo, (data: unknown) => {
    if (!isRecord(data) || typeof data.guild_id !== 'string') return;
    const channels: readonly unknown[] = Array.isArray(data.channels) ? data.channels : [];
    const lines = channels.map(lineOf).filter((line) => line !== undefined);
    status.read(data.guild_id, new Map(lines.map(({ id, words }) => [id, words])));
  });
  return status;
}

/**
 * True where the bot may set the status of the channel; outside the channel it needs more for it. Source: Discord docs,
 * "Set Voice Channel Status".
 */
function mayWrite(client: Client<true>, { guildId, channelId }: ChannelRef): boolean {
  const guild = client.guilds.cache.get(guildId);
  const channel = guild?.channels.cache.get(channelId);
  const me = guild?.members.me;
  if (!me || channel?.type !== ChannelType.GuildVoice) return false;
  const { ManageChannels, SetVoiceChannelStatus, ViewChannel } = PermissionFlagsBits;
  const more = me.voice.channelId === channelId ? [] : [ManageChannels];
  const mine = permissionsIn(channel, me);
  return mine?.has([SetVoiceChannelStatus, ViewChannel, ...more]) === true;
}

function lineOf(data: unknown): { readonly id: string; readonly words: string } | undefined {
  if (!isRecord(data) || typeof data.id !== 'string') return undefined;
  return { id: data.id, words: typeof data.status === 'string' ? data.status : '' };
}

function isRecord(data: unknown): data is Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null;
}
