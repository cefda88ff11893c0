import type { AlertChange } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { runPeriodically } from '#src/base/periodic-task.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import { shardOf } from '#src/people/server-share.ts';
import { untilGranted } from './identify-limits.ts';
import type {
  GatewayLimits,
  GatewaySessionInfo,
  OwnedShard,
  OwnLease,
  RegisteredProcess,
  RegistryView,
  ShardHost,
  ShardNews,
  ShardOwnership,
  ShardRegistry,
  ShardRow,
  StopReason,
  TakenShard,
} from './ownership.ts';
import {
  newOwnership,
  type Ownership,
  type OwnershipEffect,
  type OwnershipEvent,
  ownershipRules,
  shareNews,
  stepOwnership,
} from './ownership-step.ts';

export type SharedShardsOptions = {
  readonly registry: ShardRegistry;
  readonly process: RegisteredProcess;
  readonly limits: GatewayLimits;
  readonly clock: Clock;
  /** Lease of a shard, in ms. */
  readonly leaseMs: number;
  readonly report: (news: ShardNews) => void;
};

/** Interval, in ms, between two checks for due work. */
const tickMs = 500;
/** Time, in ms, for which the first connection is tried. */
const reachMs = 60_000;

/** Resources of one shard from its lease to the end of it. */
type HeldShardState = {
  readonly epoch: number;
  readonly takenAtMs: number;
  readonly shard: OwnedShard;
  session?: GatewaySessionInfo | undefined;
  /** The place in the session changes no more. */
  isPlaceKept: boolean;
};

/**
 * Shards shared with other processes by leases in one database: takes this process's share, and stops serving shards
 * without a lease of its own. `stepOwnership` decides about the due steps; this performs them.
 */
export class SharedShards implements ShardOwnership {
  readonly #options: SharedShardsOptions;
  readonly #over = new AbortController();
  readonly #held = new Map<number, HeldShardState>();
  readonly #opened = Promise.withResolvers<void>();
  readonly #underWay = new Set<Promise<void>>();
  #own: Ownership;
  #view: Pick<RegistryView, 'processes' | 'shards'> = { processes: [], shards: [] };
  #host: ShardHost | undefined;
  #count = 0;
  #isRenewing = false;
  #renewAtMs = Number.NEGATIVE_INFINITY;
  #reported: ShardNews['kind'] | undefined;
  #isAway = false;

  constructor(options: SharedShardsOptions) {
    this.#options = options;
    this.#own = newOwnership(options.process.id, options.process.limit, options.leaseMs);
  }

  /** Resolves when the shards that were free are served, or when there is none for this process. Errors: BotError. */
  async open(host: ShardHost, signal: AbortSignal): Promise<void> {
    this.#host = host;
    this.#count = await this.#register(signal);
    this.#keepLeases();
    await unlessAborted(this.#opened.promise, signal);
  }

  isSpare(): boolean {
    return this.#reported === 'waiting';
  }

  ownerOf(guildId: string): string | undefined {
    const { processes, shards } = this.#view;
    const shardId = shardOf(guildId, this.#count);
    const shard = shards.find(({ id, leftMs = 0 }) => id === shardId && leftMs > 0);
    return shard && processes.find(({ id }) => id === shard.ownerId)?.name;
  }

  /** Stops serving every shard in order, and gives it back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#report({ kind: 'draining', atMs: this.#nowMs });
    this.#renewAtMs = Number.NEGATIVE_INFINITY;
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    this.#over.abort(new Error('no shards any more'));
    // What cannot be given back runs out.
    await this.#options.registry.leave().catch(() => undefined);
  }

  get #nowMs(): number {
    return this.#options.clock.nowMs();
  }

  /** Without the database there is nothing to serve. */
  async #register(signal: AbortSignal): Promise<number> {
    const { clock, process, registry, report } = this.#options;
    const startMs = this.#nowMs;
    for (;;) {
      try {
        return await registry.register(process);
      } catch (error) {
        const isHopeless = !(error instanceof BotError) || !error.retryable;
        if (isHopeless || this.#nowMs - startMs > reachMs) throw error;
        report({ kind: 'away', error });
        await clock.sleep(ownershipRules.retryMs, signal);
      }
    }
  }

  /** A round that fails ends no other: the leases of all shards hang on it. */
  #keepLeases(): void {
    const { clock, report } = this.#options;
    const run = () => {
      this.#report({ kind: 'tick', atMs: this.#nowMs });
      if (this.#nowMs >= this.#renewAtMs) void this.#renew();
    };
    const failed = ({ state, error }: AlertChange) => {
      if (state !== 'raised') return;
      this.#opened.reject(error);
      report({ kind: 'failed', error });
    };
    const task = { clock, everyMs: tickMs, longestRetryMs: tickMs, run, report: failed };
    void runPeriodically({ name: 'leases of shards', ...task }, this.#over.signal);
  }

  /** Never throws. */
  async #renew(): Promise<void> {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    const { registry, report } = this.#options;
    const sentAtMs = this.#nowMs;
    this.#renewAtMs = sentAtMs + ownershipRules.renewMs;
    const leases = [...this.#held].map(([shardId, held]) => leaseOf(shardId, held));
    const { isAlone: believesAlone, isDraining, limit } = this.#own;
    try {
      const view = await registry.renew({ leases, believesAlone, limit: isDraining ? 0 : limit });
      if (this.#over.signal.aborted) return;
      if (view?.shards.length !== this.#count) this.#outdated();
      else this.#renewed(view, leases, sentAtMs);
    } catch (error) {
      this.#renewAtMs = this.#nowMs + ownershipRules.retryMs;
      this.#report({ kind: 'away', atMs: this.#nowMs });
      if (!this.#isAway) report({ kind: 'away', error });
      this.#isAway = true;
    } finally {
      this.#isRenewing = false;
    }
  }

  #renewed(view: RegistryView, leases: readonly OwnLease[], sentAtMs: number): void {
    this.#view = view;
    this.#isAway = false;
    const asked = new Map(
      leases.map(({ shardId, session }) => {
        const { sessionId } = this.#held.get(shardId)?.session ?? {};
        return [shardId, sessionId !== undefined && sessionId === session?.sessionId];
      }),
    );
    const seats = this.#host?.seats() ?? new Map<number, number>();
    this.#report({ kind: 'renewed', atMs: this.#nowMs, sentAtMs, view, asked, seats });
    if (this.#underWay.size === 0) this.#opened.resolve();
    const news = shareNews(this.#own, view);
    if (news && this.#reported !== news.kind) this.#options.report(news);
    this.#reported = news?.kind;
  }

  /** Takes no shard, as the number of shards is not known any more. */
  #outdated(): void {
    if (!this.#own.isDraining) this.#options.report({ kind: 'outdated' });
    this.#report({ kind: 'draining', atMs: this.#nowMs });
  }

  #report(event: OwnershipEvent): void {
    const [own, ...effects] = stepOwnership(this.#own, event);
    this.#own = own;
    for (const effect of effects) {
      const work = this.#perform(effect).finally(() => {
        this.#underWay.delete(work);
        if (this.#underWay.size === 0) this.#opened.resolve();
      });
      this.#underWay.add(work);
    }
  }

  /** Performs an effect; one that fails for want of the database is done anew once that is back, or runs out. */
  async #perform(effect: OwnershipEffect): Promise<void> {
    try {
      if (effect.kind === 'take') await this.#acquire(effect.shards);
      else if (effect.kind === 'stop') await this.#stop(effect.shardId, effect.why);
      else if (effect.kind === 'give-back') await this.#giveBack(effect.shardId, effect.epoch);
      else if (effect.kind === 'fence') await this.#fence(effect.shardId);
      else await this.#serve(effect.shardId);
    } catch (error) {
      this.#options.report({ kind: 'failed', error });
    }
  }

  async #acquire(rows: readonly ShardRow[]): Promise<void> {
    const { registry, report } = this.#options;
    const sentAtMs = this.#nowMs;
    let shards: readonly TakenShard[] = [];
    try {
      shards = await registry.acquire(rows);
    } finally {
      const atMs = this.#nowMs;
      for (const one of shards) {
        const { shardId, epoch } = one;
        const shard = this.#shard(one);
        this.#held.set(shardId, { epoch, takenAtMs: atMs, shard, isPlaceKept: false });
        report({ kind: 'taken', shardId, epoch });
      }
      for (const { id: shardId } of rows) {
        const taken = shards.find((one) => one.shardId === shardId);
        this.#report({ kind: 'taken', atMs, sentAtMs, shardId, taken });
      }
    }
  }

  async #fence(shardId: number): Promise<void> {
    const held = this.#held.get(shardId);
    if (!held || !this.#host) return;
    const outcome = await this.#host.fence(held.shard).catch((error: unknown) => {
      this.#options.report({ kind: 'failed', shardId, error });
      return 'failed' as const;
    });
    if (this.#held.get(shardId) !== held) return;
    this.#report({ kind: 'fenced', atMs: this.#nowMs, shardId, outcome });
  }

  async #serve(shardId: number): Promise<void> {
    const held = this.#held.get(shardId);
    if (!held) return;
    try {
      await this.#host?.start(held.shard);
      this.#options.report({ kind: 'served', shardId, tookMs: this.#nowMs - held.takenAtMs });
    } catch (error) {
      if (!this.#isServing(shardId, held.epoch)) return; // it was stopped
      this.#opened.reject(error);
      this.#options.report({ kind: 'failed', shardId, error });
      this.#report({ kind: 'failed', atMs: this.#nowMs, shardId });
    }
  }

  async #stop(shardId: number, why: StopReason): Promise<void> {
    await this.#host?.stop(shardId, why);
    this.#options.report({ kind: 'stopped', shardId, why });
    this.#report({ kind: 'stopped', atMs: this.#nowMs, shardId });
  }

  async #giveBack(shardId: number, epoch: number): Promise<void> {
    const held = this.#held.get(shardId);
    const isOwn = held?.epoch === epoch;
    if (isOwn) this.#held.delete(shardId);
    await this.#options.registry.giveBack(isOwn ? leaseOf(shardId, held) : { shardId, epoch });
  }

  #shard({ shardId: id, epoch, mustFence, session: former }: TakenShard): OwnedShard {
    const { limits, registry } = this.#options;
    return {
      id,
      count: this.#count,
      recommendedCount: limits.recommendedShards,
      waitToIdentify: (signal) => this.#waitToIdentify(id, epoch, signal),
      sharing: {
        ...(former && { former }),
        mustEndFormer: mustFence,
        mayReconnect: async () => this.#isStillServing(id, epoch),
        sessionChanged: (session) => this.#sessionChanged(id, epoch, session),
        keepPlace: () => {
          const held = this.#held.get(id);
          if (held?.epoch === epoch) held.isPlaceKept = true;
        },
        claim: (interactionId) => registry.claim(interactionId),
      },
    };
  }

  /** A process that stood still learns here that its lease is over, and stops. */
  #isStillServing(shardId: number, epoch: number): boolean {
    this.#report({ kind: 'tick', atMs: this.#nowMs });
    return this.#isServing(shardId, epoch);
  }

  #isServing(shardId: number, epoch: number): boolean {
    const held = this.#own.shards.get(shardId);
    return held?.epoch === epoch && held.phase === 'serving';
  }

  /** A new session is stored at once, the place in it with each renewal. */
  #sessionChanged(shardId: number, epoch: number, session: GatewaySessionInfo): void {
    const held = this.#held.get(shardId);
    if (held?.epoch !== epoch) return;
    const isNew = held.session?.sessionId !== session.sessionId;
    if (held.isPlaceKept && !isNew) return;
    held.session = session;
    if (!isNew || !this.#isStillServing(shardId, epoch)) return;
    this.#report({ kind: 'unstored', atMs: this.#nowMs, shardId });
    this.#renewAtMs = Number.NEGATIVE_INFINITY;
  }

  /** A shard that is not ours any more waits for ever, and is stopped. */
  async #waitToIdentify(shardId: number, epoch: number, signal: AbortSignal): Promise<void> {
    const { limits, clock, registry, report } = this.#options;
    const ask = () => registry.identify({ shardId, epoch }, shardId % limits.maxConcurrency);
    const onSpent = (waitMs: number) => report({ kind: 'spent', waitMs });
    const isGranted = await untilGranted(ask, { clock, onSpent }, signal);
    const held = this.#held.get(shardId);
    if (held?.epoch === epoch) {
      held.session = undefined;
      const kind = isGranted ? 'unstored' : 'lost';
      this.#report({ kind, atMs: this.#nowMs, shardId });
    }
    if (!isGranted || !this.#isServing(shardId, epoch))
      await clock.sleep(Number.MAX_SAFE_INTEGER, signal);
  }
}

function leaseOf(shardId: number, { epoch, session }: HeldShardState): OwnLease {
  return { shardId, epoch, ...(session && { session }) };
}
