import type { BotOptions } from '#src/app/bot-options.ts';
import type { SharedParts } from '#src/app/shared-parts.ts';
import type { ProgramPorts } from '#src/conversation/ports/http-api-ports.ts';
import type { VoiceSessions } from '#src/conversation/voice-sessions.ts';
import { restBase } from '#src/discord/login.ts';
import type { OwnedShard, ShardHost, StopReason } from '#src/discord/shards/ownership.ts';
import { Takeover } from '#src/discord/shards/takeover.ts';
import { shardOf } from '#src/people/server-share.ts';
import { type ShardBot, startShardBot } from './shard-bot.ts';

/** Longest time, in ms, for which an answer that sounds is let end before its shard is handed over. */
const drainMs = 5_000;

/** The sessions of every shard that is served, found by server. */
export class ShardSessions {
  readonly #byShard = new Map<number, VoiceSessions>();
  readonly #programs = new Map<number, ProgramPorts>();
  #count = 1;

  set({ id, count }: OwnedShard, sessions: VoiceSessions): void {
    this.#count = count;
    this.#byShard.set(id, sessions);
  }

  /** Takes what programs may do in the servers of a shard. */
  open(shardId: number, ports: ProgramPorts): void {
    this.#programs.set(shardId, ports);
  }

  delete(shardId: number): void {
    this.#programs.delete(shardId);
    this.#byShard.delete(shardId);
  }

  ofShard(shardId: number): VoiceSessions | undefined {
    return this.#byShard.get(shardId);
  }

  of(guildId: string): VoiceSessions | undefined {
    return this.#byShard.get(shardOf(guildId, this.#count));
  }

  /** Ports for programs in a server that is served here. */
  programsOf(guildId: string): ProgramPorts | undefined {
    return this.#programs.get(shardOf(guildId, this.#count));
  }

  all(): readonly VoiceSessions[] {
    return [...this.#byShard.values()];
  }
}

/** The shards that are served, each by a bot of its own; one begins and ends while others go on. */
export class ShardBots implements ShardHost, AsyncDisposable {
  readonly #options: BotOptions;
  readonly #shared: SharedParts;
  readonly #sessions: ShardSessions;
  readonly #signal: AbortSignal;
  readonly #start: typeof startShardBot;
  readonly #bots = new Map<number, ShardBot>();
  /** Shards that start, each with the function that ends it and the promise of its end. */
  readonly #starting = new Map<
    number,
    { readonly stop: AbortController; ended: Promise<unknown> }
  >();
  readonly #takeovers = new Map<number, Takeover>();

  constructor(
    options: BotOptions,
    shared: SharedParts,
    sessions: ShardSessions,
    signal: AbortSignal,
    start = startShardBot,
  ) {
    this.#options = options;
    this.#shared = shared;
    this.#sessions = sessions;
    this.#signal = signal;
    this.#start = start;
  }

  all(): readonly ShardBot[] {
    return [...this.#bots.values()];
  }

  seats(): ReadonlyMap<number, number> {
    return new Map(
      [...this.#bots.keys()].map((id) => [id, this.#sessions.ofShard(id)?.all().length ?? 0]),
    );
  }

  async fence(shard: OwnedShard): Promise<'resumed' | 'refused'> {
    const { token, apiUrl } = this.#options.discord;
    const login = { token, ...(apiUrl && { apiUrl: restBase(apiUrl) }) };
    const takeover = await this.#begin(shard.id, this.#takeovers, (signal) =>
      Takeover.begin(login, shard, signal),
    );
    return takeover ? 'resumed' : 'refused';
  }

  async start(shard: OwnedShard): Promise<void> {
    const takeover = this.#takeovers.get(shard.id);
    const options = {
      bot: this.#options,
      shared: this.#shared,
      shard,
      onSessions: (sessions: VoiceSessions) => this.#sessions.set(shard, sessions),
      onPrograms: (ports: ProgramPorts) => this.#sessions.open(shard.id, ports),
      ...(takeover && { takeover }),
    };
    await this.#begin(shard.id, this.#bots, (signal) => this.#start(options, signal));
    this.#takeovers.delete(shard.id);
  }

  /** Where a shard is handed over, the answers that sound there come to their end first. */
  async stop(shardId: number, why: StopReason = 'drained'): Promise<void> {
    if (why === 'handover') await this.#sessions.ofShard(shardId)?.drain(drainMs);
    const starting = this.#starting.get(shardId);
    starting?.stop.abort(new Error('this shard is not served any more'));
    await starting?.ended;
    const bot = this.#bots.get(shardId);
    const takeover = this.#takeovers.get(shardId);
    this.#bots.delete(shardId);
    this.#takeovers.delete(shardId);
    await Promise.all([bot?.[Symbol.asyncDispose](), takeover?.[Symbol.asyncDispose]()]);
    this.#sessions.delete(shardId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ids = [this.#starting, this.#bots, this.#takeovers].flatMap((map) => [...map.keys()]);
    await Promise.all([...new Set(ids)].map((id) => this.stop(id)));
  }

  /** Makes a part of a shard. It belongs to `made` before a stop looks there; made after a stop, it is closed. */
  async #begin<T extends AsyncDisposable>(
    shardId: number,
    made: Map<number, T>,
    work: (signal: AbortSignal) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const stop = new AbortController();
    const working = (async () => {
      const one = await work(AbortSignal.any([this.#signal, stop.signal]));
      if (stop.signal.aborted) await one?.[Symbol.asyncDispose]();
      stop.signal.throwIfAborted();
      if (one) made.set(shardId, one);
      return one;
    })();
    const starting = { stop, ended: working.catch(() => undefined) };
    this.#starting.set(shardId, starting);
    try {
      return await working;
    } finally {
      if (this.#starting.get(shardId) === starting) this.#starting.delete(shardId);
    }
  }
}
