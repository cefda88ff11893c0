import sql, { raw } from 'sql-template-tag';
import { expect, test } from 'vitest';
import {
  bytes,
  choice,
  flag,
  id,
  instant,
  integer,
  json,
  key,
  money,
  number,
  type RowOf,
  text,
  toColumnName,
  toOptional,
  whole,
} from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import { defineTable, selectRows, toReplaceClause } from '#src/sql/table.ts';

export type OpenedKinds = AsyncDisposable & {
  readonly connection: Connection;
  /** Wall clock of the database, in ms. */
  readonly wallMs: () => number;
};

/** Opens a connection to a database that has the tables of this contract, which are empty. */
export type OpenKinds = () => Promise<OpenedKinds>;

const kindRules = { person: [], server: 'nothing', restored: 'all' } as const;

/** Table with a column of each kind, and one that may be empty. */
const samples = defineTable(
  'samples',
  {
    id,
    text,
    integer,
    number,
    instant,
    money,
    whole,
    flag,
    json: json(),
    choice: choice('up', 'down'),
    bytes,
    otherText: toOptional(text),
  },
  { key: ['id'], ...kindRules },
);
/** Table whose database gives the keys. */
const numberedTable = defineTable(
  'numbered',
  { key, text },
  { key: ['key'], ...kindRules },
);
/** Table of a single column. */
const names = defineTable('names', { id }, { key: ['id'], ...kindRules });

export const kindTables = [samples, numberedTable, names];

type Sample = RowOf<typeof samples.columns>;
type Field = keyof Sample & string;

const plainTable: Sample = {
  id: '1',
  text: 'tea',
  integer: 1,
  number: 0.5,
  instant: 1_795_190_400_123.5,
  money: 1,
  whole: 1,
  flag: true,
  json: [1],
  choice: 'up',
  bytes: Uint8Array.of(0, 255),
};

const maxWhole = Number.MAX_SAFE_INTEGER;
const nestedTable = {
  list: [1, -0.5, null, [], {}, [['deep']]],
  '': 'empty',
  'a"b': '\0 🍵',
};
const texts = [
  '',
  ' ',
  'NULL',
  "'; DROP TABLE samples; --",
  'one\r\ntwo\ttabs\x1a',
  '👩‍👩‍👧\uffff\u202e',
  'x'.repeat(2 ** 20),
];

/** Values that come back as they were written, by kind. */
const keptValues: Partial<Record<Field, readonly unknown[]>> = {
  id: ['9007199254740993', '18446744073709551615', '000123', '', '\x1a', '🍵'],
  text: texts,
  integer: [0, -1, 2 ** 31 - 1, -(2 ** 31)],
  number: [
    0.1 + 0.2,
    -1.5,
    5e-324,
    Number.MAX_VALUE,
    2 ** 53 + 2,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ],
  instant: [0, -62_135_596_800_000, 8.64e15, -0.25, 1_795_190_400_123.456],
  money: [0, -1, maxWhole, -maxWhole],
  whole: [0, -1, maxWhole, -maxWhole],
  flag: [false, true],
  choice: ['up', 'down'],
  bytes: [
    new Uint8Array(),
    Uint8Array.of(0),
    Uint8Array.from({ length: 2 ** 20 }, (_, n) => n),
  ],
};
const keptJsonValues: readonly unknown[] = [
  nestedTable,
  null,
  '',
  'null',
  0,
  false,
  [],
];

/** Every kind of column does the same in both databases. */
export function testColumnKinds(name: string, open: OpenKinds) {
  testKeptValues(name, open);
  testRefusedValues(name, open);
  testInsertedRows(name, open);
  testFoundRows(name, open);
}

function testKeptValues(name: string, open: OpenKinds) {
  for (const [field, values] of Object.entries(keptValues))
    test(`${name}: a column of the kind ${field} keeps extreme values, and a condition finds them`, async () => {
      await using opened = await open();
      const { connection } = opened;
      for (const value of values) {
        expect(await storeAndRead(connection, field, value)).toStrictEqual(value);
        const condition = sql`${raw(toColumnName(field))} = ${value as string}`;
        expect(await findTexts(connection, condition)).toHaveLength(1);
      }
    });

  test(`${name}: U+0000 and half a surrogate pair become U+FFFD, and are found so`, async () => {
    await using opened = await open();
    const { connection } = opened;
    expect(await storeAndRead(connection, 'text', 'a\0b\ud800')).toBe('a\ufffdb\ufffd');
    expect(await findTexts(connection, sql`text = ${'a\0b\ud800'}`)).toEqual(['1']);
    expect(
      await findTexts(connection, sql`text ${connection.among(['a\0b\ud800'])}`),
    ).toEqual(['1']);
  });

  test(`${name}: JSON keeps what JSON can hold`, async () => {
    await using opened = await open();
    for (const value of keptJsonValues)
      expect(await storeAndRead(opened.connection, 'json', value)).toEqual(value);
    expect(
      await storeAndRead(opened.connection, 'json', { a: undefined, b: [undefined] }),
    ).toEqual({
      b: [null],
    });
  });
}

function testRefusedValues(name: string, open: OpenKinds) {
  test(`${name}: a column of choices takes no other text, and no row is written`, async () => {
    await using opened = await open();
    await expect(storeAndRead(opened.connection, 'choice', 'left')).rejects.toThrow(
      /check constraint/i,
    );
    expect(await findTexts(opened.connection, sql`TRUE`)).toEqual([]);
  });
}

function testInsertedRows(name: string, open: OpenKinds) {
  test(`${name}: a row with the key of another one is left out, takes its place, or fails, as told`, async () => {
    await using opened = await open();
    const { connection } = opened;
    const next = { ...plainTable, text: 'coffee', otherText: 'late' };
    const nothing = sql`ON CONFLICT DO NOTHING`;
    expect(await connection.insert(samples, [plainTable], nothing)).toBe(1);
    expect(
      await connection.insert(samples, [next, { ...plainTable, id: '2' }], nothing),
    ).toBe(1);
    expect(await readTexts(connection)).toEqual(['tea', 'tea']);
    const never = sql`${toReplaceClause(samples)} WHERE samples.money > ${5}`;
    expect(await connection.insert(samples, [next], never)).toBe(0);
    expect(await connection.insert(samples, [next], toReplaceClause(samples))).toBe(1);
    expect(await selectRows(connection, samples, sql`WHERE id = ${'1'}`)).toStrictEqual(
      [next],
    );
    expect(
      await connection.insert(samples, [plainTable], toReplaceClause(samples)),
    ).toBe(1);
    expect(await selectRows(connection, samples, sql`WHERE id = ${'1'}`)).toStrictEqual(
      [plainTable],
    );
    await expect(connection.insert(samples, [plainTable])).rejects.toThrow(/unique/i);
    expect(await connection.insert(names, [{ id: 'a' }, { id: 'b' }], nothing)).toBe(2);
    expect(await connection.insert(names, [{ id: 'b' }, { id: 'c' }], nothing)).toBe(1);
  });
}

function testFoundRows(name: string, open: OpenKinds) {
  test(`${name}: a list is looked for with one text, however long it is`, async () => {
    await using opened = await open();
    const { connection } = opened;
    const rows = Array.from({ length: 50 }, (_, n) => {
      return { ...plainTable, id: `${n}`.padStart(5, '0'), integer: n - 500 };
    });
    await connection.insert(samples, rows);
    const listIds = (values: readonly string[]) =>
      findTexts(connection, sql`id ${connection.among(values)}`);
    expect(await listIds([])).toEqual([]);
    expect(await listIds(['00007'])).toEqual(['00007']);
    expect(await listIds(['00007', '7', '00009', '00007'])).toEqual(['00007', '00009']);
    const many = Array.from({ length: 10_000 }, (_, n) => `${n}`.padStart(5, '0'));
    expect(await listIds(many)).toHaveLength(50);
    const whole = Array.from({ length: 10_000 }, (_, n) => n - 600);
    expect(
      await findTexts(connection, sql`integer ${connection.among(whole)}`),
    ).toHaveLength(50);
    expect(connection.among(many).sql).toBe(connection.among([]).sql);
  });

  test(`${name}: now is an instant of the clock of the database, in every place of a statement`, async () => {
    await using opened = await open();
    const { connection, wallMs } = opened;
    const beforeMs = Math.floor(wallMs());
    await connection.insert(samples, [plainTable]);
    await connection.run(sql`UPDATE samples SET instant = ${connection.now}`);
    const [row] = await selectRows(
      connection,
      samples,
      sql`WHERE instant <= ${connection.now}`,
    );
    expect(row?.instant).toBeGreaterThanOrEqual(beforeMs);
    expect(row?.instant).toBeLessThanOrEqual(wallMs() + 1);
  });
}

/** Value of a field of the only row, as read after it was written. */
async function storeAndRead(connection: Connection, field: string, value: unknown) {
  await connection.run(sql`DELETE FROM samples`);
  await connection.insert(samples, [{ ...plainTable, [field]: value } as Sample]);
  const [row] = await selectRows(connection, samples, sql``);
  return row && Reflect.get(row, field);
}

/** Ids of the rows that a condition finds. */
async function findTexts(connection: Connection, condition: ReturnType<typeof raw>) {
  const rows = await connection.rows(
    { id },
    sql`SELECT id FROM samples WHERE ${condition} ORDER BY id`,
  );
  return rows.map((row) => row.id);
}

async function readTexts(connection: Connection) {
  return (await selectRows(connection, samples, sql`ORDER BY id`)).map(
    (row) => row.text,
  );
}
