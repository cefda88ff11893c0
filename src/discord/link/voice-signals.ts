import type {
  DiscordGatewayAdapterCreator,
  DiscordGatewayAdapterImplementerMethods,
  DiscordGatewayAdapterLibraryMethods,
} from '@discordjs/voice';
import type { SyncTiming } from '#src/base/clock.ts';
import type { ChannelId, GuildId } from '#src/base/ids.ts';
import type { SignalPace } from './signal-pace.ts';

type ServerUpdate = Parameters<
  DiscordGatewayAdapterLibraryMethods['onVoiceServerUpdate']
>[0];

export type SignalsOptions = {
  readonly guildId: GuildId;
  readonly channelId: ChannelId;
  readonly gateway: DiscordGatewayAdapterCreator;
  readonly pace: SignalPace;
  readonly timing: SyncTiming;
  readonly gone: () => void;
};

const leaveMs = 1_000;

/**
 * The main gateway as one link sees it. The library would rejoin without end after a refusal,
 * so here it joins once.
 */
export function createSignals(options: SignalsOptions) {
  let gateway: DiscordGatewayAdapterImplementerMethods | undefined;
  let voice: DiscordGatewayAdapterLibraryMethods | undefined;
  let hasAsked = false;
  let isIn = false;
  /** A server update must not overtake the state update. */
  let waitingServer: ServerUpdate | undefined;
  let left: (() => void) | undefined;
  let isOut = false;
  const adapter: DiscordGatewayAdapterCreator = (library) => {
    voice = library;
    gateway = options.gateway({
      onVoiceServerUpdate: (update) => onServerUpdate(update),
      onVoiceStateUpdate: (update) => onStateUpdate(update),
      destroy: () => library.destroy(),
    });
    return {
      sendPayload: (payload) => sendPayload(payload),
      destroy: () => gateway?.destroy(),
    };
  };

  function sendPayload(payload: {
    readonly d?: { readonly channel_id?: string | null };
  }) {
    if (payload.d?.channel_id === null) return sendLeave();
    if (hasAsked) return false;
    hasAsked = true;
    return sendNow(payload);
  }

  function sendLeave() {
    const d = {
      guild_id: options.guildId,
      channel_id: null,
      self_mute: false,
      self_deaf: false,
    };
    return sendNow({ op: 4, d });
  }

  function sendNow(payload: object) {
    options.pace.noteSent(options.timing.nowMs());
    return gateway?.sendPayload(payload) ?? false;
  }

  function onStateUpdate(
    update: Parameters<DiscordGatewayAdapterLibraryMethods['onVoiceStateUpdate']>[0],
  ) {
    if (update.channel_id === options.channelId) {
      isIn = true;
      voice?.onVoiceStateUpdate(update);
      passServer();
      return;
    }
    if (update.channel_id === null) left?.();
    // Before our own join has come through, this is the echo of an earlier session.
    if (!isIn) return;
    isOut = update.channel_id === null;
    options.gone();
  }

  function onServerUpdate(update: ServerUpdate) {
    waitingServer = update;
    if (isIn || !update.endpoint) passServer();
  }

  function passServer() {
    const update = waitingServer;
    waitingServer = undefined;
    if (update) voice?.onVoiceServerUpdate(update);
  }

  return {
    adapter,

    /** Leaves the channel. Resolves once Discord has confirmed, or after a second. */
    async leave() {
      if (!sendLeave() || isOut) return;
      await new Promise<void>((resolve) => {
        const forget = options.timing.later(leaveMs, resolve);
        left = () => {
          forget();
          resolve();
        };
      });
    },
  };
}
