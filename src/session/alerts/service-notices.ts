import type { ProviderNews } from '#src/provider/provider-news.ts';
import type { SessionContext } from '#src/session/context.ts';
import { AlertNotices, type LinkAlertEvent } from './alert-notices.ts';
import { FallbackNotices } from './fallback-notices.ts';

/** What one channel is told unasked of its voice link and of the servers behind it. */
export class ServiceNotices {
  readonly #context: SessionContext;
  readonly #alerts: AlertNotices;
  readonly #fallbacks: FallbackNotices;

  constructor(context: SessionContext) {
    this.#context = context;
    this.#alerts = new AlertNotices(context);
    this.#fallbacks = new FallbackNotices(context);
  }

  /** The channel knows already why the link is away. */
  get explainsLoss(): boolean {
    return this.#alerts.isLinkTold;
  }

  /** A watchdog of the link found a promise broken, or kept again. */
  alert(news: LinkAlertEvent): void {
    this.#alerts.tell(news);
    this.#context.panel.linkDown(this.#alerts.isOutage);
  }

  /** A server failed or works again. */
  provider(news: ProviderNews): void {
    this.#fallbacks.hear(news);
  }
}
