import { addDiscordMetrics } from './discord-metrics.ts';
import { createLoopDelay, type Delays, type LoopDelay } from './loop-delay.ts';
import { Meters } from './meters.ts';
import { addSessionMetrics } from './session-metrics.ts';

export type Metrics = ReturnType<typeof openMetrics>;

/** A write to a good disk takes some ms, and its deadline is 10 s. */
const writeBuckets = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

/** Opens the metrics. Closing ends the watch over the event loop. */
export function openMetrics(ready: () => boolean) {
  const meters = new Meters();
  const loop = createLoopDelay(() => discord.hasLink());
  const discord = addDiscordMetrics(meters, () => loop.start());
  const sessions = addSessionMetrics(meters);
  measureLoop(meters, loop);
  describeProcess(meters);
  meters.addGauge('ready', '1 while the gateway is connected.', () => Number(ready()));
  const countLinks = () => {
    const open = [...sessions.present].filter(discord.isLinked).length;
    return [
      { labels: { state: 'open' }, value: open },
      { labels: { state: 'reconnecting' }, value: sessions.present.size - open },
    ];
  };
  meters.addGauge(
    'channel_links',
    'Voice channels of the bot, by whether its voice link is open or it reconnects.',
    countLinks,
    ['state'],
  );
  return {
    sessions,
    discord,
    providers: addProviderMetrics(meters),
    bugs: meters.addCounter(
      'bugs_survived',
      'Bugs that reached the top of the process.',
    ),
    writes: meters.addHistogram(
      'store_write',
      'Time until a write to the store was done.',
      writeBuckets,
    ),
    meters,
    loop,
    /** 0 while delays are not measured. */
    heldUpMs: () => loop.read()?.maxMs ?? 0,
    async page() {
      return {
        type: meters.registry.contentType,
        text: await meters.registry.metrics(),
      };
    },
    [Symbol.dispose]: () => loop[Symbol.dispose](),
  };
}

function measureLoop(meters: Meters, loop: LoopDelay) {
  const delay =
    'Delay of the event loop within the last half to whole minute; measured while there is a voice link';
  const toSeconds = (of: keyof Delays) => () => {
    const delays = loop.read();
    return delays && delays[of] / 1000;
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
  meters.addGauge('resident_memory_bytes', 'Memory of the process.', () =>
    process.memoryUsage.rss(),
  );
  meters.addTotal(
    'cpu_seconds',
    'CPU time of all threads since the start, in seconds; decoders of files are other processes.',
    () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  );
}

export type ProviderMetrics = ReturnType<typeof addProviderMetrics>;

/** Adds metrics of providers. Labels are our own words, never hosts. */
function addProviderMetrics(meters: Meters) {
  const down = new Set<string>();
  meters.addGauge(
    'provider_roles_down',
    'Roles that use a fallback instead of their first server.',
    () => down.size,
  );
  return {
    down,
    failures: meters.addCounter(
      'provider_failures',
      'Requests to servers that failed, by role and error code.',
      ['role', 'code'],
    ),
  };
}
