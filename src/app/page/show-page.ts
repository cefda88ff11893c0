import { realClock } from '#src/base/clock.ts';
import type { ServerNews } from '#src/base/keep-server.ts';
import type { Config } from '#src/config/types.ts';
import type { Log } from '#src/ops/log.ts';
import type { Page, PageOptions } from '#src/web/http/page.ts';

/** The operator of the bot, who comes in by the links that it prints. */
const operator = { kind: 'owner' } as const;

/** Routes and checks that the rooms of this process add to the page. */
export type PageParts = Pick<
  PageOptions,
  'routes' | 'isCurrent' | 'mostBodyBytes' | 'webSocket'
> & {
  /** Handed what makes links, once the page is open. */
  onOpen?(page: Page): void;
};

/**
 * Serves the page, where one is set: once its port is free. Its modules are loaded only then. Without an address the bot
 * goes on, as it is worth more than its page.
 */
export async function showPage(
  { page, dataDir }: Config,
  log: Log,
  parts: PageParts = {},
): Promise<AsyncDisposable | undefined> {
  if (!page) return undefined;
  const { keepPage } = await import('#src/web/http/page.ts');
  const onBug = (err: unknown) => log.error({ err }, 'the page: a request failed');
  const options = { ...page, ...parts, clock: realClock, dataDir, operator, onBug };
  return await keepPage(options, (news) => {
    if (news.kind === 'open') parts.onOpen?.(news.server);
    reportPage(news, log, process.stderr);
  });
}

/** A link lets its reader in, so it is written to a terminal, and never to the log, which others may read. */
export function reportPage(
  news: ServerNews<Page>,
  log: Pick<Log, 'info' | 'warn'>,
  terminal: { readonly isTTY?: boolean; write(text: string): unknown },
): void {
  if (news.kind === 'refused') {
    log.warn(news.why);
    return;
  }
  const { url, links } = news.server;
  log.info({ url: url.href }, 'page: npm run link prints an address that lets you in');
  if (terminal.isTTY) terminal.write(`Page: ${links.create(operator)}\n`);
}
