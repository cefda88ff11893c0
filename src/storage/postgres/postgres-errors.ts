import { BotError, getErrorMessage } from '#src/base/errors.ts';
import { admitError } from '#src/base/logged-text.ts';

/** `misfit` means a wrong DATABASE_URL or missing rights. */
type PostgresHindrance = 'away' | 'busy' | 'full' | 'misfit' | 'refused';

/** SQLSTATE codes and classes: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const hindrances: Readonly<Record<string, PostgresHindrance>> = {
  '08': 'away',
  '08P01': 'refused', // a pooler that does not pass `options` on
  '25006': 'away', // a replica until it takes over, or read-only
  '57P': 'away',
  '53300': 'away', // too many connections
  '40': 'busy', // serialization, deadlock
  '55P03': 'busy', // a lock was not free in time
  '57014': 'busy', // statement_timeout
  '25P': 'busy', // idle in a transaction for too long
  '53': 'full',
  '28': 'misfit', // user or password
  '42501': 'misfit',
  '3D000': 'misfit',
  '3F000': 'misfit',
};

/**
 * Describes a failure of `pg` for the operator: `store.misconfigured` if a retry is vain, else
 * `store.unreadable`.
 */
export function toPostgresError(address: string, cause: unknown): BotError {
  const hindrance = findHindrance(cause);
  const mayPass = hindrance !== 'misfit' && hindrance !== 'refused';
  const message = describeHindrance(address, hindrance, findDetail(cause, hindrance));
  const code = mayPass ? 'store.unreadable' : 'store.misconfigured';
  return new BotError(code, mayPass, message, cause);
}

/** Classifies a failure. Without a code the server was not reached. */
function findHindrance(cause: unknown) {
  if (!(cause instanceof Error && 'severity' in cause && 'code' in cause))
    return 'away';
  const code = `${cause.code}`;
  const hindrance =
    hindrances[code] ?? hindrances[code.slice(0, 3)] ?? hindrances[code.slice(0, 2)];
  return hindrance ?? 'refused';
}

function describeHindrance(
  address: string,
  hindrance: PostgresHindrance,
  detail: string,
) {
  switch (hindrance) {
    case 'away':
      return `The database ${address} cannot be reached${detail}: start it, or correct DATABASE_URL.`;
    case 'busy':
      return `Another program blocks the database ${address}${detail}: check pg_stat_activity.`;
    case 'full':
      return `The database ${address} is out of disk space or memory${detail}: give it more.`;
    case 'misfit':
      return `The bot cannot use the database ${address}${detail}: correct DATABASE_URL, or what its user may do there.`;
    case 'refused':
      return `The database ${address} failed${detail}: start the bot again, and report it if it happens again.`;
  }
}

/**
 * Finds what the server says about a failure. Of one that no table knows the code alone, since its words may hold values;
 * those about a constraint (class 23) hold names of columns.
 */
function findDetail(cause: unknown, hindrance: PostgresHindrance) {
  const [firstCause] = cause instanceof AggregateError ? cause.errors : [cause];
  const mayQuote = hindrance === 'refused' && !/^23/.test(`${firstCause?.code}`);
  const describe = mayQuote ? admitError : getErrorMessage;
  return ` (${describe(firstCause)})`;
}
