import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/types.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import type { OperatorPage, OperatorPageOptions } from '#src/page/operator-page.ts';
import type { AlertBoard } from '#src/status/alert-board.ts';
import type { Log } from '#src/status/log.ts';
import type { PageParts } from './show-page.ts';

/** Where a page is set; its modules are loaded only then. */
export async function openOperatorPage(
  { page }: Config,
  log: Log,
  alerts: AlertBoard,
  bot: OperatorPageOptions['bot'],
): Promise<OperatorPage | undefined> {
  if (!page) return undefined;
  const { OperatorPage } = await import('#src/page/operator-page.ts');
  return new OperatorPage({
    bot,
    alerts: () => alerts.raised,
    isReachedByLink: page.publicUrl !== undefined,
    clock: realClock,
    onAction: (viewer, action, guildId) => log.info({ viewer, action, guildId }, 'the page acts'),
    onBug: (err) => log.error({ err }, 'the page: a snapshot failed'),
  });
}

/** Puts the routes of both rooms at one address. */
export function pageParts(
  operator: OperatorPage | undefined,
  door: (PageParts & Required<Pick<PageParts, 'routes'>>) | undefined,
): PageParts {
  return {
    ...door,
    onOpen: ({ links }) => operator?.open(links),
    isCurrent: (viewer) => operator?.isCurrent(viewer) ?? false,
    routes(app) {
      door?.routes(app);
      operator?.routes(app);
    },
  };
}

/** Passes on which voice links there are. */
export function tellLinks(page: OperatorPage | undefined, event: DiscordEvent): void {
  if (event.kind === 'link-made') page?.linkMade(event.guildId, event);
  if (event.kind === 'link-closed') page?.linkClosed(event.guildId);
}
