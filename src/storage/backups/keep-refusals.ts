import { existsSync } from 'node:fs';
import { mostPeople } from '#src/conversation/settings/join-and-access-settings.ts';
import { none, readIds, shownIds } from '#src/conversation/settings/setting-definition.ts';
import { type DatabaseSync, openReadOnly } from '#src/sql/sqlite.ts';

const lockWaitMs = 10_000;

type StoredRow = Readonly<Record<string, string | number | null>>;

/** Rows that refuse something, by their table. */
const refusals: Readonly<Record<string, string>> = {
  consents: "kind = 'never'",
  left_out_of_captions: 'true',
  api_tokens: 'true',
  server_settings: "key IN ('blocked', 'consent', 'roles')",
};

type Refusals = ReadonlyMap<string, readonly StoredRow[]>;

/**
 * Takes every refusal of the store at `path` over into `target`, where an older permission may stand: each no, who is left
 * out of captions, who is blocked, stricter rules of servers. A token of `target` that the store at `path` does not hold any
 * more is revoked.
 *
 * How many; undefined where that store cannot be read. Errors: those of `target`.
 */
export function keepRefusals(
  target: DatabaseSync,
  path: string,
  nowWallMs: number,
): number | undefined {
  if (!existsSync(path)) return 0;
  const found = readRefusals(path);
  if (!found) return undefined;
  const of = (table: string) => found.get(table) ?? [];
  const people = ['consents', 'left_out_of_captions'].map((table) =>
    replaced(target, table, of(table)),
  );
  const tokens = keepTokens(target, of('api_tokens'), nowWallMs);
  const settings = of('server_settings').filter((row) => keepSetting(target, row)).length;
  return people.reduce((sum, count) => sum + count, tokens + settings);
}

/** Number of replaced rows. */
function replaced(target: DatabaseSync, table: string, rows: readonly StoredRow[]): number {
  const known = columnsOf(target, table);
  for (const row of rows) {
    const columns = Object.keys(row).filter((column) => known.includes(column));
    const values = columns.map(() => '?').join(', ');
    target
      .prepare(`REPLACE INTO ${table} (${columns.join(', ')}) VALUES (${values})`)
      .run(...columns.map((column) => row[column] ?? null));
  }
  return rows.length;
}

/**
 * Good afterwards are only secrets that are good in the store of before: where a token was made anew under its name, its
 * former secret may have leaked.
 */
function keepTokens(target: DatabaseSync, before: readonly StoredRow[], nowWallMs: number): number {
  const copied = target.prepare('SELECT name, hash, revoked_at_wall_ms FROM api_tokens').all();
  const isCopied = ({ name }: StoredRow) => copied.some((token) => token.name === name);
  const kept = before.filter((token) => token.revoked_at_wall_ms !== null || isCopied(token));
  replaced(target, 'api_tokens', kept);
  const names = new Set(before.map(({ name }) => name));
  const gone = copied.filter(
    ({ name, revoked_at_wall_ms }) => revoked_at_wall_ms === null && !names.has(String(name)),
  );
  const revoke = target.prepare('UPDATE api_tokens SET revoked_at_wall_ms = ? WHERE name = ?');
  for (const { name } of gone) revoke.run(nowWallMs, `${name}`);
  return kept.filter(({ revoked_at_wall_ms }) => revoked_at_wall_ms !== null).length + gone.length;
}

/** Whether the rule of before was stricter than that of the copy, and so was taken over. */
function keepSetting(target: DatabaseSync, row: StoredRow): boolean {
  const { guild_id, key, value } = row;
  const [guildId, name] = [`${guild_id}`, `${key}`];
  const sql = 'SELECT value FROM server_settings WHERE guild_id = ? AND key = ?';
  const copied = target.prepare(sql).get(guildId, name)?.value;
  const strict = stricter(name, `${value}`, copied === undefined ? undefined : `${copied}`);
  if (strict === undefined || strict === copied) return false;
  replaced(target, 'server_settings', [{ ...row, value: strict }]);
  return true;
}

/** The stricter of two values of a setting, or what both forbid; undefined: that of the copy stands. */
function stricter(key: string, before: string, copied: string | undefined): string | undefined {
  switch (key) {
    case 'blocked': {
      const ids = [before, copied ?? none].flatMap(
        (words) => readIds(words, 'person', mostPeople) ?? [],
      );
      return ids.length === 0 ? undefined : shownIds([...new Set(ids)].slice(0, mostPeople));
    }
    case 'roles':
      return before === none ? undefined : before;
    case 'consent':
      return before === 'notice' || copied === 'ask' ? undefined : before;
    default:
      return undefined;
  }
}

function readRefusals(path: string): Refusals | undefined {
  try {
    using sqlite = openReadOnly(path, lockWaitMs);
    const tables = Object.entries(refusals).filter(
      ([table]) => columnsOf(sqlite, table).length > 0,
    );
    return new Map(
      tables.map(([table, where]) => [
        table,
        // STRICT tables of texts and numbers.
        sqlite.prepare(`SELECT * FROM ${table} WHERE ${where}`).all() as StoredRow[],
      ]),
    );
  } catch {
    return undefined;
  }
}

/** None where there is no such table. */
function columnsOf(sqlite: DatabaseSync, table: string): readonly string[] {
  const sql = 'SELECT name FROM pragma_table_info(?)';
  return sqlite
    .prepare(sql)
    .all(table)
    .map(({ name }) => String(name));
}
