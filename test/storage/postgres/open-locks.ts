import { realClock } from '#src/base/clock.ts';
import {
  openShardLocks,
  type ShardLockOptions,
} from '#src/storage/postgres/shard-locks.ts';
import type { TestSchema } from '#test/fakes/postgres.ts';

/** Locks of shards in this schema, once they are held. */
export function openLocks(
  { url }: Pick<TestSchema, 'url'>,
  options: Pick<ShardLockOptions, 'count' | 'first' | 'last'> &
    Partial<ShardLockOptions>,
) {
  const ignore = () => undefined;
  const listeners = { onWait: ignore, onLost: ignore, report: ignore };
  return openShardLocks(
    { url, clock: realClock, ...listeners, ...options },
    AbortSignal.timeout(30_000),
  );
}
