import {
  CloseCodes,
  managerToFetchingStrategyOptions,
  type SessionInfo,
  SimpleContextFetchingStrategy,
  SimpleShardingStrategy,
  type WebSocketManager,
  WebSocketShard,
  type WebSocketShardDestroyOptions,
  WebSocketShardEvents,
  WebSocketShardStatus,
} from '@discordjs/ws';
import type { ShardSharing } from './ownership.ts';

const never = Promise.withResolvers<never>().promise;

/**
 * Gateway connection of a shard that is shared with other processes: made anew only where its owner may, and closed so that the
 * next owner can resume its session. Otherwise the library's own strategy for one process.
 */
export class OwnedGateway extends SimpleShardingStrategy {
  readonly #manager: WebSocketManager;
  readonly #sharing: ShardSharing;
  readonly #connections = new Map<number, WebSocketShard>();

  constructor(manager: WebSocketManager, sharing: ShardSharing) {
    super(manager);
    this.#manager = manager;
    this.#sharing = sharing;
  }

  override async spawn(shardIds: number[]): Promise<void> {
    const options = await managerToFetchingStrategyOptions(this.#manager);
    for (const shardId of shardIds) {
      const context = new OwnedContext(this.#manager, options);
      const shard = new WebSocketShard(context, shardId);
      const isThere = () => this.#connections.get(shardId) === shard;
      context.own(this.#sharing, isThere, () => shard.status === WebSocketShardStatus.Idle);
      for (const event of Object.values(WebSocketShardEvents)) {
        // Events of a shard are those of its manager, with its id; their types cannot be written for all of them at once.
        shard.on(event, (payload?: object) => {
          Reflect.apply(this.#manager.emit, this.#manager, [event, { ...payload, shardId }]);
        });
      }
      this.#connections.set(shardId, shard);
    }
  }

  override async connect(): Promise<void> {
    await Promise.all([...this.#connections.values()].map((shard) => shard.connect()));
  }

  override async destroy(
    options: Omit<WebSocketShardDestroyOptions, 'recover'> = {},
  ): Promise<void> {
    const resumable = { ...options, code: CloseCodes.Resuming };
    const connections = [...this.#connections.values()];
    this.#connections.clear();
    await Promise.all(connections.map((shard) => shard.destroy(resumable)));
  }

  override async send(
    shardId: number,
    payload: Parameters<WebSocketShard['send']>[0],
  ): Promise<void> {
    await this.#connections.get(shardId)?.send(payload);
  }
}

class OwnedContext extends SimpleContextFetchingStrategy {
  #sharing: ShardSharing | undefined;
  #isThere = () => true;
  #isIdle = () => false;
  #hasConnected = false;

  own(sharing: ShardSharing, isThere: () => boolean, isIdle: () => boolean): void {
    this.#sharing = sharing;
    this.#isThere = isThere;
    this.#isIdle = isIdle;
  }

  /** The library asks before each connection, and with each event. Who may not connect waits for ever. */
  override async retrieveSessionInfo(shardId: number): Promise<SessionInfo | null> {
    if (!this.#isIdle()) return await super.retrieveSessionInfo(shardId);
    const isReconnect = this.#hasConnected;
    this.#hasConnected = true;
    if (isReconnect && !(await this.#sharing?.mayReconnect())) return await never;
    return this.#isThere() ? await super.retrieveSessionInfo(shardId) : await never;
  }

  override async updateSessionInfo(shardId: number, info: SessionInfo | null): Promise<void> {
    await super.updateSessionInfo(shardId, info);
    if (!info) return;
    const { sessionId, resumeURL: resumeUrl, sequence } = info;
    this.#sharing?.sessionChanged({ sessionId, resumeUrl, sequence });
  }
}
