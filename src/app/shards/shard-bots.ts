import type { OwnedShard } from '#src/discord/shards/owned-shard.ts';
import type { ProgramPorts } from '#src/features/command.ts';
import { getShardId } from '#src/people/server-share.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { ServerService } from '#src/web/api/authorise.ts';
import type { ShardBot } from './shard-bot.ts';

export class ShardSessions {
  readonly #byShard = new Map<
    number,
    { readonly sessions: VoiceSessions; readonly ports: ProgramPorts }
  >();
  #count = 1;

  set({ id, count }: OwnedShard, sessions: VoiceSessions, ports: ProgramPorts) {
    this.#count = count;
    this.#byShard.set(id, { sessions, ports });
  }

  findSessions(guildId: GuildId): VoiceSessions | undefined {
    return this.#byShard.get(getShardId(guildId, this.#count))?.sessions;
  }

  /** Valid once all shards are served. */
  findService(guildId: GuildId): ServerService {
    const shard = getShardId(guildId, this.#count);
    const served = this.#byShard.get(shard);
    return served
      ? { kind: 'here', ports: served.ports }
      : { kind: 'elsewhere', shard };
  }

  listSessions(): readonly VoiceSessions[] {
    return [...this.#byShard.values()].map(({ sessions }) => sessions);
  }
}

/** Starts a bot for each shard. The first error closes the others. */
export async function startShards(
  shards: readonly OwnedShard[],
  start: (shard: OwnedShard, signal: AbortSignal) => Promise<ShardBot>,
  signal: AbortSignal,
): Promise<readonly ShardBot[] & AsyncDisposable> {
  const failed = new AbortController();
  const until = AbortSignal.any([signal, failed.signal]);
  const started: ShardBot[] = [];
  const closeShards = async () => {
    await Promise.all(started.map((bot) => bot[Symbol.asyncDispose]()));
  };
  const beginShard = async (shard: OwnedShard) => {
    try {
      started.push(await start(shard, until));
    } catch (error) {
      failed.abort(error);
    }
  };
  await Promise.all(shards.map(beginShard));
  if (until.aborted) await closeShards();
  until.throwIfAborted();
  return Object.assign(started, { [Symbol.asyncDispose]: closeShards });
}
