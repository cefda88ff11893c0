import { basename } from 'node:path';
import { type Finding, missing, ok } from '#src/probes/probe.ts';
import { type DataDirOwner, dataDirOwner } from '#src/storage/data-dir/data-dir-lock.ts';
import { type StoreFile, storeFiles } from '#src/storage/data-dir/store-files.ts';
import type { FormatRange } from '#src/storage/schema.ts';
import type { DoctorProbe } from './doctor-probe.ts';
import { span } from './span.ts';

/** The store in `DATA_DIR` or in the database: its format and its processes. */
export const storedData: DoctorProbe = {
  name: 'database',
  async *run({ config: { dataDir, databaseUrl }, clock }) {
    const nowMs = clock.wallMs();
    if (!databaseUrl) {
      yield `DATA_DIR: ${dataDir}`;
      yield lockLine(dataDirOwner(dataDir), nowMs);
      const files = storeFiles(dataDir);
      if (files.length === 0)
        yield ok('store', 'there is none yet: the bot creates it at its first start');
      yield* files.map(storeLine);
      return;
    }
    yield 'DATABASE_URL';
    // No module of PostgreSQL is loaded where there is none.
    const { readDatabaseState } = await import('#src/storage/postgres/database-state.ts');
    const { parts, place, processes, upMs } = await readDatabaseState(databaseUrl);
    yield ok('database', `${place}, running for ${span(upMs)}`);
    if (parts.length === 0)
      yield ok('tables', 'there are none yet: the bot creates them at its first start');
    for (const { name, range, version } of parts)
      yield range
        ? formatLine(`tables: ${name}`, version, range)
        : ok(`tables: ${name}`, `format ${version}`);
    for (const { ageMs, name, shardCount, shardIds } of processes) {
      const shards = `shards ${shardIds.join(', ')} of ${shardCount}`;
      yield ok('process', `${name}, for ${span(ageMs)}, ${shards}`);
    }
  },
};

function lockLine(owner: DataDirOwner | 'unnamed' | undefined, nowWallMs: number): Finding {
  if (owner === undefined) return ok('lock', 'free: no bot uses this folder');
  if (owner === 'unnamed') return ok('lock', 'a process without a name uses this folder');
  const { pid, host, version, since } = owner;
  const held = span(nowWallMs - Date.parse(since));
  return ok(
    'lock',
    `process ${pid} on ${host} has used this folder for ${held}, Parley ${version}`,
  );
}

function storeLine({ path, version, ...range }: StoreFile): Finding {
  const name = basename(path);
  if (version !== undefined) return formatLine(name, version, range);
  const mend = "give the file to the bot's user (chown), or restore a copy: npm run restore";
  return missing(name, `the bot cannot read ${path}`, mend);
}

/** Format of a store, and whether this program reads it. */
function formatLine(what: string, version: number, range: FormatRange): Finding {
  const { oldest, known } = range;
  if (version > 0 && (version < oldest || version > known)) {
    const why = `format ${version}, but this program reads formats ${oldest} to ${known}`;
    return missing(what, why, 'start the version that wrote it, or move the store away');
  }
  const later = version < known ? `; the next start changes it to ${known}` : '';
  return ok(what, `format ${version}${later}`);
}
