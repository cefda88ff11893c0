import { BotError } from '#src/base/errors.ts';
import type { ShardNews } from '#src/shards/shard-news.ts';
import type { Log } from '#src/status/log.ts';

/** One line per change of the shards that this process serves, for the operator. */
export function logShards(log: Log, news: ShardNews): void {
  switch (news.kind) {
    case 'waiting':
      log.info(
        { shards: news.count, processes: news.processes },
        'waiting: other processes serve every shard; this one takes over when one ends',
      );
      return;
    case 'unserved':
      log.warn(
        { shards: news.count, free: news.free },
        'shards are served by nobody: start another process, or raise SHARDS_PER_PROCESS',
      );
      return;
    case 'taken':
      log.info({ shard: news.shardId, epoch: news.epoch }, 'shard taken');
      return;
    case 'unfenced':
      log.warn(
        { shard: news.shardId, waitMs: news.waitMs },
        'its former owner may still be connected: the shard is served once it must have given up',
      );
      return;
    case 'served':
      log.info({ shard: news.shardId, tookMs: Math.round(news.tookMs) }, 'shard served');
      return;
    case 'stopped':
      log.info({ shard: news.shardId, why: news.why }, 'shard stopped');
      return;
    case 'away':
      log.warn(
        { err: news.error },
        messageOf(news.error) ?? 'the database of the shards is out of reach',
      );
      return;
    case 'failed':
      log.warn(
        { shard: news.shardId, err: news.error },
        messageOf(news.error) ?? 'a step with a shard failed',
      );
      return;
  }
}

function messageOf(error: unknown): string | undefined {
  return error instanceof BotError ? error.message : undefined;
}
