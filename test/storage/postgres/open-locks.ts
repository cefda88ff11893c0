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
  const ignoreReport = () => undefined;
  const listeners = {
    onWait: ignoreReport,
    onLost: ignoreReport,
    report: ignoreReport,
  };
  return openShardLocks(
    { url, clock: realClock, ...listeners, ...options },
    AbortSignal.timeout(30_000),
  );
}
