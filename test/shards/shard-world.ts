import {
  type OwnershipEffect,
  type OwnershipEvent,
  ownershipRules,
  stepOwnership,
} from '#src/shards/ownership-step.ts';
import { EventQueue } from './event-queue.ts';
import { doubledShard, SimulatedProcess } from './simulated-process.ts';
import { type Backend, SimulatedRegistry, type SimulatedSession } from './simulated-registry.ts';

const [loopMs, lookDeadlineMs, latencyMs, identifyMs] = [500, 2_000, 20, 200];
/** After so long the server ends a connection that answers no keepalive, or of a process that stands still. */
const [keepaliveMs, idleMs] = [11_000, 60_000];
const [confirmMs, resumeAgainMs, leaveMs] = [700, 500, 500];

/**
 * Processes, a database and Discord in virtual time; what processes do is decided by `stepOwnership` alone. Each instant is
 * checked for two owners of one shard.
 */
export class ShardWorld {
  readonly processes: SimulatedProcess[] = [];
  /** True: Discord takes up no session again, although a former owner may still be connected to it. */
  refusesResume = false;
  /** The first shard that two processes served at once, with the instant. */
  doubled: string | undefined;
  readonly #queue = new EventQueue();
  readonly #registry: SimulatedRegistry;
  #isUp = true;
  #startedAtMs = -60_000;

  constructor(shardCount: number) {
    this.#registry = new SimulatedRegistry(shardCount);
  }

  start(limit = 1_000): void {
    const process = new SimulatedProcess(`p${this.processes.length}`, limit);
    this.processes.push(process);
    this.#loop(process);
  }

  pass(ms: number): void {
    this.#queue.pass(ms, () => {
      this.doubled ??= doubledShard(this.processes, this.#queue.nowMs);
    });
  }

  later = (ms: number, run: () => void): void => this.#queue.later(ms, run);

  /** Ids of the shards that each living process serves. */
  serving(): ReadonlyMap<string, readonly number[]> {
    const alive = this.processes.filter(({ isAlive }) => isAlive);
    return new Map(alive.map((process) => [process.id, [...process.served()]]));
  }

  kill(process: SimulatedProcess): void {
    process.isAlive = false;
    for (const shardId of process.gateways.keys()) process.hangUp(shardId);
    this.cut(process);
  }

  freeze(process: SimulatedProcess, ms: number): void {
    if (process.isFrozen || !process.isAlive) return;
    process.isFrozen = true;
    if (ms > idleMs) this.later(idleMs, () => this.cut(process));
    this.later(ms, () => {
      const missed = process.wake();
      this.#tell(process, { kind: 'tick', atMs: this.#queue.nowMs });
      for (const run of missed) this.later(1, run);
    });
  }

  /** The connection breaks and may be made anew at once. */
  cut({ id }: SimulatedProcess): void {
    for (const backend of this.#registry.aliveOf(id)) this.#end(backend);
  }

  /** Nothing goes through, and neither end is told. */
  isolate(process: SimulatedProcess, ms: number): void {
    if (!process.isReachable) return;
    process.isReachable = false;
    this.later(Math.min(ms, keepaliveMs), () => this.cut(process));
    this.later(ms, () => {
      process.isReachable = true;
    });
  }

  stopDatabase(ms: number): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    for (const process of this.processes) this.cut(process);
    this.later(ms, () => {
      this.#isUp = true;
      this.#startedAtMs = this.#queue.nowMs;
    });
  }

  /** Discord asks every connected client to come back. */
  reconnectAll(): void {
    for (const process of this.processes) {
      for (const [shardId, { own }] of process.gateways) {
        if (own?.ownerId !== process.id) continue;
        own.ownerId = undefined;
        this.#closed(process, shardId, own);
      }
    }
  }

  drain(process: SimulatedProcess): void {
    this.#tell(process, { kind: 'draining', atMs: this.#queue.nowMs });
  }

  #tell(process: SimulatedProcess, event: OwnershipEvent): void {
    if (!process.isAlive) return;
    const [own, ...effects] = stepOwnership(process.own, event, ownershipRules);
    process.own = own;
    for (const effect of effects) this.#perform(process, effect);
  }

  #loop(process: SimulatedProcess): void {
    if (!process.isAlive) return;
    if (!process.isFrozen) {
      const { nowMs: atMs } = this.#queue;
      this.#tell(process, { kind: 'tick', atMs });
      if (!process.own.isConnected) this.#connect(process);
      else if (process.lookedAtMs === undefined) this.#look(process);
      else if (atMs - process.lookedAtMs > lookDeadlineMs) this.#lose(process);
    }
    this.later(loopMs, () => this.#loop(process));
  }

  #connect(process: SimulatedProcess): void {
    if (!this.#isUp || !process.isReachable) return;
    process.backend = this.#registry.connect(process.id);
    process.lookedAtMs = undefined;
    this.#tell(process, { kind: 'connected', atMs: this.#queue.nowMs });
  }

  #lose(process: SimulatedProcess): void {
    if (process.backend && process.isReachable) this.#end(process.backend);
    process.backend = undefined;
    this.#tell(process, { kind: 'disconnected', atMs: this.#queue.nowMs });
    for (const shardId of process.identifying) this.#unconfirmed(process, shardId);
  }

  #end(backend: Backend): void {
    this.#registry.end(backend);
    this.later(latencyMs, () => {
      const process = this.processes.find(({ id }) => id === backend.processId);
      if (!process?.isReachable) return;
      process.act(() => {
        if (process.backend === backend) this.#lose(process);
      });
    });
  }

  /** One request over the connection that holds the locks; without an answer where that is gone. */
  #ask<T>(
    process: SimulatedProcess,
    query: (backend: Backend) => T,
    answer: (result: T) => void,
  ): void {
    const { backend } = process;
    this.later(latencyMs, () => {
      if (!backend?.isAlive || !this.#isUp || !process.isReachable) return;
      const result = query(backend);
      this.later(latencyMs, () => {
        if (!process.isReachable) return;
        process.act(() => {
          if (process.backend === backend) answer(result);
        });
      });
    });
  }

  #look(process: SimulatedProcess): void {
    const sentAtMs = this.#queue.nowMs;
    process.lookedAtMs = sentAtMs;
    const query = (backend: Backend) => {
      const there = this.processes.filter(({ own }) => !own.isDraining);
      const rows = there.map(({ id, own }) => ({ id, name: id, limit: own.limit }));
      return this.#registry.view(backend, rows, this.#queue.nowMs - this.#startedAtMs);
    };
    this.#ask(process, query, (view) => {
      process.lookedAtMs = undefined;
      const seats = new Map<number, number>();
      this.#tell(process, { kind: 'looked', atMs: this.#queue.nowMs, sentAtMs, view, seats });
    });
  }

  #perform(process: SimulatedProcess, effect: OwnershipEffect): void {
    const { shardId } = effect;
    if (effect.kind === 'take') this.#take(process, shardId);
    if (effect.kind === 'retake') this.#retake(process, shardId, effect.epoch);
    if (effect.kind === 'fence') this.#fence(process, shardId);
    if (effect.kind === 'serve') this.#serve(process, shardId);
    if (effect.kind === 'stop') this.#stop(process, shardId);
    if (effect.kind !== 'release') return;
    const { epoch, isOver } = effect;
    this.#ask(
      process,
      (backend) => this.#registry.release(backend, shardId, epoch, isOver),
      () => undefined,
    );
  }

  #take(process: SimulatedProcess, shardId: number): void {
    const sentAtMs = this.#queue.nowMs;
    this.#ask(
      process,
      (backend) => this.#registry.take(backend, shardId),
      (former) => {
        const atMs = this.#queue.nowMs;
        if (!former) {
          this.#tell(process, { kind: 'untaken', atMs, shardId });
          return;
        }
        const { epoch: formerEpoch, isActive, session } = former;
        process.gateways.set(shardId, { raw: session });
        const [epoch, hasSession] = [formerEpoch + 1, session !== undefined];
        const event = { shardId, sentAtMs, epoch, formerEpoch, isActive, hasSession };
        this.#tell(process, { ...event, kind: 'taken', atMs });
      },
    );
  }

  #retake(process: SimulatedProcess, shardId: number, epoch: number): void {
    const sentAtMs = this.#queue.nowMs;
    this.#ask(
      process,
      (backend) => this.#registry.retake(backend, shardId, epoch, (other) => this.#end(other)),
      (outcome) => {
        const atMs = this.#queue.nowMs;
        this.#tell(process, { kind: 'retaken', atMs, shardId, sentAtMs, outcome });
      },
    );
  }

  #resume(process: SimulatedProcess, session: SimulatedSession | undefined): boolean {
    if (!session?.isValid || (this.refusesResume && session.ownerId !== process.id)) return false;
    const former = this.processes.find(({ id }) => id === session.ownerId);
    session.ownerId = process.id;
    if (former === process) return true;
    for (const [shardId, { own, raw }] of former?.gateways ?? []) {
      if (!former) break;
      if (own === session) this.later(latencyMs, () => this.#closed(former, shardId, session));
      if (raw === session) this.later(resumeAgainMs, () => this.#resumeRaw(former, shardId));
    }
    return true;
  }

  /** The library resumes by itself what it was not told to close. */
  #resumeRaw(process: SimulatedProcess, shardId: number): void {
    process.act(() => this.#resume(process, process.gateways.get(shardId)?.raw));
  }

  #fence(process: SimulatedProcess, shardId: number): void {
    this.later(latencyMs, () =>
      process.act(() => {
        const raw = process.gateways.get(shardId)?.raw;
        const outcome = this.#resume(process, raw) ? 'resumed' : 'refused';
        this.#tell(process, { kind: 'fenced', atMs: this.#queue.nowMs, shardId, outcome });
      }),
    );
  }

  #serve(process: SimulatedProcess, shardId: number): void {
    const epoch = process.own.shards.get(shardId)?.epoch;
    process.identifying.add(shardId);
    this.#ask(
      process,
      (backend) => this.#registry.identify(backend, shardId, epoch),
      (isOurs) => {
        process.identifying.delete(shardId);
        if (isOurs) this.#identified(process, shardId, epoch);
        else this.#unconfirmed(process, shardId);
      },
    );
  }

  #identified(process: SimulatedProcess, shardId: number, epoch: number | undefined): void {
    this.later(identifyMs, () =>
      process.act(() => {
        const gateway = process.gateways.get(shardId);
        const held = process.own.shards.get(shardId);
        if (!gateway || held?.phase !== 'serving' || held.epoch !== epoch) return;
        const { raw } = gateway;
        if (raw?.isValid && raw.ownerId !== process.id && this.#resume(process, raw)) {
          this.#identified(process, shardId, epoch); // it was taken away meanwhile
          return;
        }
        if (raw?.ownerId === process.id) raw.isValid = false;
        const session = { ownerId: process.id, isValid: true };
        process.gateways.set(shardId, { own: session });
        this.#ask(
          process,
          () => this.#registry.save(shardId, epoch, session),
          () => undefined,
        );
      }),
    );
  }

  /** A gateway that closed is resumed only by an owner that can confirm its lock. */
  #closed(process: SimulatedProcess, shardId: number, session: SimulatedSession): void {
    process.act(() => {
      const held = process.own.shards.get(shardId);
      if (process.gateways.get(shardId)?.own !== session || held?.phase !== 'serving') return;
      let isAnswered = false;
      const answer = (isOurs: boolean) => {
        if (isAnswered) return;
        isAnswered = true;
        if (isOurs && this.#resume(process, session)) return;
        this.#unconfirmed(process, shardId);
      };
      this.#ask(process, (one) => this.#registry.owns(one, shardId, held.epoch), answer);
      this.later(confirmMs, () => process.act(() => answer(false)));
    });
  }

  #unconfirmed(process: SimulatedProcess, shardId: number): void {
    process.identifying.delete(shardId);
    this.#tell(process, { kind: 'unconfirmed', atMs: this.#queue.nowMs, shardId });
  }

  /** Leaving begins with the gateway; what else there is to leave takes its time. */
  #stop(process: SimulatedProcess, shardId: number): void {
    process.hangUp(shardId);
    process.gateways.delete(shardId);
    this.later(leaveMs, () =>
      process.act(() => this.#tell(process, { kind: 'stopped', atMs: this.#queue.nowMs, shardId })),
    );
  }
}
