import type { StoreDatabase } from './store-database.ts';
import type { Table } from './table.ts';

/** Part of a store: its tables, and what is open of them. */
export type StorePart<Port> = {
  /** Tables of both databases. */
  readonly tables: readonly Table[];
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
