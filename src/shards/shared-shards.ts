import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type {
  GatewayLimits,
  GatewaySessionInfo,
  OwnedShard,
  ShardHost,
  ShardOwnership,
  StopReason,
} from './ownership.ts';
import { newOwnership, type Ownership } from './ownership-state.ts';
import {
  type OwnershipEffect,
  type OwnershipEvent,
  type OwnershipRules,
  stepOwnership,
} from './ownership-step.ts';
import { SessionSaver } from './session-saver.ts';
import { type ShardNews, shareNews } from './shard-news.ts';
import { ShardOwners } from './shard-owners.ts';
import type { RegisteredProcess, RegistryConnection, ShardRegistry } from './shard-registry.ts';

export type SharedShardsOptions = {
  readonly registry: ShardRegistry;
  readonly process: RegisteredProcess;
  readonly limits: GatewayLimits;
  readonly clock: Clock;
  readonly rules: OwnershipRules;
  readonly tell: (news: ShardNews) => void;
};

/** Time, in ms, between two looks at the database, and between two tries to reach it. */
const [lookMs, connectAgainMs] = [1_000, 500];
/** Longest time, in ms, that a closed gateway waits for its lock to be confirmed. */
const confirmMs = 700;
/** Time, in ms, for which the first connection is tried. */
const reachMs = 60_000;

/** What belongs to one shard from its lock to its release. */
type Held = {
  readonly epoch: number;
  readonly takenAtMs: number;
  readonly shard: OwnedShard;
};

/**
 * Shards shared with other processes through one database: takes what is this process's share, and stops serving what it
 * cannot call its own. What is due when is decided by `stepOwnership`; this performs it.
 */
export class SharedShards implements ShardOwnership {
  readonly #options: SharedShardsOptions;
  readonly #over = new AbortController();
  readonly #saver: SessionSaver;
  readonly #held = new Map<number, Held>();
  readonly #opened = Promise.withResolvers<void>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #owners = new ShardOwners();
  #own: Ownership;
  #connection: RegistryConnection | undefined;
  #looking: Promise<boolean> | undefined;
  #host: ShardHost | undefined;
  #count = 0;
  #told: ShardNews['kind'] | undefined;

  constructor(options: SharedShardsOptions) {
    this.#options = options;
    const { id, limit } = options.process;
    this.#own = newOwnership(id, limit);
    this.#saver = new SessionSaver(options.registry.journal);
  }

  /** Resolves when the shards that were free are served, or when there is none for this process. Errors: BotError. */
  async open(host: ShardHost, signal: AbortSignal): Promise<void> {
    this.#host = host;
    await this.#reach(signal);
    void this.#loop().catch((error) => this.#opened.reject(error));
    const onAbort = () => this.#opened.reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    try {
      await this.#opened.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  isSpare(): boolean {
    return this.#told === 'waiting';
  }

  ownerOf(guildId: string): string | undefined {
    return this.#owners.of(guildId, this.#count);
  }

  /** Stops serving every shard in order, and frees it for others. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#tell({ kind: 'draining', atMs: this.#nowMs });
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    this.#over.abort(new Error('no shards any more'));
    await this.#connection?.[Symbol.asyncDispose]();
  }

  get #nowMs(): number {
    return this.#options.clock.nowMs();
  }

  /** The first connection; without one there is nothing to serve. */
  async #reach(signal: AbortSignal): Promise<void> {
    const { clock, tell } = this.#options;
    const startMs = this.#nowMs;
    for (;;) {
      try {
        await this.#connect();
        return;
      } catch (error) {
        const isHopeless = !(error instanceof BotError) || !error.retryable;
        if (isHopeless || this.#nowMs - startMs > reachMs) throw error;
        tell({ kind: 'away', error });
        await clock.sleep(connectAgainMs, signal);
      }
    }
  }

  async #connect(): Promise<void> {
    const { registry, process } = this.#options;
    const connection = await registry.connect(process.id);
    try {
      this.#count = await connection.register(process);
    } catch (error) {
      await connection[Symbol.asyncDispose]();
      throw error;
    }
    this.#connection = connection;
    void connection.ended.then(() => this.#lose(connection));
    this.#tell({ kind: 'connected', atMs: this.#nowMs });
  }

  #lose(connection: RegistryConnection): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#tell({ kind: 'disconnected', atMs: this.#nowMs });
  }

  async #loop(): Promise<void> {
    const { clock, tell } = this.#options;
    const { signal } = this.#over;
    while (!signal.aborted) {
      this.#tell({ kind: 'tick', atMs: this.#nowMs });
      if (this.#connection) await this.#look();
      else await this.#connect().catch((error: unknown) => tell({ kind: 'away', error }));
      this.#saver.saveAll();
      await clock.sleep(this.#connection ? lookMs : connectAgainMs, signal).catch(() => undefined);
    }
  }

  /** True where the database answered. Never throws. */
  #look(): Promise<boolean> {
    this.#looking ??= this.#lookNow().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookNow(): Promise<boolean> {
    const [connection, sentAtMs] = [this.#connection, this.#nowMs];
    try {
      const view = await connection?.look();
      if (!view || connection !== this.#connection) return false;
      this.#owners.looked(view);
      const seats = this.#host?.seats() ?? new Map<number, number>();
      this.#tell({ kind: 'looked', atMs: this.#nowMs, sentAtMs, view, seats });
      if (this.#underWay.size === 0) this.#opened.resolve();
      this.#tellOnce(shareNews(this.#own, view));
      return true;
    } catch {
      return false; // the connection ends, and is made anew
    }
  }

  #tellOnce(news: ShardNews | undefined): void {
    if (this.#told === news?.kind) return;
    this.#told = news?.kind;
    if (news) this.#options.tell(news);
  }

  #tell(event: OwnershipEvent): void {
    const [own, ...effects] = stepOwnership(this.#own, event, this.#options.rules);
    this.#own = own;
    for (const effect of effects) {
      const work = this.#perform(effect).finally(() => {
        this.#underWay.delete(work);
        if (this.#underWay.size === 0) this.#opened.resolve();
      });
      this.#underWay.add(work);
    }
  }

  /** What fails of it for want of the database is done anew once that is back. */
  async #perform(effect: OwnershipEffect): Promise<void> {
    const { shardId } = effect;
    try {
      switch (effect.kind) {
        case 'take':
          return await this.#take(shardId);
        case 'retake':
          return await this.#retake(shardId, effect.epoch);
        case 'fence':
          return await this.#fence(shardId);
        case 'serve':
          return await this.#serve(shardId);
        case 'stop':
          return await this.#stop(shardId, effect.why);
        case 'release':
          return await this.#connection?.locks.release(shardId, effect.epoch, effect.isOver);
      }
    } catch (error) {
      this.#options.tell({ kind: 'failed', shardId, error });
    }
  }

  async #take(shardId: number): Promise<void> {
    const [connection, sentAtMs] = [this.#connection, this.#nowMs];
    const taken = await connection?.locks.take(shardId);
    if (connection !== this.#connection) return;
    const atMs = this.#nowMs;
    if (!taken) {
      this.#tell({ kind: 'untaken', atMs, shardId });
      return;
    }
    const { epoch, formerEpoch, isActive, session } = taken;
    const shard = this.#shard(shardId, epoch, session);
    this.#held.set(shardId, { epoch, takenAtMs: atMs, shard });
    this.#saver.open(shardId, epoch);
    this.#options.tell({ kind: 'taken', shardId, epoch });
    const hasSession = session !== undefined;
    const row = { shardId, sentAtMs, epoch, formerEpoch, isActive, hasSession };
    this.#tell({ ...row, kind: 'taken', atMs });
  }

  async #retake(shardId: number, epoch: number): Promise<void> {
    const [connection, sentAtMs] = [this.#connection, this.#nowMs];
    const outcome = await connection?.locks.retake(shardId, epoch);
    if (!outcome || connection !== this.#connection) return;
    this.#tell({ kind: 'retaken', atMs: this.#nowMs, shardId, sentAtMs, outcome });
  }

  async #fence(shardId: number): Promise<void> {
    const held = this.#held.get(shardId);
    const outcome = held && (await this.#host?.fence(held.shard));
    if (!outcome) return;
    this.#tell({ kind: 'fenced', atMs: this.#nowMs, shardId, outcome });
    const waitMs = this.#options.rules.unfencedMs;
    if (this.#own.shards.get(shardId)?.phase === 'waiting')
      this.#options.tell({ kind: 'unfenced', shardId, waitMs });
  }

  async #serve(shardId: number): Promise<void> {
    const held = this.#held.get(shardId);
    if (!held) return;
    try {
      await this.#host?.start(held.shard);
      const tookMs = this.#nowMs - held.takenAtMs;
      this.#options.tell({ kind: 'served', shardId, tookMs });
    } catch (error) {
      this.#opened.reject(error);
      if (this.#own.shards.get(shardId)?.phase !== 'serving') return; // it was stopped
      this.#options.tell({ kind: 'failed', shardId, error });
      this.#tell({ kind: 'failed', atMs: this.#nowMs, shardId });
    }
  }

  async #stop(shardId: number, why: StopReason): Promise<void> {
    await this.#host?.stop(shardId, why);
    this.#options.tell({ kind: 'stopped', shardId, why });
    const held = this.#held.get(shardId);
    if (held) await this.#saver.close(shardId, held.epoch);
    this.#held.delete(shardId);
    this.#tell({ kind: 'stopped', atMs: this.#nowMs, shardId });
  }

  #shard(id: number, epoch: number, former: GatewaySessionInfo | undefined): OwnedShard {
    const { limits, registry } = this.#options;
    return {
      id,
      count: this.#count,
      recommendedCount: limits.recommendedShards,
      waitToIdentify: (signal) => this.#waitToIdentify(id, epoch, signal),
      sharing: {
        ...(former && { former }),
        mayReconnect: () => this.#mayReconnect(id, epoch),
        sessionChanged: (session) => this.#saver.changed(id, epoch, session),
        keepPlace: () => this.#saver.keepPlace(id, epoch),
        claim: (interactionId) => registry.journal.claim(interactionId),
      },
    };
  }

  /** Until Discord takes one of this bucket; a shard that is not ours any more waits for ever, and is stopped. */
  async #waitToIdentify(shardId: number, epoch: number, signal: AbortSignal): Promise<void> {
    const { limits, clock } = this.#options;
    const bucket = shardId % limits.maxConcurrency;
    for (;;) {
      signal.throwIfAborted();
      const waitMs = await this.#connection?.locks
        .identify(shardId, epoch, bucket)
        .catch(() => undefined);
      if (waitMs === 0) return;
      if (waitMs === undefined) {
        this.#tell({ kind: 'unconfirmed', atMs: this.#nowMs, shardId });
        await clock.sleep(Number.MAX_SAFE_INTEGER, signal);
      } else await clock.sleep(waitMs, signal);
    }
  }

  /** True where the lock is confirmed right now; else the shard is stopped. */
  async #mayReconnect(shardId: number, epoch: number): Promise<boolean> {
    const { clock } = this.#options;
    const askedAtMs = this.#nowMs;
    const late = clock.sleep(confirmMs, this.#over.signal).catch(() => undefined);
    // A look that was sent before says nothing of now.
    const answered = (this.#looking ?? Promise.resolve(true)).then(() => this.#look());
    await Promise.race([answered, late]);
    const held = this.#own.shards.get(shardId);
    const isOurs = held?.epoch === epoch && held.phase === 'serving' && held.isLocked;
    if (isOurs && held.confirmedAtMs >= askedAtMs) return true;
    this.#tell({ kind: 'unconfirmed', atMs: this.#nowMs, shardId });
    return false;
  }
}
