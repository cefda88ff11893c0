import type { SessionEvent } from '#src/conversation/ports/session-events.ts';
import { type Log, logSession } from '#src/ops/log.ts';
import type { ProviderMetrics } from '#src/ops/metrics/provider-metrics.ts';
import type { ProviderNews, ProviderRole } from '#src/provider/provider-news.ts';

/** Most complaints kept: more than one server has. */
const mostReported = 50;

/** The operator reads of each trouble with a server once, not once a turn, and that it is over. */
export class ProviderLog {
  readonly #log: Log;
  readonly #metrics: ProviderMetrics;
  /** Reported complaints since it last worked, by role and provider. */
  readonly #reported = new Map<string, Set<string>>();

  constructor(log: Log, metrics: ProviderMetrics) {
    this.#log = log;
    this.#metrics = metrics;
  }

  provider(news: ProviderNews): void {
    const { role } = news;
    switch (news.kind) {
      case 'failed':
        this.#metrics.failures.inc({ role, code: news.code });
        this.#failed(news);
        return;
      case 'mended':
        this.#reported.delete(keyOf(role, news.provider));
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

  /** Reports the server failure behind a session event once, not again for each answer that it spoils. */
  session(guildId: string, event: SessionEvent): void {
    if (event.kind === 'failed' && this.#isReported(event.message)) {
      const { stage, code, message } = event;
      this.#log.debug({ guildId, stage, code }, message);
      return;
    }
    logSession(this.#log, guildId, event);
  }

  #failed({
    role,
    provider,
    code,
    message,
    cause,
  }: Extract<ProviderNews, { kind: 'failed' }>): void {
    const key = keyOf(role, provider);
    const reported = this.#reported.get(key) ?? new Set();
    this.#reported.set(key, reported);
    const isNew = !reported.has(code);
    if (reported.size < mostReported) reported.add(code).add(message);
    this.#log[isNew ? 'warn' : 'debug']({ role, provider, code, err: cause }, message);
  }

  #isReported(message: string): boolean {
    return [...this.#reported.values()].some((reported) => reported.has(message));
  }
}

function keyOf(role: ProviderRole, provider: string): string {
  return `${role} ${provider}`;
}
