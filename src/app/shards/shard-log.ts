import type { Log } from '#src/ops/log.ts';
import type { OperatorNotices } from '#src/ops/operator-notices.ts';

/** Events of the shards of this process, for the operator. */
export type ShardNews =
  /** Another process has one of them. `lost`: it took them while the database was away. */
  | { readonly kind: 'waiting' | 'lost'; readonly why: string }
  /** Discord's limit of identifies is nearly used up. */
  | { readonly kind: 'spent'; readonly waitMs: number };

/** Writes one line per event of the shards of this process; `end` is called where it has to end. */
export function logShards(
  log: Log,
  notices: Pick<OperatorNotices, 'report'>,
  news: ShardNews,
  end: () => void,
): void {
  switch (news.kind) {
    case 'waiting':
      log.warn(
        `waiting: ${news.why}: end that process, or correct SHARDS and SHARD_RANGE`,
      );
      return;
    case 'lost':
      log.error(news.why);
      end();
      return;
    case 'spent':
      notices.report('logins-spent');
      log.error(
        { waitMs: Math.round(news.waitMs) },
        'Discord allows few more logins until its limit is reset: the bot waits, so that its token stays valid; find out why it logs in repeatedly',
      );
      return;
  }
}
