import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '#src/base/clock.ts';
import type { PageViewer } from './viewer.ts';

/** Lifetime of a session, in s. */
export const sessionS = 12 * 60 * 60;
/** Sessions of one kind of viewer at a time; a further one ends the oldest. */
const mostSessions = 100;

type PageSession = { readonly viewer: PageViewer; readonly untilMs: number };

/** 256 random bits, in 43 characters that need no escaping. */
export function randomKey(): string {
  return randomBytes(32).toString('base64url');
}

/** Deletes the oldest entry of this kind of viewer where there are more than `most`: readers push out no operator. */
export function forgetOldest(
  all: Map<string, { readonly viewer: PageViewer }>,
  kind: PageViewer['kind'],
  most: number,
): void {
  const [oldest, ...others] = [...all].filter(([, { viewer }]) => viewer.kind === kind);
  if (oldest && others.length >= most) all.delete(oldest[0]);
}

/** Hash of a key, which is kept in its place: finding it again needs the key itself. */
export function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** Sessions of browsers that were let in, by the hash of their cookie; in memory, so a restart ends them all. */
export class PageSessions {
  readonly #clock: Clock;
  readonly #sessions = new Map<string, PageSession>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Value of the cookie of a new session. */
  open(viewer: PageViewer): string {
    const value = randomKey();
    const untilMs = this.#clock.nowMs() + sessionS * 1_000;
    this.#sessions.set(hashOf(value), { viewer, untilMs });
    forgetOldest(this.#sessions, viewer.kind, mostSessions);
    return value;
  }

  /** Undefined for a cookie that is none of ours, or whose 12 h are over. */
  viewer(value: string): PageViewer | undefined {
    const session = this.#sessions.get(hashOf(value));
    if (!session || session.untilMs > this.#clock.nowMs()) return session?.viewer;
    this.end(value);
    return undefined;
  }

  end(value: string): void {
    this.#sessions.delete(hashOf(value));
  }
}
