const sqlite = process.getBuiltinModule('node:sqlite');

/** Node's own SQLite, taken from the process because the linter's list of Node's modules lacks it. */
export const DatabaseSync = sqlite.DatabaseSync;
export type DatabaseSync = InstanceType<typeof DatabaseSync>;
export type Statement = ReturnType<DatabaseSync['prepare']>;
