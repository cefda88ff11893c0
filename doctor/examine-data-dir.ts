import { basename } from 'node:path';
import { type DataDirOwner, dataDirOwner } from '#src/storage/data-dir/data-dir-lock.ts';
import { type StoreFile, seatRows, storeFiles } from '#src/storage/data-dir/store-files.ts';
import { missing, ok, type ReportLine } from './finding.ts';
import { formatLine } from './format-line.ts';
import type { Report } from './report.ts';
import { seatLine, span } from './seat-line.ts';

/** Tells who works on `dataDir`, of which format its stores are, and where the bot sits. False: no bot can start on it. */
export function examineDataDir(dataDir: string, nowWallMs: number, report: Report): boolean {
  report.section(`DATA_DIR: ${dataDir}`);
  const files = storeFiles(dataDir);
  const none = ok('store', 'there is none yet: the bot creates it at its first start');
  const findings = [
    lockLine(dataDirOwner(dataDir), nowWallMs),
    ...(files.length === 0 ? [none] : files.map(storeLine)),
    ...seatRows(dataDir).map(({ aliveWallMs, ...seat }) =>
      seatLine({ ...seat, idleMs: nowWallMs - aliveWallMs }),
    ),
  ];
  report.findings(findings);
  return findings.every(({ verdict }) => verdict !== 'missing');
}

function lockLine(owner: DataDirOwner | 'unnamed' | undefined, nowWallMs: number): ReportLine {
  if (owner === undefined) return ok('lock', 'free: no bot uses this folder');
  if (owner === 'unnamed') return ok('lock', 'a process without a name uses this folder');
  const { pid, host, version, since } = owner;
  const heldMs = nowWallMs - Date.parse(since);
  return ok(
    'lock',
    `process ${pid} on ${host} has used this folder for ${span(heldMs)}, Parley ${version}`,
  );
}

function storeLine({ path, version, ...range }: StoreFile): ReportLine {
  const name = basename(path);
  if (version === undefined)
    return missing(
      name,
      `the bot cannot read ${path}`,
      "give the file to the bot's user (chown), or restore a copy: npm run restore",
    );
  return formatLine(name, version, range);
}
