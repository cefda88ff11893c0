import type { Clock } from '#src/base/clock.ts';
import { keepServer, type ServerNews, type ServerOutcome } from '#src/base/keep-server.ts';
import { serveBrowserFiles } from './browser-files.ts';
import { createPageApp, type DoorOptions } from './doors.ts';
import { serveEntry } from './entry.ts';
import { EntryLinks } from './entry-links.ts';
import { LinkFolder } from './link-folder.ts';
import { type HttpListener, type ListenerOptions, openListener } from './listener.ts';
import { PageSessions } from './page-sessions.ts';
import { RateLimits } from './rate-limits.ts';
import type { PageApp, PageViewer } from './viewer.ts';

/** Page of this process, open to every holder of an entry link. */
export type Page = AsyncDisposable & {
  /** URL for a browser on this machine. */
  readonly url: URL;
  readonly links: EntryLinks;
};

export type PageOutcome = ServerOutcome<Page>;

export type PageOptions = Pick<ListenerOptions, 'host' | 'port' | 'webSocket' | 'waits'> &
  Pick<DoorOptions, 'publicUrl' | 'apiOrigins' | 'mostBodyBytes' | 'onBug'> &
  Partial<Pick<DoorOptions, 'isCurrent'>> & {
    readonly clock: Clock;
    /** Where `npm run link` leaves links for this process. */
    readonly dataDir: string;
    /** Viewer who comes in by a link that `npm run link` printed. */
    readonly operator: PageViewer;
    /** Adds the routes of the rooms behind the doors. */
    routes?(app: PageApp): void;
  };

/** Opens as `openPage` does, once the port is free: resolves after the first try, and goes on trying until closed. Never throws. */
export async function keepPage(
  options: PageOptions,
  report: (news: ServerNews<Page>) => void,
): Promise<AsyncDisposable> {
  return await keepServer(() => openPage(options), options.clock, report);
}

/**
 * Opens doors, entry, browser files and the routes of the rooms at one address. Never throws; a `dataDir` that cannot be
 * written is told as a bug, and takes nothing but `npm run link`.
 */
export async function openPage(options: PageOptions): Promise<PageOutcome> {
  const { clock, dataDir, operator, publicUrl } = options;
  const [sessions, rates] = [new PageSessions(clock), new RateLimits()];
  let listener: HttpListener | undefined;
  const address = (): URL => {
    const url = publicUrl ?? listener?.url;
    if (!url) throw new Error('no link before the page is open');
    return url;
  };
  const links = new EntryLinks({ clock, dataDir, operator, address });
  const app = createPageApp({ isCurrent: () => true, ...options, sessions, rates });
  serveEntry(app, { links, sessions, rates });
  options.routes?.(app);
  serveBrowserFiles(app);
  const outcome = await openListener({ ...options, app });
  if (outcome.kind === 'refused') return outcome;
  listener = outcome.server;
  const folder = new LinkFolder(dataDir);
  await folder.reportAddress(address().href).catch(options.onBug);
  const close = async (): Promise<void> => {
    await folder.reportAddress(undefined).catch(options.onBug);
    await outcome.server[Symbol.asyncDispose]();
  };
  return { kind: 'open', server: { url: listener.url, links, [Symbol.asyncDispose]: close } };
}
