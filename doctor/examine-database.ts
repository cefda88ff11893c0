import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import {
  type DatabasePart,
  type DatabaseProcess,
  type DatabaseState,
  readDatabaseState,
} from '#src/storage/postgres/database-state.ts';
import { missing, ok, type ReportLine } from './finding.ts';
import { formatLine } from './format-line.ts';
import type { Report } from './report.ts';
import { seatLine, span } from './seat-line.ts';

/** Tells which processes share the database, with their shards, and where the bot sits. False: no bot can start on it. */
export async function examineDatabase(url: Secret, clock: Clock, report: Report): Promise<boolean> {
  report.section('DATABASE_URL');
  const findings = await findingsOf(url, clock);
  report.findings(findings);
  return findings.every(({ verdict }) => verdict !== 'missing');
}

async function findingsOf(url: Secret, clock: Clock): Promise<readonly ReportLine[]> {
  try {
    return linesOf(await readDatabaseState(url, clock));
  } catch (error) {
    if (!(error instanceof BotError)) throw error;
    return [missing('database', error.message, 'start the database, or correct DATABASE_URL')];
  }
}

function linesOf({ place, upMs, ...state }: DatabaseState): readonly ReportLine[] {
  return [
    ok('database', `${place}, running for ${span(upMs)}`),
    ...(state.parts.length === 0
      ? [ok('tables', 'there are none yet: the bot creates them at its first start')]
      : []),
    ...state.parts.map(partLine),
    ...state.processes.map(processLine),
    ...state.seats.map(seatLine),
  ];
}

function partLine({ name, version, range }: DatabasePart): ReportLine {
  const what = `tables: ${name}`;
  return range ? formatLine(what, version, range) : ok(what, `format ${version}`);
}

function processLine({ name, ageMs, shardIds, shardCount }: DatabaseProcess): ReportLine {
  return ok(
    'process',
    `${name}, for ${span(ageMs)}, shards ${shardIds.join(', ')} of ${shardCount}`,
  );
}
