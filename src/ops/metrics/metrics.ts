import Registry from 'prom-client/lib/registry.js';
import type { FeatureEventKind } from '#src/ports/session-events.ts';
import { DiscordMetrics } from './discord-metrics.ts';
import { LoopDelay } from './loop-delay.ts';
import { Meters } from './meters.ts';
import { ProcessMetrics } from './process-metrics.ts';
import { ProviderMetrics } from './provider-metrics.ts';
import { SessionMetrics } from './session-metrics.ts';

/** All figures of one bot, for a scraper. Closing it ends the watch over the event loop. */
export class Metrics implements Disposable {
  readonly sessions: SessionMetrics;
  readonly discord: DiscordMetrics;
  readonly providers: ProviderMetrics;
  readonly process: ProcessMetrics;
  readonly meters: Meters;
  readonly #registry = new Registry();
  /** Measures while there is a voice link. */
  readonly loop = new LoopDelay(() => this.discord.hasLink);

  /**
   * `ready` tells whether the gateway is connected, `version` is that of this program. Of features the events of `kinds`
   * are counted.
   */
  constructor(ready: () => boolean, version = 'unknown', kinds: readonly FeatureEventKind[] = []) {
    const meters = new Meters(this.#registry);
    this.meters = meters;
    this.sessions = new SessionMetrics(meters, kinds);
    this.discord = new DiscordMetrics(meters, () => this.loop.start());
    this.providers = new ProviderMetrics(meters);
    this.process = new ProcessMetrics(meters, version);
    const links = 'Voice channels of the bot, by whether its voice link is open or it reconnects.';
    meters.gauge('channel_links', links, () => this.#links(), ['state']);
    const delay =
      'Delay of the event loop within the last half to whole minute; measured while there is a voice link';
    meters.gauge('event_loop_delay_p50_seconds', `${delay}: median.`, () =>
      seconds(this.loop.read()?.p50Ms),
    );
    meters.gauge('event_loop_delay_p99_seconds', `${delay}: 99th percentile.`, () =>
      seconds(this.loop.read()?.p99Ms),
    );
    meters.gauge('event_loop_delay_max_seconds', `${delay}: maximum.`, () =>
      seconds(this.loop.read()?.maxMs),
    );
    meters.gauge('resident_memory_bytes', 'Memory of the process.', () =>
      process.memoryUsage.rss(),
    );
    meters.gauge('uptime_seconds', 'Time since the process started.', () => process.uptime());
    meters.gauge('ready', '1 while the gateway is connected.', () => Number(ready()));
  }

  /** Longest recent delay of the event loop, in ms; 0 while that is not measured. */
  heldUpMs(): number {
    return this.loop.read()?.maxMs ?? 0;
  }

  #links() {
    const { present } = this.sessions;
    const open = [...present].filter((guildId) => this.discord.isLinked(guildId)).length;
    return [
      { labels: { state: 'open' }, value: open },
      { labels: { state: 'reconnecting' }, value: present.size - open },
    ];
  }

  /** Everything in the text format of Prometheus, with its content type. */
  async page(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  [Symbol.dispose](): void {
    this.loop[Symbol.dispose]();
  }
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
