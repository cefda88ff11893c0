import type {
  DiscordGatewayAdapterCreator,
  DiscordGatewayAdapterImplementerMethods,
  DiscordGatewayAdapterLibraryMethods,
} from '@discordjs/voice';
import { type AfterClose, afterClose } from './close-codes.ts';
import type { SignalPace } from './signal-pace.ts';
import type { SyncTiming } from './timing.ts';

type StateUpdate = Parameters<DiscordGatewayAdapterLibraryMethods['onVoiceStateUpdate']>[0];
type ServerUpdate = Parameters<DiscordGatewayAdapterLibraryMethods['onVoiceServerUpdate']>[0];

/** Loss of the bot's place in the channel by another person's hand. */
export type SeatLoss = 'kicked' | 'moved';

export type SignalsOptions = {
  readonly guildId: string;
  readonly channelId: string;
  /** The server's own way to the main gateway. */
  readonly gateway: DiscordGatewayAdapterCreator;
  readonly pace: SignalPace;
  readonly timing: SyncTiming;
  readonly gone: (how: SeatLoss) => void;
};

/** A server update must not overtake its state update; a failover sends none, so this is the wait. */
const holdMs = 300;
/** Time without a rejoin, in ms, after which the count begins anew. */
const healthyMs = 60_000;
/** Longest wait, in ms, for Discord to confirm the leave. */
const leaveMs = 1_000;

/**
 * Everything one link says to the main gateway, and hears from it.
 *
 * The library rejoins without pause or end after a refusal; here a rejoin leaves first (joining where
 * one is does nothing), and waits and ends as `close-codes.ts` says.
 */
export class Signals {
  readonly #options: SignalsOptions;
  #gateway: DiscordGatewayAdapterImplementerMethods | undefined;
  #library: DiscordGatewayAdapterLibraryMethods | undefined;
  #everJoined = false;
  /** A state update of our channel came since the last join was sent. */
  #fresh = false;
  #asked = false;
  #policy: AfterClose = afterClose(1006);
  #leaving = false;
  #rejoins = 0;
  #rejoinedAtMs = 0;
  #waitingServer: ServerUpdate | undefined;
  #forget: Array<() => void> = [];
  #left: (() => void) | undefined;
  #isOut = false;

  constructor(options: SignalsOptions) {
    this.#options = options;
  }

  /** Adapter for joinVoiceChannel. */
  readonly adapter: DiscordGatewayAdapterCreator = (library) => {
    this.#library = library;
    this.#gateway = this.#options.gateway({
      onVoiceServerUpdate: (update) => this.#server(update),
      onVoiceStateUpdate: (update) => this.#state(update),
      destroy: () => library.destroy(),
    });
    return {
      sendPayload: (payload) => this.#send(payload),
      destroy: () => {
        this.#forgetAll();
        this.#gateway?.destroy();
      },
    };
  };

  /** The voice socket closed; to be told before the library acts on it. */
  closed(code: number): void {
    this.#policy = afterClose(code);
    const { pace, timing } = this.#options;
    if (this.#policy.kind === 'wait') pace.rest(timing.nowMs());
  }

  /** Resolves when Discord confirmed it, after a second, or at once where it never will. */
  async leave(): Promise<void> {
    this.#leaving = true;
    this.#forgetAll();
    if (!this.#sendLeave() || this.#isOut) return;
    await new Promise<void>((resolve) => {
      const forget = this.#options.timing.later(leaveMs, resolve);
      this.#left = () => {
        forget();
        resolve();
      };
    });
  }

  #send(payload: { readonly d?: { readonly channel_id?: string | null } }): boolean {
    if (payload.d?.channel_id === null) return this.#sendLeave();
    if (this.#asked) return this.#rejoin(payload);
    this.#asked = true;
    return this.#sendNow(payload);
  }

  #rejoin(payload: object): boolean {
    const { timing, pace } = this.#options;
    const nowMs = timing.nowMs();
    if (nowMs - this.#rejoinedAtMs > healthyMs) this.#rejoins = 0;
    const backoffMs = this.#backoffMs();
    if (backoffMs === undefined || !this.#sendLeave()) return false;
    this.#rejoins++;
    this.#rejoinedAtMs = nowMs;
    this.#fresh = false;
    const waitMs = Math.max(backoffMs, pace.waitMs(nowMs));
    pace.plan(nowMs + waitMs);
    this.#forget.push(timing.later(waitMs, () => this.#sendNow(payload)));
    return true;
  }

  /** Undefined: not again. */
  #backoffMs(): number | undefined {
    const policy = this.#policy;
    if (this.#leaving || policy.kind !== 'again' || this.#rejoins >= policy.most) return undefined;
    return policy.firstMs * 2 ** this.#rejoins;
  }

  #sendLeave(): boolean {
    const d = {
      guild_id: this.#options.guildId,
      channel_id: null,
      self_mute: false,
      self_deaf: false,
    };
    return this.#sendNow({ op: 4, d }, 'leave');
  }

  #sendNow(payload: object, what: 'join' | 'leave' = 'join'): boolean {
    this.#options.pace.sent(what, this.#options.timing.nowMs());
    return this.#gateway?.sendPayload(payload) ?? false;
  }

  #state(update: StateUpdate): void {
    if (update.channel_id === this.#options.channelId) {
      this.#fresh = this.#everJoined = true;
      this.#library?.onVoiceStateUpdate(update);
      this.#passServer();
      return;
    }
    if (update.channel_id === null) this.#left?.();
    // Before our own join has come through, this is the echo of an earlier session.
    if (!this.#fresh) return;
    this.#isOut = update.channel_id === null;
    this.#options.gone(this.#isOut ? 'kicked' : 'moved');
  }

  #server(update: ServerUpdate): void {
    this.#waitingServer = update;
    if (this.#fresh || !update.endpoint) this.#passServer();
    else if (this.#everJoined) {
      this.#forget.push(this.#options.timing.later(holdMs, () => this.#passServer()));
    }
  }

  #passServer(): void {
    const update = this.#waitingServer;
    this.#waitingServer = undefined;
    if (update) this.#library?.onVoiceServerUpdate(update);
  }

  #forgetAll(): void {
    for (const forget of this.#forget.splice(0)) forget();
  }
}
