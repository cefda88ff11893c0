import { Registry } from 'prom-client';
import { DiscordMetrics } from './discord-metrics.ts';
import { LoopDelay } from './loop-delay.ts';
import { Meters } from './meters.ts';
import { ProviderMetrics } from './provider-metrics.ts';
import { SessionMetrics } from './session-metrics.ts';

/** All figures of one bot, for a scraper. Closing it ends the watch over the event loop. */
export class Metrics implements Disposable {
  readonly sessions: SessionMetrics;
  readonly discord: DiscordMetrics;
  readonly providers: ProviderMetrics;
  readonly meters: Meters;
  readonly #registry = new Registry();
  readonly #loop = new LoopDelay();

  /** `ready` tells whether the gateway is connected. */
  constructor(ready: () => boolean) {
    const meters = new Meters(this.#registry);
    this.meters = meters;
    this.sessions = new SessionMetrics(meters);
    this.discord = new DiscordMetrics(meters);
    this.providers = new ProviderMetrics(meters);
    const delay = 'How late the event loop was within the last half to whole minute';
    meters.gauge('event_loop_delay_p50_seconds', `${delay}: half of the time.`, () =>
      seconds(this.#loop.read().p50Ms),
    );
    meters.gauge('event_loop_delay_p99_seconds', `${delay}: 99 % of the time.`, () =>
      seconds(this.#loop.read().p99Ms),
    );
    meters.gauge('event_loop_delay_max_seconds', `${delay}: at most.`, () =>
      seconds(this.heldUpMs()),
    );
    meters.gauge('resident_memory_bytes', 'Memory of the process.', () =>
      process.memoryUsage.rss(),
    );
    meters.gauge('uptime_seconds', 'Since the process started.', () => process.uptime());
    meters.gauge('ready', '1 while the gateway is connected.', () => Number(ready()));
  }

  /** How long the event loop stood still at most, of late. */
  heldUpMs(): number {
    return this.#loop.read().maxMs;
  }

  /** Everything in the text format of Prometheus, with its content type. */
  async page(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  [Symbol.dispose](): void {
    this.#loop[Symbol.dispose]();
  }
}

function seconds(ms: number): number {
  return ms / 1000;
}
