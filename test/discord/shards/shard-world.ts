import { ownershipRules } from '#src/discord/shards/ownership-step.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import {
  latencyMs,
  type ProcessWorld,
  type Session,
  SimulatedProcess,
} from './simulated-process.ts';
import { SimulatedDatabase } from './simulated-registry.ts';

export type ShardWorldOptions = {
  readonly shards: number;
  readonly maxConcurrency?: number;
  readonly oneWayMs?: number;
};

/** Processes with the real `SharedShards`, a database and Discord in virtual time, and what goes wrong between them. */
export class ShardWorld implements ProcessWorld {
  readonly clock = new VirtualClock();
  readonly database = new SimulatedDatabase(this.clock, ownershipRules.leaseMs);
  readonly sessions = new Map<string, Session>();
  readonly processes: SimulatedProcess[] = [];
  readonly options: Required<ShardWorldOptions>;
  isDatabaseUp = true;
  isDiscordUp = true;
  /** The first shard that two processes served at once, and the longest time in ms that one was not served in calm. */
  doubled: string | undefined;
  longestUnservedMs = 0;
  readonly #unservedMs = new Map<number, number>();

  constructor({ shards, maxConcurrency = 1, oneWayMs = latencyMs }: ShardWorldOptions) {
    this.options = { shards, maxConcurrency, oneWayMs };
  }

  get alive(): readonly SimulatedProcess[] {
    return this.processes.filter(({ isAlive }) => isAlive);
  }

  start(id = `p${this.processes.length}`, limit = 1_000): SimulatedProcess {
    const rate = [1, 0.98, 1.02][this.processes.length % 3] ?? 1;
    const process = new SimulatedProcess(this, id, limit, rate);
    this.processes.push(process);
    process.open();
    return process;
  }

  /** Lets time pass; each half second the shards that nobody serves are noted, where nothing is wrong any more. */
  async pass(ms: number): Promise<void> {
    for (let leftMs = ms; leftMs > 0; leftMs -= 500) {
      const stepMs = Math.min(500, leftMs);
      await this.clock.advance(stepMs);
      this.check();
      const served = new Set([...this.serving().values()].flat());
      for (let id = 0; id < this.options.shards; id++) {
        const unservedMs =
          served.has(id) || !this.isCalm ? 0 : (this.#unservedMs.get(id) ?? 0) + stepMs;
        this.#unservedMs.set(id, unservedMs);
        this.longestUnservedMs = Math.max(this.longestUnservedMs, unservedMs);
      }
    }
  }

  get isCalm(): boolean {
    const { alive } = this;
    const isWell = alive.every(({ isFrozen, isReachable }) => !isFrozen && isReachable);
    const accepts = alive.some(({ isDraining, limit }) => !isDraining && limit > 0);
    return this.isDatabaseUp && this.isDiscordUp && isWell && accepts;
  }

  /** Ids of the shards that each living process serves. */
  serving(): ReadonlyMap<string, readonly number[]> {
    return new Map(this.alive.map((process) => [process.id, process.served()]));
  }

  check(): void {
    const owners = new Map<number, string>();
    for (const process of this.alive.filter(({ isFrozen }) => !isFrozen)) {
      for (const shardId of process.served()) {
        const other = owners.get(shardId);
        if (other !== undefined)
          this.doubled ??= `${shardId} by ${other}, ${process.id} at ${this.clock.nowMs()}`;
        owners.set(shardId, process.id);
      }
    }
  }

  stopDatabase(ms: number): void {
    if (!this.isDatabaseUp) return;
    this.isDatabaseUp = false;
    this.clock.later(ms, () => {
      this.isDatabaseUp = true;
    });
  }

  stopDiscord(ms: number): void {
    if (!this.isDiscordUp) return;
    this.isDiscordUp = false;
    this.reconnectAll();
    this.clock.later(ms, () => {
      this.isDiscordUp = true;
    });
  }

  /** Discord asks every connected client to come back; `forgets`: to sessions that are over. */
  reconnectAll(forgets = false): void {
    for (const session of this.sessions.values()) {
      if (forgets) session.isValid = false;
      this.steal(session, undefined);
    }
  }

  /** Another connection has the session now: the former one is closed. */
  steal(session: Session, owner: SimulatedProcess | undefined): void {
    const former = session.owner;
    session.owner = owner;
    if (former && former !== owner) this.clock.later(latencyMs, () => void former.closed(session));
    this.check();
  }
}
