import type { ProviderNews, Role } from '#src/provider/ladder.ts';
import type { SessionEvent } from '#src/session/events.ts';
import { type Log, logSession } from '#src/status/log.ts';
import type { ProviderMetrics } from '#src/status/provider-metrics.ts';

/** More different complaints than one server has. */
const mostTold = 50;

/** The operator reads of each trouble with a server once, not once a turn, and that it is over. */
export class ProviderLog {
  readonly #log: Log;
  readonly #metrics: ProviderMetrics;
  /** By role and provider: what was told of it since it last worked. */
  readonly #told = new Map<string, Set<string>>();

  constructor(log: Log, metrics: ProviderMetrics) {
    this.#log = log;
    this.#metrics = metrics;
  }

  provider(news: ProviderNews): void {
    const { role } = news;
    switch (news.kind) {
      case 'failed':
        this.#metrics.failed(role, news.code);
        this.#failed(news);
        return;
      case 'mended':
        this.#told.delete(keyOf(role, news.provider));
        this.#log.info({ role, provider: news.provider }, 'works again');
        return;
      case 'fallback-on':
        this.#metrics.fellBack(role);
        this.#log.warn({ role, from: news.from, to: news.to }, 'a fall-back stands in');
        return;
      case 'fallback-off':
        this.#metrics.returned(role);
        this.#log.info({ role, provider: news.back }, 'back to normal');
        return;
    }
  }

  /** What was told of a server is not told again of each answer that it spoils. */
  session(guildId: string, event: SessionEvent): void {
    if (event.kind === 'failed' && this.#isTold(event.message)) {
      const { stage, code, message } = event;
      this.#log.debug({ guildId, stage, code }, message);
      return;
    }
    logSession(this.#log, guildId, event);
  }

  #failed({ role, provider, code, message }: Extract<ProviderNews, { kind: 'failed' }>): void {
    const key = keyOf(role, provider);
    const told = this.#told.get(key) ?? new Set();
    this.#told.set(key, told);
    const isNew = !told.has(code);
    if (told.size < mostTold) told.add(code).add(message);
    this.#log[isNew ? 'warn' : 'debug']({ role, provider, code }, message);
  }

  #isTold(message: string): boolean {
    return [...this.#told.values()].some((told) => told.has(message));
  }
}

function keyOf(role: Role, provider: string): string {
  return `${role} ${provider}`;
}
