import { shardOf } from './ownership.ts';
import type { RegistryView } from './shard-registry.ts';

/** Which other process serves a server, as the last look at the database told. */
export class ShardOwners {
  #view: Pick<RegistryView, 'processes' | 'shards'> = { processes: [], shards: [] };

  looked(view: RegistryView): void {
    this.#view = view;
  }

  /** Name of that process; undefined: no other one. */
  of(guildId: string, count: number): string | undefined {
    const { processes, shards } = this.#view;
    const shardId = shardOf(guildId, count);
    const shard = shards.find(({ id, lock }) => id === shardId && lock === 'other');
    return shard && processes.find(({ id }) => id === shard.ownerId)?.name;
  }
}
