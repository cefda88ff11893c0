import '#src/discord/library/undici.ts';
import { setTimeout as wait } from 'node:timers/promises';
import {
  CloseCodes,
  type SessionInfo,
  WebSocketManager,
  WebSocketShardEvents,
} from '@discordjs/ws';
import { type GatewayDispatchPayload, GatewayIntentBits, InteractionType, REST } from 'discord.js';
import type { GatewaySessionInfo, OwnedShard } from './ownership.ts';

/** `apiUrl`: REST base as discord.js takes it. */
export type FormerSessionLogin = { readonly token: string; readonly apiUrl?: string };

type Interaction = Extract<GatewayDispatchPayload, { t: 'INTERACTION_CREATE' }>;

/** `isReplayed`: it was sent while no process was connected. */
type EarlyReceiver = (interaction: Interaction['d'], isReplayed: boolean) => void;

/** Longest time, in ms, until a session that was taken away is resumed once more. */
const againMs = 10_000;
/** Longest time, in ms, that a close is waited for. */
const closeMs = 2_000;

const never = Promise.withResolvers<never>().promise;

/**
 * Gateway session of a shard's former owner, resumed by its successor: Discord then closes the former owner's connection,
 * and sends the missed events. It lasts until the successor has a session of its own.
 */
export class FormerSession implements AsyncDisposable {
  readonly #manager: WebSocketManager;
  readonly #interactions: Interaction[] = [];
  #session: SessionInfo | null;
  #isConnected = false;
  #isRefused = false;
  #isOver = false;
  #ending: Promise<boolean> | undefined;
  #changed = Promise.withResolvers<void>();
  #handle: ((interaction: Interaction) => void) | undefined;
  readonly #early: EarlyReceiver | undefined;

  /** `early` is told of each interaction at once. */
  constructor(
    { token, apiUrl }: FormerSessionLogin,
    { id, count }: Pick<OwnedShard, 'id' | 'count'>,
    { sessionId, resumeUrl, sequence }: GatewaySessionInfo,
    early?: EarlyReceiver,
  ) {
    this.#early = early;
    this.#session = { sessionId, resumeURL: resumeUrl, sequence, shardId: id, shardCount: count };
    const rest = new REST({ retries: 1, ...(apiUrl && { api: apiUrl }) }).setToken(token);
    this.#manager = new WebSocketManager({
      token,
      rest,
      intents: GatewayIntentBits.Guilds,
      shardCount: count,
      shardIds: [id],
      retrieveSessionInfo: () => (this.#isOver ? never : this.#session),
      updateSessionInfo: (_, session) => {
        this.#session = session;
      },
      // Asked for only where the session could not be resumed; it is not to identify.
      buildIdentifyThrottler: () => ({ waitForIdentify: () => this.#refused() }),
    });
    this.#listen();
  }

  /** Errors: whatever the library throws where Discord cannot be reached. */
  async resume(signal: AbortSignal): Promise<'resumed' | 'refused'> {
    const onAbort = () => this.#change();
    signal.addEventListener('abort', onAbort);
    const failed = this.#manager.connect().then(
      () => undefined,
      (error: unknown) => error,
    );
    try {
      while (!this.#isConnected && !this.#isRefused) {
        signal.throwIfAborted();
        const error = await Promise.race([this.#changed.promise, failed]);
        if (error !== undefined) throw error;
      }
      return this.#isConnected ? 'resumed' : 'refused';
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Hands on the interactions so far, and all that come. */
  deliver(handle: (interaction: Interaction) => void): void {
    this.#handle = handle;
    for (const interaction of this.#interactions.splice(0)) handle(interaction);
  }

  /**
   * Ends the session for good, so that it cannot be resumed. Where it was taken away meanwhile, it is resumed first. False
   * where that did not come about: then the former owner may be connected.
   */
  end(): Promise<boolean> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<boolean> {
    const late = wait(againMs, undefined, { ref: false }).then(() => 'late' as const);
    while (!this.#isConnected && !this.#isRefused) {
      if ((await Promise.race([this.#changed.promise, late])) === 'late') break;
    }
    const isEnded = this.#isConnected || this.#isRefused;
    await this.#close(CloseCodes.Normal);
    return isEnded;
  }

  /** Leaves the session as it is, for others to resume. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close(CloseCodes.Resuming);
  }

  async #close(code: CloseCodes): Promise<void> {
    this.#isOver = true;
    const late = wait(closeMs, undefined, { ref: false });
    await Promise.race([this.#manager.destroy({ code }), late]);
  }

  #listen(): void {
    const manager = this.#manager;
    manager.on(WebSocketShardEvents.Resumed, () => {
      this.#isConnected = true;
      this.#change();
    });
    manager.on(WebSocketShardEvents.Closed, () => {
      this.#isConnected = false;
    });
    manager.on(WebSocketShardEvents.Error, () => undefined); // it tries again
    manager.on(WebSocketShardEvents.Dispatch, ({ data }) => {
      if (data.t !== 'INTERACTION_CREATE') return;
      if (data.d.type !== InteractionType.ApplicationCommandAutocomplete)
        this.#early?.(data.d, !this.#isConnected);
      if (this.#handle) this.#handle(data);
      else this.#interactions.push(data);
    });
  }

  async #refused(): Promise<never> {
    this.#isRefused = true;
    this.#change();
    return await never;
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
