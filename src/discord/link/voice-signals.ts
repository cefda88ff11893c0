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
type StateUpdate = Parameters<
  DiscordGatewayAdapterLibraryMethods['onVoiceStateUpdate']
>[0];
type SeatPayload = { readonly d?: { readonly channel_id?: string | null } };

export type VoiceSignalsDeps = {
  readonly guildId: GuildId;
  readonly channelId: ChannelId;
  readonly gateway: DiscordGatewayAdapterCreator;
  readonly pace: SignalPace;
  readonly timing: SyncTiming;
  /** Called when a person has moved or disconnected the bot. */
  readonly onGone: () => void;
};

const leaveMs = 1_000;

/**
 * The main gateway as one link sees it. The library would rejoin without end after a refusal,
 * so here it joins once.
 */
export class VoiceSignals {
  readonly #deps;
  #gateway: DiscordGatewayAdapterImplementerMethods | undefined;
  #voice: DiscordGatewayAdapterLibraryMethods | undefined;
  #hasAsked = false;
  #isIn = false;
  /** A server update must not overtake the state update. */
  #waitingUpdate: ServerUpdate | undefined;
  #confirmLeave: (() => void) | undefined;
  #isOut = false;

  constructor(deps: VoiceSignalsDeps) {
    this.#deps = deps;
  }

  /** Adapter for the library, which joins through it. */
  readonly adapter: DiscordGatewayAdapterCreator = (library) => {
    this.#voice = library;
    this.#gateway = this.#deps.gateway({
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
  async leave(): Promise<void> {
    if (!this.#sendLeave() || this.#isOut) return;
    await new Promise<void>((resolve) => {
      const cancelWait = this.#deps.timing.later(leaveMs, resolve);
      this.#confirmLeave = () => {
        cancelWait();
        resolve();
      };
    });
  }

  #sendPayload(payload: SeatPayload) {
    if (payload.d?.channel_id === null) return this.#sendLeave();
    if (this.#hasAsked) return false;
    this.#hasAsked = true;
    return this.#sendNow(payload);
  }

  #sendLeave() {
    const d = {
      guild_id: this.#deps.guildId,
      channel_id: null,
      self_mute: false,
      self_deaf: false,
    };
    return this.#sendNow({ op: 4, d });
  }

  #sendNow(payload: object) {
    const { pace, timing } = this.#deps;
    pace.noteSent(timing.nowMs());
    return this.#gateway?.sendPayload(payload) ?? false;
  }

  #onStateUpdate(update: StateUpdate) {
    if (update.channel_id === this.#deps.channelId) {
      this.#isIn = true;
      this.#voice?.onVoiceStateUpdate(update);
      this.#passServer();
      return;
    }
    if (update.channel_id === null) this.#confirmLeave?.();
    // Before our own join has come through, this is the echo of an earlier session.
    if (!this.#isIn) return;
    this.#isOut = update.channel_id === null;
    this.#deps.onGone();
  }

  #onServerUpdate(update: ServerUpdate) {
    this.#waitingUpdate = update;
    if (this.#isIn || !update.endpoint) this.#passServer();
  }

  #passServer() {
    const update = this.#waitingUpdate;
    this.#waitingUpdate = undefined;
    if (update) this.#voice?.onVoiceServerUpdate(update);
  }
}
