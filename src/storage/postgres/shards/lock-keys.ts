/** Expression for the key of an advisory lock: one for each schema and bot. `$1` is the bot's id. */
export function lockKey(kind: 'shard' | 'process' | 'agreement', id: string): string {
  return `hashtextextended('parley:' || current_schema() || ':' || $1 || ':${kind}:' || ${id}, 0)`;
}

/** Query for the advisory locks that are held in this database: key and process id of the server's. */
export const heldLocks = `
  SELECT (classid::bigint << 32) | objid::bigint AS key, pid FROM pg_locks
  WHERE locktype = 'advisory' AND objsubid = 1 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
