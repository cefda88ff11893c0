import type { StoreDatabase } from './store-database.ts';
import type { Table } from './table.ts';

/** One part of the main store: its tables, and the port over them. */
export interface StorePart<Port> {
  readonly tables: readonly Table[];
  /** Opens the store of the part. `allTables` holds the tables of all parts. */
  open(database: StoreDatabase, allTables: readonly Table[]): Port;
}

/** Names a store outside the main one. */
export class StoreKey<Port> {
  declare readonly port: Port;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}
