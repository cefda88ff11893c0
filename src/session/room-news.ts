import type { ProviderNews } from '#src/provider/ladder.ts';
import { type LinkAlertEvent, AlertNotices } from './alert-notices.ts';
import { FallbackNotices } from './fallback-news.ts';
import type { SessionContext } from './room.ts';

/** What one room is told unasked of its voice link and of the servers behind it. */
export class ServiceNotices {
  readonly #room: SessionContext;
  readonly #alerts: AlertNotices;
  readonly #fallbacks: FallbackNotices;

  constructor(room: SessionContext) {
    this.#room = room;
    this.#alerts = new AlertNotices(room);
    this.#fallbacks = new FallbackNotices(room);
  }

  /** The room knows already why the link is away. */
  get explainsLoss(): boolean {
    return this.#alerts.isLinkTold;
  }

  /** A watchdog of the link found a promise broken, or kept again. */
  alert(news: LinkAlertEvent): void {
    this.#alerts.tell(news);
    this.#room.panel.linkDown(this.#alerts.isOutage);
  }

  /** A server failed or works again. */
  provider(news: ProviderNews): void {
    this.#fallbacks.hear(news);
  }
}
