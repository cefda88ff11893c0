import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import {
  type DatabasePart,
  type DatabaseProcess,
  type DatabaseSeat,
  type DatabaseShard,
  type DatabaseState,
  readDatabaseState,
} from '#src/storage/postgres/database-state.ts';
import { differs, missing, ok, type ReportLine } from './finding.ts';
import { formatLine } from './format-line.ts';
import type { Report } from './report.ts';
import { seatLine, span } from './seat-line.ts';

/** Tells which processes share the database, who serves which shard and for how long, and where the bot sits. False: no bot can start on it. */
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

function linesOf({ place, upMs, botId, ...state }: DatabaseState): readonly ReportLine[] {
  const owner = botId === undefined ? '' : `, with data of the bot ${botId}`;
  return [
    ok('database', `${place}, running for ${span(upMs)}${owner}`),
    ...(state.parts.length === 0
      ? [ok('tables', 'there are none yet: the bot creates them at its first start')]
      : []),
    ...state.parts.map(partLine),
    ...state.processes.map((process) => processLine(process, state.shards)),
    ...state.shards.map((shard) => shardLine(shard, state.seats)),
    ...state.seats.map(seatLine),
  ];
}

function partLine({ name, version, range }: DatabasePart): ReportLine {
  const what = `tables: ${name}`;
  return range ? formatLine(what, version, range) : ok(what, `format ${version}`);
}

function processLine(
  { name, version, ageMs, isAlive }: DatabaseProcess,
  shards: readonly DatabaseShard[],
): ReportLine {
  const owns = shards.filter(({ isHeld, ownerName }) => isHeld && ownerName === name);
  const words = `${name}, Parley ${version}, for ${span(ageMs)}`;
  if (!isAlive)
    return differs(
      'process',
      `${words}: it no longer renews its leases`,
      'check whether it still runs; if it does not, this line disappears within hours',
    );
  const ids = owns.map(({ id }) => id).join(', ');
  return ok('process', `${words}, ${owns.length === 0 ? 'waits for a shard' : `shards ${ids}`}`);
}

function shardLine(shard: DatabaseShard, seats: readonly DatabaseSeat[]): ReportLine {
  const { id, epoch, ownerName = 'a process that has ended', isHeld, takenMs, savedMs } = shard;
  const what = `shard ${id}`;
  const taken = takenMs === undefined ? '' : `, taken ${span(takenMs)} ago`;
  if (!isHeld)
    return differs(
      what,
      `free: no process serves it (epoch ${epoch}${taken})`,
      'start a process of the bot: it takes free shards',
    );
  const count = seats.filter(({ shardId }) => shardId === id).length;
  const saved = savedMs === undefined ? 'no session saved' : `session saved ${span(savedMs)} ago`;
  return ok(what, `served by ${ownerName}${taken}, epoch ${epoch}, ${saved}, seats: ${count}`);
}
