import type {
  DiscordGatewayAdapterCreator,
  DiscordGatewayAdapterImplementerMethods,
  DiscordGatewayAdapterLibraryMethods,
} from '@discordjs/voice';
import type { SyncTiming } from '#src/base/clock.ts';
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
export class Signals {
  readonly #options;
  #gateway: DiscordGatewayAdapterImplementerMethods | undefined;
  #library: DiscordGatewayAdapterLibraryMethods | undefined;
  #hasAsked = false;
  #isIn = false;
  /** A server update must not overtake the state update. */
  #waitingServer: ServerUpdate | undefined;
  #left: (() => void) | undefined;
  #isOut = false;

  constructor(options: SignalsOptions) {
    this.#options = options;
  }

  readonly adapter: DiscordGatewayAdapterCreator = (library) => {
    this.#library = library;
    this.#gateway = this.#options.gateway({
      onVoiceServerUpdate: (update) => this.#onServerUpdate(update),
      onVoiceStateUpdate: (update) => this.#onStateUpdate(update),
      destroy: () => library.destroy(),
    });
    return {
      sendPayload: (payload) => this.#sendPayload(payload),
      destroy: () => this.#gateway?.destroy(),
    };
  };

  /** Leaves the channel. Resolves once Discord has confirmed, or after a second. */
  async leave() {
    if (!this.#sendLeave() || this.#isOut) return;
    await new Promise<void>((resolve) => {
      const forget = this.#options.timing.later(leaveMs, resolve);
      this.#left = () => {
        forget();
        resolve();
      };
    });
  }

  #sendPayload(payload: { readonly d?: { readonly channel_id?: string | null } }) {
    if (payload.d?.channel_id === null) return this.#sendLeave();
    if (this.#hasAsked) return false;
    this.#hasAsked = true;
    return this.#sendNow(payload);
  }

  #sendLeave() {
    const d = {
      guild_id: this.#options.guildId,
      channel_id: null,
      self_mute: false,
      self_deaf: false,
    };
    return this.#sendNow({ op: 4, d });
  }

  #sendNow(payload: object) {
    this.#options.pace.noteSent(this.#options.timing.nowMs());
    return this.#gateway?.sendPayload(payload) ?? false;
  }

  #onStateUpdate(
    update: Parameters<DiscordGatewayAdapterLibraryMethods['onVoiceStateUpdate']>[0],
  ) {
    if (update.channel_id === this.#options.channelId) {
      this.#isIn = true;
      this.#library?.onVoiceStateUpdate(update);
      this.#passServer();
      return;
    }
    if (update.channel_id === null) this.#left?.();
    // Before our own join has come through, this is the echo of an earlier session.
    if (!this.#isIn) return;
    this.#isOut = update.channel_id === null;
    this.#options.gone();
  }

  #onServerUpdate(update: ServerUpdate) {
    this.#waitingServer = update;
    if (this.#isIn || !update.endpoint) this.#passServer();
  }

  #passServer() {
    const update = this.#waitingServer;
    this.#waitingServer = undefined;
    if (update) this.#library?.onVoiceServerUpdate(update);
  }
}
