import sql from 'sql-template-tag';
import type { CaptionMessage, OutdatedMessage } from '#src/features/captions/transcript-line.ts';
import type { ServerShare } from '#src/people/server-share.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { isOfShard, replacing, select } from '#src/sql/table.ts';
import { captionMessages, messageColumns, selectLines } from './transcript-tables.ts';

/** A message that is there already keeps its count. */
const put = replacing({ ...captionMessages, columns: messageColumns });

/**
 * Which messages show captions, so that what is forgotten also goes from there. Each erasure that touches one raises its
 * `outdated`. Errors: BotError `store.*`.
 */
export function captionMessageStore(database: StoreDatabase) {
  return {
    async put(message: CaptionMessage): Promise<void> {
      await database.write((connection) =>
        connection.insert(captionMessages, [{ ...message, outdated: 0 }], put),
      );
    },

    /**
     * Those that show lines which are gone, each with the lines it is to show; none: it is to be deleted. Only of servers of one
     * shard, where others are served elsewhere, and not of the channels that wait.
     */
    async outdated(
      limit: number,
      shard: ServerShare = { id: 0, count: 1 },
      waitingChannelIds: readonly string[] = [],
    ): Promise<readonly OutdatedMessage[]> {
      const { found, lines } = await database.read(async (connection) => {
        const found = await select(
          connection,
          captionMessages,
          sql`WHERE outdated > 0 AND ${isOfShard(shard)} AND NOT channel_id ${connection.among(waitingChannelIds)}
          ORDER BY posted_at_wall_ms LIMIT ${Math.max(0, limit)}`,
        );
        const ids = found.map(({ messageId }) => messageId);
        const lines = await selectLines(
          connection,
          sql`WHERE l.post_message_id ${connection.among(ids)} ORDER BY l.start_ms, l.id`,
        );
        return { found, lines: Map.groupBy(lines, ({ post }) => post?.messageId) };
      });
      return found.map(({ outdated, ...message }) => {
        return { message, lines: lines.get(message.messageId) ?? [], outdated };
      });
    },

    /** It shows what it should after so many erasures, a later one apart; undefined: it is gone. */
    async settled(messageId: string, outdated?: number): Promise<void> {
      await database.write((connection) =>
        connection.run(
          outdated === undefined
            ? sql`DELETE FROM caption_messages WHERE message_id = ${messageId}`
            : sql`UPDATE caption_messages SET outdated = 0
              WHERE message_id = ${messageId} AND outdated = ${outdated}`,
        ),
      );
    },
  };
}
