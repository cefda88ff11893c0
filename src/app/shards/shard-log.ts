import { admitSetting, writeSentence } from '#src/base/logged-text.ts';
import type { Log } from '#src/ops/log.ts';
import type { OperatorNotices } from '#src/ops/operator-notices.ts';

export type ShardNews =
  /** `lost` means another process took shards while the database was away. */
  | { readonly kind: 'waiting' | 'lost'; readonly why: string }
  /** Discord's limit of identifies is nearly used up. */
  | { readonly kind: 'spent'; readonly waitMs: number };

/** Logs news of shards. `end` is called if the process has to end. */
export function logShards(
  log: Log,
  notices: Pick<OperatorNotices, 'report'>,
  news: ShardNews,
  end: () => void,
): void {
  switch (news.kind) {
    case 'waiting':
      log.warn(
        writeSentence`waiting: ${admitSetting(news.why)}: end that process, or correct SHARDS and SHARD_RANGE`,
      );
      return;
    case 'lost':
      log.error(admitSetting(news.why));
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
