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
  [
    'parley.db',
    migrations,
    [
      '15 4f6147c447930b9c',
      '16 788aecbcbe88858a',
      '17 7f42c6a764347e18',
      '18 7f3df392d89fb151',
      '19 f51eb91a4dffa250',
    ],
  ],
  [
    'the store in PostgreSQL',
    storesPart.migrations,
    [
      '15 8f3b2afa31f8f106',
      '16 479e9b274eac96ab',
      '17 9b5a368a35169b41',
      '18 7f3df392d89fb151',
      '19 add550757bd60e61',
    ],
  ],
  ['transcripts.db', transcriptMigrations, ['3 6edc9ce372530574', '5 320a714d6e64e2e0']],
  [
    'transcripts in PostgreSQL',
    transcriptsPart.migrations,
    ['3 4b2223e9326471a0', '5 3db51a0013ed5b3a'],
  ],
];

test.each(known)('the migrations of %s are those that were known', (_, all, hashes) => {
  const now = all.map(({ version, sql }) => {
    const hash = createHash('sha256').update(sql).digest('hex');
    return `${version} ${hash.slice(0, 16)}`;
  });
  expect(now).toEqual(hashes);
});
