import { createHash } from 'node:crypto';
import type { Migration } from '#src/storage/schema.ts';
import { mainStore, transcripts } from '#src/storage/store-kinds.ts';

/**
 * Versions with the beginning of the SHA-256 of their SQL. A declaration of a table changes the migration that creates it: before a
 * release the new hash stands here, after it the declaration needs a further migration.
 */
const known: readonly (readonly [string, readonly Migration[], readonly string[]])[] = [
  [
    'parley.db',
    mainStore.sqlite,
    [
      '15 ba3baeaab308115f',
      '17 5b4b7e1d2949f780',
      '18 7f3df392d89fb151',
      '20 077f553afce186fc',
      '21 2f0d82fdbdd9b6b2',
      '22 e5e238218be523cc',
      '23 476b9120e3b5166a',
      '24 f6c61eac75d25941',
      '25 c60ca0fed33fd7ff',
      '26 1771949afac3892b',
    ],
  ],
  [
    'the store in PostgreSQL',
    mainStore.postgres,
    [
      '15 0d1b88e1bc93a622',
      '17 5beac65b3f4862eb',
      '18 7f3df392d89fb151',
      '20 13899ba0b87bbaf0',
      '21 289d801bfefa4124',
      '22 e993fff99ed703b3',
      '23 93c0f208aaca4a1b',
      '24 0a999502eab0a6fa',
      '25 b0e5bf68de9be91a',
      '26 d5f4f792dd215da2',
    ],
  ],
  [
    'transcripts.db',
    transcripts.sqlite,
    [
      '3 6231e7184a9211be',
      '5 d152c9bda4940ca9',
      '6 ced251286a6adddd',
      '7 6dc719900f1eb8ac',
    ],
  ],
  [
    'transcripts in PostgreSQL',
    transcripts.postgres,
    [
      '3 eb141597a79062c9',
      '5 665d3d4050b15216',
      '6 59e8fea6a8080318',
      '7 509b65b76e30db3c',
    ],
  ],
];

test.each(known)(
  'the migrations of %s are those that were known',
  (_, allMigrations, hashes) => {
    const now = allMigrations.map(({ version, sql }) => {
      return `${version} ${createHash('sha256').update(sql).digest('hex').slice(0, 16)}`;
    });
    expect(now).toEqual(hashes);
  },
);
