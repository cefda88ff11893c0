import { expect, test } from 'vitest';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { newestOfAll, newestOfEach } from '#src/features/captions/store/fts5-index.ts';
import { lineId, sessionKeyOf } from '#src/features/captions/store/line-tables.ts';
import { termOf } from '#src/features/captions/store/search-tokeniser.ts';
import { DatabaseSync, SqliteConnection } from '#src/sql/sqlite.ts';
import { migrate } from '#src/storage/schema.ts';
import { migrations } from '#src/storage/transcripts/schema.ts';

type IndexedLine = { readonly id: number; readonly words: readonly string[] };

const words = ['the', 'ship', 'sails', 'home'];
const terms = (...of: readonly string[]) => of.map((word) => termOf(1, word));
const [sessions, linesEach] = [70, 90];

/** An index of sessions, each word in 60 % of their lines, and what it holds, the newest first. */
function openIndex() {
  const sqlite = new DatabaseSync(':memory:');
  migrate(sqlite, ':memory:', migrations);
  const random = seededRandom(5);
  const insert = sqlite.prepare('INSERT INTO line_words (rowid, words) VALUES (?, ?)');
  const lines: IndexedLine[] = [];
  sqlite.exec('BEGIN');
  for (let key = 1; key <= sessions; key++) {
    for (let number = 1; number <= linesEach; number++) {
      const line = { id: lineId(key, number), words: words.filter(() => random() < 0.6) };
      insert.run(line.id, terms(...line.words).join(' '));
      lines.push(line);
    }
  }
  sqlite.exec('COMMIT');
  return { sqlite, lines: lines.toReversed() };
}

test.each([
  ['one old session', [3]],
  ['the first and the last session', [sessions, 1]],
  ['a day of sessions', Array.from({ length: 24 }, (_, n) => 40 - n)],
  ['every other session', Array.from({ length: sessions / 2 }, (_, n) => sessions - 2 * n)],
  ['no session', []],
] as const)(
  'both ways through the index find the same lines of %s in the same order',
  async (_, keys) => {
    const { sqlite, lines } = openIndex();
    const connection = new SqliteConnection(sqlite, '', () => 0);
    const known = new Set<number>(keys);
    for (const sought of [['the'], ['ship', 'home'], words, ['the', 'never']]) {
      const expected = lines
        .filter((line) => known.has(sessionKeyOf(line.id)))
        .filter((line) => sought.every((word) => line.words.includes(word)))
        .map(({ id }) => id);
      for (const walk of [newestOfEach, newestOfAll]) {
        const portions = await Array.fromAsync(walk(connection, terms(...sought), keys));
        expect(portions.flat()).toEqual(expected);
      }
    }
    sqlite.close();
  },
);
