import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type {
  GatewaySessionInfo,
  OwnedShard,
  Renewal,
  ShardHost,
  ShardRegistry,
} from '#src/discord/shards/ownership.ts';
import { ownershipRules } from '#src/discord/shards/ownership-step.ts';
import { SharedShards } from '#src/discord/shards/shared-shards.ts';
import { type SimulatedDatabase, SimulatedRegistry } from './simulated-registry.ts';

/** Time, in ms, of one way to the database or to Discord. */
export const latencyMs = 20;
const [timeoutMs, identifyMs, leaveMs, resumeAgainMs] = [1_500, 200, 500, 500];
const restartMs = 15_000;
const never = new AbortController().signal;

/** A gateway session at Discord, and the process that is connected to it. */
export type Session = {
  readonly info: GatewaySessionInfo;
  readonly shardId: number;
  owner?: SimulatedProcess | undefined;
  isValid: boolean;
};

/** One shard's gateway sessions of a process: the resumed one of the former owner, and its own. */
type Gateway = {
  readonly shard: OwnedShard;
  readonly stop: AbortController;
  former?: Session | undefined;
  own?: Session | undefined;
};

/** Surroundings of a process. */
export interface ProcessWorld {
  readonly clock: Clock;
  readonly database: SimulatedDatabase;
  readonly sessions: Map<string, Session>;
  readonly options: {
    readonly shards: number;
    readonly maxConcurrency: number;
    readonly oneWayMs: number;
  };
  readonly isDatabaseUp: boolean;
  readonly isDiscordUp: boolean;
  steal(session: Session, owner: SimulatedProcess | undefined): void;
  /** To be called where a process has a new session. */
  check(): void;
  start(id: string, limit: number): void;
}

/** A process with the real `SharedShards`, behind a network that loses things. */
export class SimulatedProcess implements ShardHost {
  readonly id: string;
  readonly limit: number;
  isAlive = true;
  isDraining = false;
  isFrozen = false;
  /** False: nothing comes from the database, nor arrives there. */
  isReachable = true;
  readonly stopsFor: string[] = [];
  readonly #world: ProcessWorld;
  readonly #shards: SharedShards;
  readonly #gateways = new Map<number, Gateway>();
  readonly #clock: Clock;
  #thawed = Promise.withResolvers<void>();

  constructor(world: ProcessWorld, id: string, limit: number, rate: number) {
    this.id = id;
    this.limit = limit;
    this.#world = world;
    const { clock } = world;
    this.#clock = {
      nowMs: () => clock.nowMs() * rate,
      wallMs: () => clock.wallMs() + 3_600_000 * rate,
      sleep: async (ms, signal) => {
        await clock.sleep(ms / rate, signal);
        await this.#awake();
      },
      later: (ms, run) => clock.later(ms / rate, () => void this.#awake().then(run)),
    };
    const recommendedCount = world.options.shards;
    this.#shards = new SharedShards({
      registry: this.#registry(),
      process: { id, name: id, limit, version: '0', botId: 'bot', recommendedCount },
      limits: { recommendedShards: recommendedCount, ...world.options },
      clock: this.#clock,
      leaseMs: ownershipRules.leaseMs,
      report: (news) => {
        if (news.kind === 'stopped') this.stopsFor.push(news.why);
      },
    });
  }

  /** One that does not get up ends, and is started again by its supervisor. */
  open(): void {
    this.#shards.open(this, never).catch(async () => {
      await this.drain();
      this.#world.clock.later(restartMs, () => this.#world.start(this.id, this.limit));
    });
  }

  served(): readonly number[] {
    const own = [...this.#gateways].filter(([, { own }]) => own && own.owner === this);
    return own.map(([id]) => id).sort((a, b) => a - b);
  }

  kill(): void {
    this.isAlive = false;
    for (const session of this.#world.sessions.values())
      if (session.owner === this) session.owner = undefined;
  }

  freeze(ms: number): void {
    if (this.isFrozen || !this.isAlive) return;
    this.isFrozen = true;
    this.#world.clock.later(ms, () => {
      this.isFrozen = false;
      this.#thawed.resolve();
      this.#thawed = Promise.withResolvers<void>();
    });
  }

  isolate(ms: number): void {
    if (!this.isReachable) return;
    this.isReachable = false;
    this.#world.clock.later(ms, () => {
      this.isReachable = true;
    });
  }

  async drain(): Promise<void> {
    this.isDraining = true;
    await this.#shards[Symbol.asyncDispose]();
    this.isAlive = false;
  }

  async fence(shard: OwnedShard): Promise<'resumed' | 'refused'> {
    await this.#discord();
    const { sharing } = shard;
    const former = this.#world.sessions.get(sharing?.former?.sessionId ?? '');
    if (!former?.isValid) return 'refused';
    this.#gateways.set(shard.id, { shard, stop: new AbortController(), former });
    this.#world.steal(former, this);
    if (sharing?.mustEndFormer) former.isValid = false;
    return 'resumed';
  }

  async start(shard: OwnedShard): Promise<void> {
    const { former } = this.#gateways.get(shard.id) ?? {};
    const gateway: Gateway = { shard, stop: new AbortController(), former };
    this.#gateways.set(shard.id, gateway);
    await this.#identify(gateway);
  }

  /** Leaving begins with the gateway; what else there is to leave takes its time. */
  async stop(shardId: number): Promise<void> {
    const gateway = this.#gateways.get(shardId);
    this.#gateways.delete(shardId);
    gateway?.stop.abort(new Error('stopped'));
    for (const session of [gateway?.former, gateway?.own])
      if (session?.owner === this) session.owner = undefined;
    await this.#clock.sleep(leaveMs, never);
  }

  seats(): ReadonlyMap<number, number> {
    return new Map();
  }

  /** The library comes back by itself, where its owner may. */
  async closed(session: Session): Promise<void> {
    await this.#awake();
    const gateway = this.#gateways.get(session.shardId);
    if (gateway?.former === session) await this.#resumeFormer(gateway, session);
    else if (gateway?.own === session) await this.#resumeOwn(gateway, session);
  }

  async #resumeFormer(gateway: Gateway, session: Session): Promise<void> {
    await this.#clock.sleep(resumeAgainMs, never);
    const isOver = gateway.former !== session || gateway.stop.signal.aborted;
    if (!isOver && session.isValid) this.#world.steal(session, this);
  }

  async #resumeOwn(gateway: Gateway, session: Session): Promise<void> {
    const isOver = () => gateway.own !== session || gateway.stop.signal.aborted;
    while (session.owner !== this) {
      if (!(await gateway.shard.sharing?.mayReconnect()) || isOver()) return;
      const isThere = this.#world.isDiscordUp;
      if (isThere && session.isValid) this.#world.steal(session, this);
      else if (!(isThere && (await this.#identifies(gateway))))
        await this.#clock.sleep(1_000, never);
      if (isOver()) return;
    }
  }

  async #identifies(gateway: Gateway): Promise<boolean> {
    return await this.#identify(gateway).then(
      () => true,
      () => false,
    );
  }

  async #identify(gateway: Gateway): Promise<void> {
    const { shard, stop } = gateway;
    await shard.waitToIdentify(stop.signal);
    await this.#discord();
    await this.#clock.sleep(identifyMs, never);
    stop.signal.throwIfAborted();
    const { former } = gateway;
    if (former) {
      if (former.isValid && former.owner !== this) this.#world.steal(former, this);
      former.isValid = false;
      former.owner = undefined;
      gateway.former = undefined;
    }
    const sessionId = `${shard.id} ${this.id} ${this.#world.clock.nowMs()}`;
    const info = { sessionId, resumeUrl: 'wss://gateway', sequence: 1 };
    const session: Session = { info, shardId: shard.id, owner: this, isValid: true };
    this.#world.sessions.set(sessionId, session);
    gateway.own = session;
    shard.sharing?.sessionChanged(info);
    this.#world.check();
  }

  async #discord(): Promise<void> {
    await this.#clock.sleep(latencyMs, never);
    if (!this.#world.isDiscordUp) throw new Error('Discord is away');
  }

  /** A killed process never acts again, a frozen one once it is thawed. */
  async #awake(): Promise<void> {
    while (this.isFrozen) await this.#thawed.promise;
    if (!this.isAlive) await Promise.withResolvers<never>().promise;
  }

  /** The database behind a network: each way takes its time, and what does not come through is late after 1.5 s. */
  #registry(): ShardRegistry {
    const registry = new SimulatedRegistry(this.#world.database, this.id);
    const over = async <T>(statement: () => T | Promise<T>): Promise<T> => {
      const { clock, options } = this.#world;
      const isThere = () => this.#world.isDatabaseUp && this.isReachable;
      await clock.sleep(options.oneWayMs, never);
      const answer = isThere() ? { result: await statement() } : undefined;
      await clock.sleep(options.oneWayMs, never);
      if (answer && isThere()) {
        await this.#awake();
        return answer.result;
      }
      await clock.sleep(timeoutMs - 2 * options.oneWayMs, never);
      await this.#awake();
      throw new BotError('store.unreadable', true, 'The database did not answer in 1.5 s.');
    };
    return {
      register: (process) => over(() => registry.register(process)),
      renew: (renewal: Renewal) => over(() => registry.renew(renewal)),
      acquire: (shards) => over(() => registry.acquire(shards)),
      giveBack: (lease) => over(() => registry.giveBack(lease)),
      identify: (lease, bucket) => over(() => registry.identify(lease, bucket)),
      claim: (id) => over(() => registry.claim(id)).catch(() => 'unknown' as const),
      leave: () => over(() => registry.leave()),
    };
  }
}
