import type { Log } from '#src/ops/log.ts';
import type { ProviderMetrics } from '#src/ops/metrics/metrics.ts';
import type { ProviderEvent } from '#src/provider/provider-event.ts';

export function logProvider(
  log: Log,
  metrics: ProviderMetrics,
  news: ProviderEvent,
): void {
  const { role } = news;
  switch (news.kind) {
    case 'failed':
      metrics.failures.inc({ role, code: news.code });
      log.warn(
        { role, provider: news.provider, code: news.code, err: news.cause },
        news.message,
      );
      return;
    case 'habit':
      log.warn({ role, provider: news.provider, mend: news.mend }, news.what);
      return;
    case 'mended':
      log.info({ role, provider: news.provider }, 'works again');
      return;
    case 'fallback-on':
      metrics.down.add(role);
      log.warn({ role, from: news.from, to: news.to }, 'a fallback is in use');
      return;
    case 'fallback-off':
      metrics.down.delete(role);
      log.info({ role, provider: news.back }, 'back to normal');
      return;
  }
}
