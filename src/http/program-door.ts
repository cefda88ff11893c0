import type { Clock } from '#src/base/clock.ts';
import type { ServerOutcome } from '#src/base/keep-server.ts';
import { createPageApp, type DoorOptions } from './doors.ts';
import { type HttpListener, openListener } from './listener.ts';
import { PageSessions } from './page-sessions.ts';
import { RateLimits } from './rate-limits.ts';
import type { PageApp } from './viewer.ts';

export type ProgramDoorOptions = Pick<DoorOptions, 'apiOrigins' | 'mostBodyBytes' | 'onBug'> & {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly clock: Clock;
  routes(app: PageApp): void;
};

/** Opens an address for programs alone, with the doors of the page and without its files and links. Never throws. */
export async function openProgramDoor(
  options: ProgramDoorOptions,
): Promise<ServerOutcome<HttpListener>> {
  const { host, port, clock, ...doors } = options;
  const sessions = new PageSessions(clock); // nobody is let in by a link here
  const app = createPageApp({
    ...doors,
    sessions,
    rates: new RateLimits(),
    isCurrent: () => false,
  });
  options.routes(app);
  return await openListener({ host, port, app });
}
