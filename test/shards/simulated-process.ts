import { newOwnership, type Ownership } from '#src/shards/ownership-state.ts';
import type { Backend, SimulatedSession } from './simulated-registry.ts';

/** What a process has of one shard at Discord: the resumed session of the former owner, and its own. */
type SimulatedGateway = { raw?: SimulatedSession | undefined; own?: SimulatedSession | undefined };

export class SimulatedProcess {
  readonly id: string;
  own: Ownership;
  isAlive = true;
  isFrozen = false;
  /** False: what it sends to the database goes nowhere. */
  isReachable = true;
  backend: Backend | undefined;
  lookedAtMs: number | undefined;
  readonly gateways = new Map<number, SimulatedGateway>();
  /** Shards for which it asked whether it may identify. */
  readonly identifying = new Set<number>();
  /** What it would have done while it was frozen. */
  #missed: (() => void)[] = [];

  constructor(id: string, limit: number) {
    this.id = id;
    this.own = newOwnership(id, limit);
  }

  /** Lets it act, at once or when it wakes; a dead one never does. */
  act(run: () => void): void {
    if (!this.isAlive) return;
    if (this.isFrozen) this.#missed.push(run);
    else run();
  }

  wake(): readonly (() => void)[] {
    this.isFrozen = false;
    return this.#missed.splice(0);
  }

  /** Ids of the shards for which it is connected to Discord. */
  *served(): Generator<number> {
    if (!this.isAlive) return;
    for (const [shardId, { own }] of this.gateways) if (own?.ownerId === this.id) yield shardId;
  }

  hangUp(shardId: number): void {
    for (const session of Object.values(this.gateways.get(shardId) ?? {})) {
      if (session?.ownerId === this.id) session.ownerId = undefined;
    }
  }
}

/** Says which shard is served by two processes that act; undefined: none is. */
export function doubledShard(
  processes: readonly SimulatedProcess[],
  atMs: number,
): string | undefined {
  const owners = new Map<number, string>();
  for (const process of processes.filter(({ isFrozen }) => !isFrozen)) {
    for (const shardId of process.served()) {
      const other = owners.get(shardId);
      if (other !== undefined) return `${shardId} by ${other}, ${process.id} at ${atMs}`;
      owners.set(shardId, process.id);
    }
  }
  return undefined;
}
