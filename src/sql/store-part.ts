import type { StoreDatabase } from './store-database.ts';
import type { Table } from './table.ts';

/** Error code of an operation that failed. */
export type StoreCode = 'store.unreadable' | 'store.unwritable';

/** Error codes of an operation that reads, and of one that writes. */
export const reads = 'store.unreadable';
export const writes = 'store.unwritable';

/** Part of a store: its tables, the class over them, and its operations. */
export type StorePart<Port> = {
  /** Tables of both databases. */
  readonly tables: readonly Table[];
  /** Every operation of the class, with the code of its failures: arguments and results are data, so that they can cross threads. */
  readonly operations: { readonly [Name in keyof Port & string]: StoreCode };
  /** `all`: the tables of all parts. */
  open(database: StoreDatabase, all: readonly Table[]): Port;
};

/** Name of an open store that is no part of the main one. */
export class StoreKey<Port> {
  declare readonly port: Port;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** A part of a store whose operations are all declared. */
export function storePart<Port>(part: StorePart<Port>): StorePart<Port> {
  return part;
}
