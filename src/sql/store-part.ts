import type { StoreDatabase } from './store-database.ts';
import type { Table } from './table.ts';

export type StorePart<Port> = {
  readonly tables: readonly Table[];
  /** Opens the store of a part. `all` holds the tables of all parts. */
  open(database: StoreDatabase, all: readonly Table[]): Port;
};

/** Names a store outside the main one. */
export class StoreKey<Port> {
  declare readonly port: Port;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}
