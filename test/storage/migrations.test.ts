import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { migrations } from '#src/storage/main-format.ts';
import { storesPart } from '#src/storage/postgres/stores/schema.ts';
import { transcriptsPart } from '#src/storage/postgres/transcripts/schema.ts';
import type { Migration } from '#src/storage/schema.ts';
import { migrations as transcriptMigrations } from '#src/storage/transcripts/schema.ts';

/**
 * Versions with the beginning of the SHA-256 of their SQL. A declaration of a table changes the migration that creates it: before a
 * release the new hash stands here, after it the declaration needs a further migration.
 */
const known: readonly (readonly [string, readonly Migration[], readonly string[]])[] = [
  ['parley.db', migrations, ['15 dff74316c6093b75', '16 788aecbcbe88858a', '17 dc5c8ed963e5d863']],
  [
    'the store in PostgreSQL',
    storesPart.migrations,
    ['15 800189194c658fea', '16 479e9b274eac96ab', '17 8815bc8e0cb7995e'],
  ],
  ['transcripts.db', transcriptMigrations, ['3 ec4ec98e37c5b563', '4 3f5d35c3514a66e3']],
  ['transcripts in PostgreSQL', transcriptsPart.migrations, ['3 6cdec9c24c1edb89']],
];

test.each(known)('the migrations of %s are those that were known', (_, all, hashes) => {
  const now = all.map(({ version, sql }) => {
    const hash = createHash('sha256').update(sql).digest('hex');
    return `${version} ${hash.slice(0, 16)}`;
  });
  expect(now).toEqual(hashes);
});
