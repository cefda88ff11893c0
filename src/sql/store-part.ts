import { eraseMs, type StoreDatabase } from './store-database.ts';
import type { Table } from './table.ts';

/** Error code of an operation that failed. */
export type StoreCode = 'store.unreadable' | 'store.unwritable';

export type OperationRules = {
  /** Error code of its failures. */
  readonly code: StoreCode;
  /** Longest time, in ms, until it is answered; a caller may give up earlier. */
  readonly timeoutMs: number;
};

const usualMs = 10_000;
/** Rules of usual operations: of one that reads, one that writes, and one that erases. */
export const reads: OperationRules = { code: 'store.unreadable', timeoutMs: usualMs };
export const writes: OperationRules = { code: 'store.unwritable', timeoutMs: usualMs };
export const erases: OperationRules = { code: 'store.unwritable', timeoutMs: eraseMs };

/** Part of a store: its tables, the class over them, and its operations. */
export type StorePart<Port> = {
  /** Tables of both databases. */
  readonly tables: readonly Table[];
  /** Every operation of the class: arguments and results are data, so that they can cross threads. */
  readonly operations: { readonly [Name in keyof Port & string]: OperationRules };
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
