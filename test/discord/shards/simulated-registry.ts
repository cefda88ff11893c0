import type { Clock } from '#src/base/clock.ts';
import {
  identifyReserve,
  identifySpacingMs,
  startLimitMs,
} from '#src/discord/shards/identify-limits.ts';
import type {
  GatewaySessionInfo,
  IdentifyAnswer,
  InteractionClaim,
  OwnLease,
  RegisteredProcess,
  RegistryView,
  Renewal,
  ShardRegistry,
  TakenShard,
} from '#src/discord/shards/ownership.ts';

type Row = {
  epoch: number;
  ownerId?: string | undefined;
  untilMs?: number | undefined;
  session?: GatewaySessionInfo | undefined;
};
type Process = {
  name: string;
  version: string;
  startedAtMs: number;
  summary?: string;
  limit: number;
  untilMs: number;
  renewal: number;
  isAlone: boolean;
};

/** Tables of the database in memory, by its own clock, which may be put forward. */
export class SimulatedDatabase {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly leaseMs: number;
  readonly rows: Row[] = [];
  readonly processes = new Map<string, Process>();
  readonly claims = new Set<string>();
  readonly buckets = new Map<number, number>();
  limit: { total: number; remaining: number; resetAtMs: number } | undefined;
  aheadMs = 0;
  /** Summaries that were written. */
  summaries = 0;

  constructor(clock: Pick<Clock, 'nowMs'>, leaseMs: number) {
    this.clock = clock;
    this.leaseMs = leaseMs;
  }

  get nowMs(): number {
    return this.clock.nowMs() + this.aheadMs;
  }
}

/** Registry as one process uses it; each call is one statement, whose answer is there at once. */
export class SimulatedRegistry implements ShardRegistry {
  readonly #database: SimulatedDatabase;
  readonly #processId: string;
  #renewal = 0;

  constructor(database: SimulatedDatabase, processId: string) {
    this.#database = database;
    this.#processId = processId;
  }

  async register(process: RegisteredProcess): Promise<number> {
    const { nowMs, leaseMs, processes, rows } = this.#database;
    const count = process.wantedCount ?? process.recommendedCount;
    if (rows.length === 0) for (let id = 0; id < count; id++) rows.push({ epoch: 0 });
    this.#renewal = (processes.get(process.id)?.renewal ?? 0) + 1_000_000;
    const { id, name, version } = process;
    const own = { untilMs: nowMs + leaseMs, renewal: this.#renewal, isAlone: false };
    processes.set(id, { name, version, startedAtMs: nowMs, limit: 0, ...own });
    const { startLimit } = process;
    if (startLimit) {
      const { limit } = this.#database;
      const known = limit && limit.resetAtMs > nowMs ? limit.remaining : startLimit.remaining;
      this.#database.limit = {
        total: startLimit.total,
        remaining: Math.min(known, startLimit.remaining),
        resetAtMs: nowMs + startLimit.resetAfterMs,
      };
    }
    return rows.length;
  }

  async renew(renewal: Renewal): Promise<RegistryView | undefined> {
    this.#renewal++;
    return this.renewAs(this.#renewal, renewal);
  }

  /** One that was sent with this number, whenever it arrives. */
  renewAs(number: number, { leases, believesAlone, limit }: Renewal): RegistryView | undefined {
    const { nowMs, leaseMs, processes, rows } = this.#database;
    const others = [...processes].filter(
      ([id, { untilMs }]) =>
        id !== this.#processId && untilMs >= nowMs && untilMs <= nowMs + leaseMs,
    );
    const shards = rows.map(({ epoch, ownerId, untilMs }, id) => {
      if (ownerId === undefined || untilMs === undefined) return { id, epoch };
      return { id, epoch, ownerId, untilMs, leftMs: untilMs - nowMs };
    });
    const me = processes.get(this.#processId);
    if (!me || me.renewal >= number) return undefined;
    const isAlone = others.length === 0;
    Object.assign(me, { renewal: number, limit, untilMs: nowMs + leaseMs });
    me.isAlone = believesAlone || isAlone;
    const renewedIds = new Set<number>();
    for (const lease of leases) {
      const row = this.#own(lease);
      if (!row) continue;
      row.untilMs = nowMs + leaseMs;
      row.session = lease.session ?? row.session;
      renewedIds.add(lease.shardId);
    }
    const list = others.map(([id, one]) => ({ id, name: one.name, limit: one.limit }));
    return { renewedIds, isAlone, processes: list, shards };
  }

  /** Number of the last renewal. */
  get sent(): number {
    return this.#renewal;
  }

  async acquire(
    shards: readonly { readonly id: number; readonly epoch: number }[],
  ): Promise<readonly TakenShard[]> {
    const { nowMs, leaseMs, processes, rows } = this.#database;
    return shards.flatMap(({ id, epoch }): readonly TakenShard[] => {
      const row = rows[id];
      if (!row || row.epoch !== epoch) return [];
      const { ownerId, untilMs = nowMs, session } = row;
      const isOwn = ownerId === this.#processId;
      const isLeased = untilMs >= nowMs && untilMs <= nowMs + leaseMs;
      if (ownerId !== undefined && !isOwn && isLeased) return [];
      const mustFence = ownerId !== undefined && !isOwn && processes.get(ownerId)?.isAlone === true;
      Object.assign(row, { epoch: epoch + 1, ownerId: this.#processId, untilMs: nowMs + leaseMs });
      return [{ shardId: id, epoch: epoch + 1, mustFence, ...(session && { session }) }];
    });
  }

  async giveBack(lease: OwnLease): Promise<void> {
    const row = this.#own(lease);
    if (!row) return;
    row.session = lease.session ?? row.session;
    row.ownerId = undefined;
    row.untilMs = undefined;
  }

  async identify(lease: OwnLease, bucket: number): Promise<IdentifyAnswer> {
    const { nowMs, buckets } = this.#database;
    const row = this.#own(lease);
    if (!row) return { kind: 'lost' };
    const { limit } = this.#database;
    const isReset = limit && limit.resetAtMs <= nowMs;
    const remaining = isReset ? limit.total : limit?.remaining;
    const resetAtMs = isReset ? nowMs + startLimitMs : (limit?.resetAtMs ?? 0);
    if (remaining !== undefined && remaining <= identifyReserve)
      return { kind: 'spent', waitMs: resetAtMs - nowMs };
    const sinceMs = nowMs - (buckets.get(bucket) ?? Number.NEGATIVE_INFINITY);
    if (sinceMs >= 0 && sinceMs <= identifySpacingMs)
      return { kind: 'wait', waitMs: identifySpacingMs - sinceMs + 1 };
    buckets.set(bucket, nowMs);
    if (limit && remaining !== undefined)
      this.#database.limit = { total: limit.total, remaining: remaining - 1, resetAtMs };
    row.session = undefined;
    return { kind: 'granted' };
  }

  async claim(interactionId: string): Promise<InteractionClaim> {
    const { claims } = this.#database;
    if (claims.has(interactionId)) return 'taken';
    claims.add(interactionId);
    return 'mine';
  }

  async leave(): Promise<void> {
    const { processes, rows } = this.#database;
    if ((processes.get(this.#processId)?.renewal ?? Number.POSITIVE_INFINITY) > this.#renewal)
      return;
    processes.delete(this.#processId);
    for (const row of rows) {
      if (row.ownerId !== this.#processId) continue;
      row.ownerId = undefined;
      row.untilMs = undefined;
    }
  }

  #own({ shardId, epoch }: OwnLease): Row | undefined {
    const row = this.#database.rows[shardId];
    return row?.ownerId === this.#processId && row.epoch === epoch ? row : undefined;
  }
}
