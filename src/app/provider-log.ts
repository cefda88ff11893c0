import type { Log } from '#src/ops/log.ts';
import type { ProviderMetrics } from '#src/ops/metrics/provider-metrics.ts';
import type { ProviderNews } from '#src/provider/provider-news.ts';

/** Log and figures of servers: their failures and fallbacks. */
export class ProviderLog {
  readonly #log: Log;
  readonly #metrics: ProviderMetrics;

  constructor(log: Log, metrics: ProviderMetrics) {
    this.#log = log;
    this.#metrics = metrics;
  }

  provider(news: ProviderNews): void {
    const { role } = news;
    switch (news.kind) {
      case 'failed':
        this.#metrics.failures.inc({ role, code: news.code });
        this.#log.warn(
          { role, provider: news.provider, code: news.code, err: news.cause },
          news.message,
        );
        return;
      case 'mended':
        this.#log.info({ role, provider: news.provider }, 'works again');
        return;
      case 'fallback-on':
        this.#metrics.fallbacks.inc({ role });
        this.#metrics.down.add(role);
        this.#log.warn({ role, from: news.from, to: news.to }, 'a fallback is in use');
        return;
      case 'fallback-off':
        this.#metrics.down.delete(role);
        this.#log.info({ role, provider: news.back }, 'back to normal');
        return;
    }
  }
}
