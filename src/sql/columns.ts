import type { ChannelId, GuildId, MessageId, PersonId } from '#src/base/ids.ts';
import type { ChosenLanguage } from '#src/base/language/expected-language.ts';
import { toSnakeCase } from '#src/base/snake-case.ts';

export type SqlDialect = 'postgres' | 'sqlite';

type Kind =
  | 'bytes'
  | 'flag'
  | 'id'
  | 'integer'
  | 'json'
  | 'key'
  | 'number'
  | 'terms'
  | 'text'
  | 'whole';

/** One column of a table. `Value` is the type of its field, undefined for an empty column. */
export type Column<Value = unknown> = {
  readonly kind: Kind;
  readonly isOptional?: true;
  /** Accepted texts. */
  readonly choices?: readonly string[];
  /** Carries the type only. */
  readonly value?: () => Value;
};

export type OptionalColumn<Value> = Column<Value | undefined> & {
  readonly isOptional: true;
};

/**
 * Columns of rows of a type, in which an optional field has an optional column.
 *
 * @example
 * import type { PersonId } from '#src/base/ids.ts';
 * import { type ColumnsOf, personId, text, toOptional } from '#src/sql/columns.ts';
 *
 * type Greeting = { readonly personId: PersonId; readonly words?: string };
 * const columns: ColumnsOf<Greeting> = { personId, words: toOptional(text) };
 * Object.keys(columns); // ['personId', 'words']
 */
export type ColumnsOf<Row> = {
  readonly [Field in keyof Row]-?: undefined extends Row[Field]
    ? OptionalColumn<Row[Field]>
    : Column<Row[Field]>;
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

type ValueOf<Shape> = Shape extends Column<infer Value> ? Value : never;

function defineColumn<Value>(kind: Kind): Column<Value> {
  return { kind };
}

/** Id as text, since numbers above 2^53 lose digits. */
export const id: Column<string> = defineColumn('id');
export const guildId: Column<GuildId> = defineColumn('id');
export const channelId: Column<ChannelId> = defineColumn('id');
export const personId: Column<PersonId> = defineColumn('id');
export const messageId: Column<MessageId> = defineColumn('id');
/** Text of people or providers. U+0000 and lone surrogates become U+FFFD. */
export const text: Column<string> = defineColumn('text');
/** Language that a person set. */
export const chosenLanguage: Column<ChosenLanguage> = defineColumn('text');
export const integer: Column<number> = defineColumn('integer');
/** Number with a fraction. */
export const number: Column<number> = defineColumn('number');
export const instant: Column<number> = defineColumn('number');
/** Whole number up to 2^53. */
export const whole: Column<number> = defineColumn('whole');
/** Billionths of a dollar, up to 2^53. */
export const money: Column<number> = defineColumn('whole');
export const flag: Column<boolean> = defineColumn('flag');
/** True or absent. */
export const yes: Column<true> = defineColumn('flag');
/** Bytes of a file. A list of a person's rows leaves them out. */
export const bytes: Column<Uint8Array> = defineColumn('bytes');
export const key: Column<number> = defineColumn('key');
export const reference: Column<number> = defineColumn('whole');
/** Literal of `tsvector`. */
export const terms: Column<string> = defineColumn('terms');

/** Declares a column of JSON that only our code reads. */
export function json<Value>(): Column<Value> {
  return defineColumn('json');
}

/** Declares a column that holds one of these texts. */
export function choice<const Choice extends string>(
  ...choices: readonly Choice[]
): Column<Choice> {
  return { kind: 'text', choices };
}

/** Returns the column for a field that may be absent. */
export function toOptional<Value>(required: Column<Value>): OptionalColumn<Value> {
  return { ...required, value: undefined, isOptional: true };
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
  bytes: {
    sqlite: 'BLOB',
    postgres: 'bytea',
    decode: (value) => Uint8Array.from(value as Uint8Array), // as both databases give bytes
  },
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

/** Lists columns for SQL. `prefix` is the alias of a table with a dot, as `l.`. */
export function listColumnNames(fields: readonly string[], prefix = ''): string {
  return fields.map((field) => prefix + toColumnName(field)).join(', ');
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
