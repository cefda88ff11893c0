import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import {
  type DatabasePart,
  type DatabaseState,
  readDatabaseState,
} from '#src/storage/postgres/database-state.ts';
import { missing, ok, type ReportLine } from './finding.ts';
import type { Report } from './report.ts';
import { seatLine, span } from './seat-line.ts';

/** Tells which formats stand in the database, and where the bot sits. False: no bot can start on it. */
export async function examineDatabase(url: Secret, clock: Clock, report: Report): Promise<boolean> {
  report.line('DATABASE_URL:');
  const findings = await findingsOf(url, clock);
  report.findings(findings);
  return findings.every(({ verdict }) => verdict !== 'missing');
}

async function findingsOf(url: Secret, clock: Clock): Promise<readonly ReportLine[]> {
  try {
    return linesOf(await readDatabaseState(url, clock));
  } catch (error) {
    if (!(error instanceof BotError)) throw error;
    return [missing('database', error.message)];
  }
}

function linesOf({ place, upMs, parts, seats }: DatabaseState): readonly ReportLine[] {
  return [
    ok('database', `${place}, running for ${span(upMs)}`),
    ...(parts.length === 0
      ? [ok('tables', 'none yet: the bot makes them at its first start')]
      : []),
    ...parts.map(partLine),
    ...seats.map(seatLine),
  ];
}

function partLine({ name, version, known }: DatabasePart): ReportLine {
  const what = `tables: ${name}`;
  if (known === undefined) return ok(what, `format ${version}`);
  if (version > known)
    return missing(what, `format ${version}, this program reads up to ${known}: update it`);
  const later = version < known ? `, brought to ${known} at the next start` : '';
  return ok(what, `format ${version}${later}`);
}
