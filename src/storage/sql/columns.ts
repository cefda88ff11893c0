export type SqlDialect = 'postgres' | 'sqlite';

type Kind =
  | 'bytes'
  | 'flag'
  | 'id'
  | 'instant'
  | 'integer'
  | 'json'
  | 'key'
  | 'money'
  | 'number'
  | 'text'
  | 'whole';

/** Column of a table: its kind, and whether it may be empty. Its value in TypeScript is a `Value`. */
export type Column<Value = unknown, IsOptional extends boolean = boolean> = {
  readonly kind: Kind;
  readonly isOptional: IsOptional;
  /** The only texts that it takes. */
  readonly choices?: readonly string[];
  /** Never set: carries the type. */
  readonly value?: Value;
};

/** Columns by the names of their fields: `guildId` is the column `guild_id`. */
export type Columns = Readonly<Record<string, Column>>;

/** Row of these columns as a value: an empty column is an absent field, or `Empty`. */
export type RowOf<Shape extends Columns, Empty = never> = {
  readonly [Name in keyof Shape as Shape[Name] extends Column<unknown, false>
    ? Name
    : never]: ValueOf<Shape[Name]>;
} & {
  readonly [Name in keyof Shape as Shape[Name] extends Column<unknown, false> ? never : Name]?:
    | ValueOf<Shape[Name]>
    | Empty;
};

type ValueOf<One> = One extends Column<infer Value> ? Value : never;

const column = <Value>(kind: Kind): Column<Value, false> => ({ kind, isOptional: false });

/** Id of Discord or of our own: text, compared byte by byte, since numbers over 2^53 lose digits. */
export const id = column<string>('id');
/** Text that people or providers wrote. It may hold any character, U+0000, too. */
export const text = column<string>('text');
/** Whole number from -2^31 to 2^31 - 1. */
export const integer = column<number>('integer');
/** Number with a fraction. */
export const number = column<number>('number');
/** Instant or duration in ms, with a fraction. */
export const instant = column<number>('instant');
/** Whole number up to 2^53. */
export const whole = column<number>('whole');
/** Money in whole billionths of a dollar, up to 2^53. */
export const money = column<number>('money');
export const flag = column<boolean>('flag');
export const bytes = column<Uint8Array>('bytes');
/** Key that the database gives to a new row: 1 or more. */
export const key = column<number>('key');

/** A value that only our own code reads, as JSON. */
export function json<Value>(): Column<Value, false> {
  return column<Value>('json');
}

/** One of these texts. */
export function oneOf<const Choice extends string>(
  ...choices: readonly Choice[]
): Column<Choice, false> {
  return { ...column<Choice>('text'), choices };
}

/** A column that may be empty. */
export function optional<Value>(one: Column<Value, false>): Column<Value, true> {
  return { ...one, isOptional: true };
}

/** Types of both databases, and the two codecs. */
type KindRules = {
  readonly sqlite: string;
  readonly postgres: string;
  readonly encode?: (value: unknown, dialect: SqlDialect) => unknown;
  readonly decode?: (value: unknown) => unknown;
};

const plainText = { sqlite: 'TEXT', postgres: 'text', decode: String } as const;
const anyNumber = { sqlite: 'REAL', postgres: 'double precision', decode: Number } as const;
const bigWhole = { sqlite: 'INTEGER', postgres: 'bigint', decode: Number } as const;

/** Every kind of column, with its types and codecs in both databases. */
const kinds: Readonly<Record<Kind, KindRules>> = {
  id: { ...plainText, postgres: 'text COLLATE "C"' },
  text: plainText,
  integer: { ...bigWhole, postgres: 'integer' },
  number: anyNumber,
  instant: anyNumber,
  whole: bigWhole,
  money: bigWhole,
  key: bigWhole,
  flag: {
    sqlite: 'INTEGER',
    postgres: 'boolean',
    decode: (value) => value === true || value === 1,
  },
  bytes: { sqlite: 'BLOB', postgres: 'bytea', decode: bytesOf },
  json: {
    ...plainText,
    encode: (value) => JSON.stringify(value),
    decode: (value) => JSON.parse(String(value)), // as `encode` wrote it
  },
};

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  throw new TypeError('A column of bytes holds something else.');
}

/** Name of the column of a field. */
export function columnName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Type of a column in its database, without its constraints. */
export function columnType({ kind }: Column, dialect: SqlDialect): string {
  return kinds[kind][dialect];
}

/** Value as its column stores it; undefined is an empty column. */
export function encodeValue({ kind }: Column, value: unknown, dialect: SqlDialect): unknown {
  if (value === undefined) return null;
  return kinds[kind].encode?.(value, dialect) ?? value;
}

/** Row of a database as a value. Errors: TypeError where a column that is never empty is. */
export function decodeRow<Shape extends Columns>(
  shape: Shape,
  row: Readonly<Record<string, unknown>>,
): RowOf<Shape> {
  const decoded: Record<string, unknown> = {};
  for (const [field, { isOptional, kind }] of Object.entries(shape)) {
    const value = row[columnName(field)];
    if (value !== null && value !== undefined)
      decoded[field] = kinds[kind].decode?.(value) ?? value;
    else if (!isOptional) throw new TypeError(`The column ${columnName(field)} is empty.`);
  }
  return decoded as RowOf<Shape>; // each field by the kind of its column
}
