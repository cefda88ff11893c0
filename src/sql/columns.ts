import type { ChannelId, GuildId, MessageId, PersonId } from '#src/base/ids.ts';
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

/** Undefined is an empty value. */
export type Column<Value = unknown> = {
  readonly kind: Kind;
  readonly isOptional?: true;
  /** Accepted texts. */
  readonly choices?: readonly string[];
  /** Carries the type only. */
  readonly value?: () => Value;
};

/** The field `guildId` is the column `guild_id`. */
export type Columns = Readonly<Record<string, Column>>;

/** An empty column is an absent field. */
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

/** Id as text, since numbers above 2^53 lose digits. */
export const id = column<string>('id');
export const guildId = column<GuildId>('id');
export const channelId = column<ChannelId>('id');
export const personId = column<PersonId>('id');
export const messageId = column<MessageId>('id');
/** Text of people or providers. U+0000 and lone surrogates become U+FFFD. */
export const text = column<string>('text');
export const integer = column<number>('integer');
/** Number with a fraction. */
export const number = column<number>('number');
export const instant = column<number>('number');
/** Whole number up to 2^53. */
export const whole = column<number>('whole');
/** Billionths of a dollar, up to 2^53. */
export const money = column<number>('whole');
export const flag = column<boolean>('flag');
/** True or absent. */
export const yes = column<true>('flag');
export const key = column<number>('key');
export const reference = column<number>('whole');
/** Literal of `tsvector`. */
export const terms = column<string>('terms');

/** Declares a column of JSON that only our code reads. */
export function json<Value>(): Column<Value> {
  return column('json');
}

/** Declares a column that holds one of these texts. */
export function choice<const Choice extends string>(
  ...choices: readonly Choice[]
): Column<Choice> {
  return { kind: 'text', choices };
}

export function toOptional<Value>(one: Column<Value>): Column<Value | undefined> {
  return { ...one, value: undefined, isOptional: true };
}

/** Types and codecs of both databases. */
type KindRules = {
  readonly sqlite: string;
  readonly postgres: string;
  readonly encode?: (value: unknown) => unknown;
  readonly decode?: (value: unknown) => unknown;
};

const whole64: KindRules = { sqlite: 'INTEGER', postgres: 'bigint', decode: Number };

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

/** Names of columns by field, which every statement asks for. */
const columnNames = new Map<string, string>();

export function toColumnName(field: string): string {
  const name = columnNames.get(field) ?? toSnakeCase(field);
  columnNames.set(field, name);
  return name;
}

/** `before` is an alias with a dot. */
export function listColumnNames(fields: readonly string[], before = ''): string {
  return fields.map((field) => before + toColumnName(field)).join(', ');
}

export function getColumnType({ kind }: Column, dialect: SqlDialect): string {
  return kinds[kind][dialect];
}

export function encodeField(field: string, column: Column, row: object): unknown {
  const value: unknown = Reflect.get(row, field);
  // The database refuses an empty value in a required column.
  return value === undefined ? null : (kinds[column.kind].encode?.(value) ?? value);
}

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
