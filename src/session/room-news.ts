import type { ProviderNews } from '#src/provider/ladder.ts';
import { type AlertNews, AlertNotices } from './alert-notices.ts';
import { FallbackNews } from './fallback-news.ts';
import type { Room } from './room.ts';

/** What one room is told unasked of its voice link and of the servers behind it. */
export class RoomNews {
  readonly #room: Room;
  readonly #alerts: AlertNotices;
  readonly #fallbacks: FallbackNews;

  constructor(room: Room) {
    this.#room = room;
    this.#alerts = new AlertNotices(room);
    this.#fallbacks = new FallbackNews(room);
  }

  /** The room knows already why the link is away. */
  get explainsLoss(): boolean {
    return this.#alerts.isLinkTold;
  }

  /** A watchdog of the link found a promise broken, or kept again. */
  alert(news: AlertNews): void {
    this.#alerts.tell(news);
    this.#room.panel.linkDown(this.#alerts.isOutage);
  }

  /** A server failed or works again. */
  provider(news: ProviderNews): void {
    this.#fallbacks.hear(news);
  }
}
