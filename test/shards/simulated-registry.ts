import type { ProcessRow, RegistryView } from '#src/shards/shard-registry.ts';

/** A gateway session at Discord: who is connected to it, and whether it may be resumed. */
export type SimulatedSession = { ownerId?: string | undefined; isValid: boolean };

type Row = {
  epoch: number;
  ownerId?: string;
  isActive: boolean;
  session?: SimulatedSession | undefined;
};

/** A connection as the server sees it. */
export type Backend = { readonly processId: string; isAlive: boolean };

/** The tables and locks of the database, without what lies between it and the processes. */
export class SimulatedRegistry {
  readonly rows: readonly Row[];
  #backends: readonly Backend[] = [];
  readonly #locks = new Map<number, Backend>();

  constructor(shardCount: number) {
    this.rows = Array.from({ length: shardCount }, () => ({ epoch: 0, isActive: false }));
  }

  connect(processId: string): Backend {
    const backend = { processId, isAlive: true };
    this.#backends = [...this.#backends.filter(({ isAlive }) => isAlive), backend];
    return backend;
  }

  aliveOf(processId: string): readonly Backend[] {
    return this.#backends.filter((one) => one.isAlive && one.processId === processId);
  }

  end(backend: Backend): void {
    backend.isAlive = false;
    for (const [shardId, holder] of this.#locks) {
      if (holder === backend) this.#locks.delete(shardId);
    }
  }

  view(asker: Backend, all: readonly ProcessRow[], serverUpMs: number): RegistryView {
    const alive = new Set(this.#backends.filter((one) => one.isAlive).map((one) => one.processId));
    return {
      serverUpMs,
      processes: all.filter(({ id }) => alive.has(id)),
      shards: this.rows.map(({ epoch, ownerId, isActive }, id) => {
        const holder = this.#locks.get(id);
        const lock = holder === undefined ? 'free' : holder === asker ? 'mine' : 'other';
        return { id, epoch, isActive, lock, ...(ownerId !== undefined && { ownerId }) };
      }),
    };
  }

  /** The row as it was before; undefined where the lock is another one's. */
  take(backend: Backend, shardId: number): Row | undefined {
    const row = this.rows[shardId];
    if (!row || this.#locks.has(shardId)) return undefined;
    this.#locks.set(shardId, backend);
    const former = { ...row };
    row.epoch++;
    row.ownerId = backend.processId;
    return former;
  }

  /** The connection that stands in the way, where there is one, is ended by `end`. */
  retake(
    backend: Backend,
    shardId: number,
    epoch: number,
    end: (backend: Backend) => void,
  ): 'ours' | 'lost' | 'busy' {
    const holder = this.#locks.get(shardId);
    if (this.rows[shardId]?.epoch !== epoch) return 'lost';
    if (holder === undefined) this.#locks.set(shardId, backend);
    if (holder === undefined || holder === backend) return 'ours';
    end(holder);
    return 'busy';
  }

  owns(backend: Backend, shardId: number, epoch: number | undefined): boolean {
    return this.#locks.get(shardId) === backend && this.rows[shardId]?.epoch === epoch;
  }

  /** Before an identify: from here on no session can be resumed by who takes the shard next. */
  identify(backend: Backend, shardId: number, epoch: number | undefined): boolean {
    const row = this.rows[shardId];
    if (!row || !this.owns(backend, shardId, epoch)) return false;
    row.session = undefined;
    row.isActive = true;
    return true;
  }

  release(backend: Backend, shardId: number, epoch: number, isOver: boolean): void {
    const row = this.rows[shardId];
    if (!row || !this.owns(backend, shardId, epoch)) return;
    if (isOver) row.isActive = false;
    this.#locks.delete(shardId);
  }

  save(shardId: number, epoch: number | undefined, session: SimulatedSession): void {
    const row = this.rows[shardId];
    if (row && row.epoch === epoch) row.session = session;
  }
}
