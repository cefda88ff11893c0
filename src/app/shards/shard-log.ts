import { BotError } from '#src/base/errors.ts';
import type { ShardNews } from '#src/discord/shards/ownership.ts';
import type { Log } from '#src/ops/log.ts';
import type { OperatorNotices } from '#src/ops/operator-notices.ts';

/** Writes one line per change of the shards that this process serves; `end` is called where it must start anew. */
export function logShards(
  log: Log,
  notices: Pick<OperatorNotices, 'report'>,
  news: ShardNews,
  end: () => void,
): void {
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
        'no process serves these shards: start another process, or raise SHARDS_PER_PROCESS',
      );
      return;
    case 'taken':
      log.info({ shard: news.shardId, epoch: news.epoch }, 'shard taken');
      return;
    case 'served':
      log.info({ shard: news.shardId, tookMs: Math.round(news.tookMs) }, 'shard served');
      return;
    case 'stopped':
      log.info({ shard: news.shardId, why: news.why }, 'shard stopped');
      return;
    case 'spent':
      notices.report('logins-spent');
      log.error(
        { waitMs: Math.round(news.waitMs) },
        'Discord allows few more logins until its limit is reset: the bot waits, so that its token stays valid; find out why it logs in repeatedly',
      );
      return;
    case 'crashing':
      notices.report('crash-loop');
      log.error(
        { starts: news.starts, waitMs: news.waitMs },
        'the bot crashed three times within 5 minutes: it waits before it logs in again; look at the log of the last crash',
      );
      return;
    case 'outdated':
      log.error(
        'the number of shards was changed, or another process took this name: this process ends, to be started again',
      );
      end();
      return;
    case 'away':
      log.warn(
        { err: news.error },
        messageOf(news.error) ?? 'the database of the shards cannot be reached',
      );
      return;
    case 'failed':
      log.warn(
        { shard: news.shardId, err: news.error },
        messageOf(news.error) ?? 'an operation on a shard failed',
      );
      return;
  }
}

function messageOf(error: unknown): string | undefined {
  return error instanceof BotError ? error.message : undefined;
}
