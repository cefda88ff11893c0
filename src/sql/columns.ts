import { toSnakeCase } from '#src/base/snake-case.ts';
export type SqlDialect = 'postgres' | 'sqlite';

type Kind =
  | 'flag'
  | 'id'
  | 'integer'
  | 'json'
  | 'key'
  | 'number'
  | 'terms'
  | 'text'
  | 'whole';

/** Column of a table: its kind, and whether it may be empty. Its value in TypeScript is a `Value`, undefined where it is empty. */
export type Column<Value = unknown> = {
  readonly kind: Kind;
  readonly isOptional?: true;
  /** The only texts that it takes. */
  readonly choices?: readonly string[];
  /** Never set: carries the type. */
  readonly value?: () => Value;
};

/** Columns by the names of their fields: `guildId` is the column `guild_id`. */
export type Columns = Readonly<Record<string, Column>>;

/** Row of these columns as a value: an empty column is an absent field. */
export type RowOf<Shape extends Columns> = {
  readonly [Name in keyof Shape as undefined extends ValueOf<Shape[Name]>
    ? never
    : Name]: ValueOf<Shape[Name]>;
} & {
  readonly [Name in keyof Shape as undefined extends ValueOf<Shape[Name]>
    ? Name
    : never]?: ValueOf<Shape[Name]>;
};

type ValueOf<One> = One extends Column<infer Value> ? Value : never;

const column = <Value>(kind: Kind): Column<Value> => ({ kind });

/** Id of Discord or of our own: text, compared byte by byte, since numbers over 2^53 lose digits. */
export const id = column<string>('id');
export const guildId = column<GuildId>('id');
export const channelId = column<ChannelId>('id');
export const personId = column<PersonId>('id');
export const messageId = column<MessageId>('id');
/** Text that people or providers wrote. U+0000 and half a surrogate pair become U+FFFD. */
export const text = column<string>('text');
/** Whole number from -2^31 to 2^31 - 1. */
export const integer = column<number>('integer');
/** Number with a fraction. */
export const number = column<number>('number');
/** Instant or duration in ms, with a fraction. */
export const instant = column<number>('number');
/** Whole number up to 2^53. */
export const whole = column<number>('whole');
/** Money in whole billionths of a dollar, up to 2^53. */
export const money = column<number>('whole');
export const flag = column<boolean>('flag');
/** A flag that is true or, in an optional column, absent. */
export const yes = column<true>('flag');
/** Key that the database gives to a new row: 1 or more. */
export const key = column<number>('key');
/** Key of a row of another table. */
export const reference = column<number>('whole');
/** Terms of a full-text index of PostgreSQL, as a literal of `tsvector`. */
export const terms = column<string>('terms');

/** A value that only our own code reads, as JSON. */
export function json<Value>(): Column<Value> {
  return column('json');
}

/** One of these texts. */
export function choice<const Choice extends string>(
  ...choices: readonly Choice[]
): Column<Choice> {
  return { kind: 'text', choices };
}

/** A column that may be empty. */
export function toOptional<Value>(one: Column<Value>): Column<Value | undefined> {
  return { ...one, value: undefined, isOptional: true };
}

/** Types of both databases, and codecs where a database may have another form of the value: a count of PostgreSQL is a text. */
type KindRules = {
  readonly sqlite: string;
  readonly postgres: string;
  readonly encode?: (value: unknown) => unknown;
  readonly decode?: (value: unknown) => unknown;
};

const whole64: KindRules = { sqlite: 'INTEGER', postgres: 'bigint', decode: Number };

/** Every kind of column, with its types and codecs in both databases. */
const kinds: Readonly<Record<Kind, KindRules>> = {
  id: { sqlite: 'TEXT', postgres: 'text COLLATE "C"' },
  text: { sqlite: 'TEXT', postgres: 'text' },
  integer: { sqlite: 'INTEGER', postgres: 'integer', decode: Number },
  number: { sqlite: 'REAL', postgres: 'double precision', decode: Number },
  whole: whole64,
  key: whole64,
  terms: { sqlite: 'TEXT', postgres: 'tsvector' },
  flag: { sqlite: 'INTEGER', postgres: 'boolean', decode: Boolean },
  json: {
    sqlite: 'TEXT',
    postgres: 'text',
    encode: JSON.stringify,
    decode: (value) => JSON.parse(String(value)), // as `encode` wrote it
  },
};

/** Name of the column of a field. */
export function toColumnName(field: string): string {
  return toSnakeCase(field);
}

/** Names of the columns of these fields; `before`: a table's alias with its dot. */
export function listColumnNames(fields: readonly string[], before = ''): string {
  return fields.map((field) => before + toColumnName(field)).join(', ');
}

/** Type of a column in its database, without its constraints. */
export function getColumnType({ kind }: Column, dialect: SqlDialect): string {
  return kinds[kind][dialect];
}

/** Field of a row as its column stores it. The database refuses an empty one that may not be. */
export function encodeField(field: string, column: Column, row: object): unknown {
  const value: unknown = Reflect.get(row, field);
  return value === undefined ? null : (kinds[column.kind].encode?.(value) ?? value);
}

/** Rows of a database as values. */
export function decodeRows<Shape extends Columns>(
  shape: Shape,
  rows: readonly Readonly<Record<string, unknown>>[],
): readonly RowOf<Shape>[] {
  const fields = Object.entries(shape).map(([field, { kind }]) => {
    return { field, name: toColumnName(field), decode: kinds[kind].decode };
  });
  return rows.map((row) => {
    const decoded: Record<string, unknown> = {};
    for (const { decode, field, name } of fields) {
      const stored = row[name] ?? undefined;
      if (stored !== undefined) decoded[field] = decode ? decode(stored) : stored;
    }
    return decoded as RowOf<Shape>; // each field by the kind of its column
  });
}
