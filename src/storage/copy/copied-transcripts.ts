import { termsLiteral } from '#src/storage/postgres/transcripts/line-puts.ts';
import { transcriptsPart } from '#src/storage/postgres/transcripts/schema.ts';
import type { DatabaseSync } from '#src/storage/sqlite.ts';
import { renewWords } from '#src/storage/transcripts/eraser.ts';
import { transcriptsFormat } from '#src/storage/transcripts/local-transcripts.ts';
import { type Row, sessionKeyOf } from '#src/storage/transcripts/rows.ts';
import { transcriptsPath } from '#src/storage/transcripts/transcript-store.ts';
import type { CopiedPart } from './copied-part.ts';

const guildKeySql = `
  SELECT guilds.key FROM sessions JOIN guilds USING (guild_id) WHERE sessions.key = ?`;

/** What is written next has keys that are not there yet. */
const nextKeys = ['guilds', 'sessions'].map(
  (table) =>
    `SELECT setval(pg_get_serial_sequence('${table}', 'key'), (SELECT coalesce(max(key), 0) + 1 FROM ${table}), false)`,
);

/** Transcripts and memories. Both sides index the words of their lines anew. */
export const copiedTranscripts: CopiedPart = {
  name: 'transcripts',
  file: transcriptsPath,
  format: transcriptsFormat,
  schema: transcriptsPart,
  forms: {},
  isOfFileOnly: (table) => table === 'unscrubbed' || table.startsWith('line_words'),
  additions: { lines: { name: 'terms', type: 'tsvector', of: termsOf } },
  complete: {
    sqlite: completeFile,
    async postgres(connection) {
      for (const sql of nextKeys) await connection.rows(sql);
    },
  },
};

/** Words of a line, behind the key of its server. */
function termsOf({ id, text }: Row, sqlite: DatabaseSync): string {
  const guild = sqlite.prepare(guildKeySql).get(sessionKeyOf(Number(id)));
  return termsLiteral(Number(guild?.key), String(text));
}

/** What was replaced may still lie in unused bytes: the next erasure, of nothing too, writes the file anew. */
function completeFile(sqlite: DatabaseSync): void {
  renewWords(sqlite);
  sqlite.exec('INSERT OR IGNORE INTO unscrubbed VALUES (1)');
}
