import { BotError } from '#src/base/errors.ts';
import type { StoreCode } from '#src/sql/trouble.ts';

/** Kinds of database failures that need different help; `misfit`: DATABASE_URL, or what its user may do there, is wrong. */
type PostgresHindrance = 'away' | 'busy' | 'full' | 'misfit' | 'refused';

/** SQLSTATE codes and their classes. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const hindrances: Readonly<Record<string, PostgresHindrance>> = {
  '08': 'away',
  '08P01': 'refused', // a pooler that does not pass `options` on
  '57P': 'away',
  '53300': 'away', // too many connections
  '40': 'busy', // serialization, deadlock
  '55P03': 'busy', // a lock was not free in time
  '57014': 'busy', // statement_timeout
  '25P': 'busy', // idle in a transaction for too long
  '53': 'full',
  '28': 'misfit', // user or password
  '42501': 'misfit', // rights
  '3D000': 'misfit', // no such database
  '3F000': 'misfit', // no such schema
  '25006': 'misfit', // a replica, or read-only
};

/** Words of `pg` itself, which gives these errors no code. */
const awayWords =
  /^(Connection terminated|Client has encountered|timeout expired|timeout exceeded)/;
const certificateCodes = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_)/;
const pgCode = /^[0-9A-Z]{5}$/;

/** Undefined: no failure of the database, but a bug. */
function hindranceOf(error: unknown): PostgresHindrance | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (certificateCodes.test(code)) return 'misfit';
  if ('syscall' in error || awayWords.test(error.message)) return 'away';
  if (error instanceof AggregateError) return 'away'; // every address of a host refused
  if (!pgCode.test(code) || !('severity' in error))
    return error.message.includes('SSL') ? 'misfit' : undefined;
  const known = [5, 3, 2].map((length) => hindrances[code.slice(0, length)]).find((one) => one);
  return known ?? 'refused';
}

/** Whether a write that failed so is to wait: all but what the server refuses to keep. */
export function comesBack(error: unknown): boolean {
  const hindrance = hindranceOf(error instanceof BotError ? error.cause : error);
  return hindrance !== undefined && hindrance !== 'refused';
}

/** Whether the same operation may succeed later without help. */
function mayPass(hindrance: PostgresHindrance): boolean {
  return hindrance === 'away' || hindrance === 'busy' || hindrance === 'full';
}

/** A failure of `pg` as a sentence for the operator with the database and the next step; anything else comes back unchanged. */
export function asPostgresTrouble(code: StoreCode, place: string, cause: unknown): unknown {
  const hindrance = hindranceOf(cause);
  if (hindrance === undefined) return cause;
  return new BotError(code, mayPass(hindrance), sentence(place, hindrance, cause), cause);
}

/** A part of the schema was written by a former version of this program. */
export function schemaToMigrate(place: string, part: string, version: number, known: number) {
  const message = `The database ${place} has format ${version} of ${part}; this version writes format ${known}, which the former version cannot read. First copy the database with the former version (npm run backup -- --transcripts), then run npm run migrate.`;
  return new BotError('store.misconfigured', false, message);
}

function sentence(place: string, hindrance: PostgresHindrance, cause: unknown): string {
  const detail = cause instanceof Error ? detailOf(cause) : '';
  switch (hindrance) {
    case 'away':
      return `The database ${place} cannot be reached${detail}: start it, or correct DATABASE_URL.`;
    case 'busy':
      return `Another program blocks the database ${place}${detail}: check pg_stat_activity.`;
    case 'full':
      return `The database ${place} is out of disk space or memory${detail}: give it more.`;
    case 'misfit':
      return `The bot cannot use the database ${place}${detail}: correct DATABASE_URL, or what its user may do there.`;
    case 'refused':
      return `The database ${place} failed${detail}: start the bot again, and report it if it happens again.`;
  }
}

/** The server's own words, which name what was refused, never a value. */
function detailOf(cause: Error): string {
  const [first] = cause instanceof AggregateError ? cause.errors : [cause];
  const words = first instanceof Error ? first.message : cause.message;
  return words === '' ? '' : ` (${words})`;
}
