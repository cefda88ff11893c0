import type { Counter, Histogram } from 'prom-client';
import packageJson from '#package.json' with { type: 'json' };
import { realClock } from '#src/base/clock.ts';
import { DiscordMetrics } from './discord-metrics.ts';
import { type Delays, LoopDelay } from './loop-delay.ts';
import { Meters } from './meters.ts';
import { SessionMetrics } from './session-metrics.ts';

const { version } = packageJson;

/** All metrics of a process. Disposing ends the watch over the event loop. */
export interface Metrics extends Disposable {
  readonly sessions: SessionMetrics;
  readonly discord: DiscordMetrics;
  readonly providers: ProviderMetrics;
  /** Counts bugs that reached the top of the process. */
  readonly bugs: Counter;
  /** Counts pauses that the turn model did not judge, to take no more than its share of the processor. */
  readonly skippedPauses: Counter<'work'>;
  /** Takes the time until a write to the store was done, in seconds. */
  readonly writes: Histogram;
  readonly meters: Meters;
  readonly loop: LoopDelay;
  /** Returns the longest delay of the event loop within the last minute. 0 while delays are not measured. */
  getLoopDelayMs(): number;
  /** Renders the metrics as Prometheus reads them, with their content type. */
  page(): Promise<MetricsPage>;
}

/** The page of metrics for Prometheus, with its media type. */
export type MetricsPage = { readonly type: string; readonly text: string };

/** A write to a good disk takes some ms, and its deadline is 10 s. */
const writeBuckets = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

/** Opens the metrics. Closing ends the watch over the event loop. */
export function openMetrics(isReady: () => boolean): Metrics {
  const meters = new Meters();
  const loop = new LoopDelay(() => discord.hasLink());
  const discord = new DiscordMetrics(meters, () => loop.start());
  const sessions = new SessionMetrics(meters);
  measureLoop(meters, loop);
  describeProcess(meters);
  meters.addGauge('ready', '1 while the gateway is connected.', () =>
    Number(isReady()),
  );
  measureLinks(meters, sessions, discord);
  return {
    sessions,
    discord,
    providers: addProviderMetrics(meters),
    bugs: meters.addCounter(
      'bugs_survived',
      'Bugs that reached the top of the process.',
    ),
    skippedPauses: meters.addCounter(
      'skipped_pauses',
      'Pauses that the turn model did not judge (work="judgement"), or whose words local ears left for the end (work="words"), to take no more than a quarter of a core each.',
      ['work'],
    ),
    writes: meters.addHistogram(
      'store_write',
      'Time until a write to the store was done.',
      writeBuckets,
    ),
    meters,
    loop,
    getLoopDelayMs: () => loop.read()?.maxMs ?? 0,
    async page() {
      return {
        type: meters.registry.contentType,
        text: await meters.registry.metrics(),
      };
    },
    [Symbol.dispose]: () => loop[Symbol.dispose](),
  };
}

function measureLinks(
  meters: Meters,
  sessions: SessionMetrics,
  discord: DiscordMetrics,
) {
  const countLinks = () => {
    const guildIds = [...sessions.presentGuilds];
    const open = guildIds.filter((guildId) => discord.isLinked(guildId)).length;
    return [
      { labels: { state: 'open' }, value: open },
      { labels: { state: 'reconnecting' }, value: guildIds.length - open },
    ];
  };
  meters.addGauge(
    'channel_links',
    'Voice channels of the bot, by whether its voice link is open or it reconnects.',
    countLinks,
    ['state'],
  );
}

function measureLoop(meters: Meters, loop: LoopDelay) {
  const delay =
    'Delay of the event loop within the last half to whole minute; measured while there is a voice link';
  const toSeconds = (key: keyof Delays) => () => {
    const delays = loop.read();
    return delays && delays[key] / 1000;
  };
  meters.addGauge(
    'event_loop_delay_p99_seconds',
    `${delay}: 99th percentile.`,
    toSeconds('p99Ms'),
  );
  meters.addGauge(
    'event_loop_delay_max_seconds',
    `${delay}: maximum.`,
    toSeconds('maxMs'),
  );
}

function describeProcess(meters: Meters) {
  meters.addGauge(
    'build_info',
    '1, with the versions of the bot and of Node.',
    () => [{ labels: { version, nodejs: process.versions.node }, value: 1 }],
    ['version', 'nodejs'],
  );
  const startedAtS = Math.floor(realClock.wallMs() / 1_000 - process.uptime());
  meters.addGauge(
    'process_start_time_seconds',
    'Start of the process, in seconds since 1970.',
    () => startedAtS,
  );
  meters.addGauge('process_resident_memory_bytes', 'Memory of the process.', () =>
    process.memoryUsage.rss(),
  );
  meters.addTotal(
    'process_cpu_seconds',
    'CPU time of all threads since the start, in seconds; decoders of files are other processes.',
    () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  );
}

export type ProviderMetrics = {
  /** Roles that use a fallback now. The log of providers adds and removes them. */
  readonly down: Set<string>;
  /** Counts requests to servers that failed. */
  readonly failures: Counter<'role' | 'code'>;
};

/** Adds metrics of providers. Labels are our own words, never hosts. */
function addProviderMetrics(meters: Meters): ProviderMetrics {
  const down = new Set<string>();
  meters.addGauge(
    'provider_roles_down',
    'Roles that use a fallback instead of their first server.',
    () => down.size,
  );
  const failures = meters.addCounter(
    'provider_failures',
    'Requests to servers that failed, by role and error code.',
    ['role', 'code'],
  );
  return { down, failures };
}
