import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { ReplyFinish } from '#src/base/play-end.ts';
import { type Metrics, openMetrics } from '#src/ops/metrics/metrics.ts';
import { SpeedStats } from '#src/ops/speed-stats.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import { toLogged } from '#test/fakes/to-logged.ts';

const channel = {
  guildId: toGuildId('guild-1'),
  channelId: toChannelId('channel-1'),
  name: 'Lounge',
};
const instants = {
  heardAtMs: 1000,
  endedAtMs: 1300,
  firstTokenAtMs: 1440,
  firstSentAtMs: 1800,
};
const answered: SessionEvent = {
  kind: 'answered',
  answerId: 1,
  speakerId: toPersonId('adam-1'),
  name: 'Adam',
  text: 'my secret answer',
  heardText: 'my secret',
  finish: 'completed',
  instants,
};
const counts = { sent: 50, refused: 1, shifts: 2, errors: 0, notAllowed: 7, sealed: 3 };

/** The page after `count`, as lines. */
async function pageAfter(count: (metrics: Metrics) => void) {
  using metrics = openMetrics(() => true);
  count(metrics);
  return (await metrics.page()).text.split('\n');
}

function afterSessions(...events: readonly SessionEvent[]) {
  return pageAfter(({ sessions }) => {
    for (const event of events) sessions.countEvent(toGuildId('guild-1'), event);
  });
}

test('each instant of a spoken turn is measured since the last voiced packet', async () => {
  const page = await afterSessions(answered);
  expect(page).toContain('parley_turn_instant_seconds_sum{instant="ended"} 0.3');
  expect(page).toContain('parley_turn_instant_seconds_sum{instant="first_token"} 0.44');
  expect(page).toContain(
    'parley_turn_instant_seconds_bucket{le="0.8",instant="first_sent"} 1',
  );
  expect(page).toContain(
    'parley_turn_instant_seconds_bucket{le="0.6",instant="first_sent"} 0',
  );
  expect(page.join('\n')).not.toContain('instant="recognised"');
  expect(page).toContain('parley_turns_total{finish="completed",asked="spoken"} 1');
});

test('a typed question counts as a turn and leaves the figures of spoken ones alone', async () => {
  const page = await afterSessions({ ...answered, typed: true });
  expect(page).toContain('parley_turns_total{finish="completed",asked="typed"} 1');
  expect(page.join('\n')).not.toContain('parley_turn_instant_seconds_sum{');
});

test('an open link counts as it goes, and nothing gets less when it closes or another begins', async () => {
  using metrics = openMetrics(() => true);
  const { discord } = metrics;
  const listLines = async () => (await metrics.page()).text.split('\n');
  let sealed = 10;
  const tallyPackets = () => ({ ...counts, sealed });
  discord.countLink(toGuildId('guild-1'), tallyPackets);
  discord.countLink(toGuildId('guild-2'), () => counts);
  expect(await listLines()).toContain('parley_packets_total{what="sealed"} 13');
  sealed = 30;
  expect(await listLines()).toContain('parley_packets_total{what="sealed"} 33');
  discord.onLinkClosed(toGuildId('guild-1'), tallyPackets());
  sealed = 0;
  discord.countLink(toGuildId('guild-1'), tallyPackets);
  expect(await listLines()).toContain('parley_packets_total{what="sealed"} 33');
  discord.countLink(toGuildId('guild-2'), tallyPackets);
  expect(await listLines()).toContain('parley_packets_total{what="sealed"} 33');
  expect(await listLines()).toContain('parley_clock_shifts_total 8');
});

test('commands are timed by name, reconnects and closed sockets counted', async () => {
  const page = await pageAfter(({ discord }) => {
    discord.commands.observe({ name: 'join' }, 0.24);
    discord.gateway.inc({ what: 'resumed', shard: '1' });
    discord.voiceCloses.inc({ code: '4015' });
  });
  expect(page).toContain('parley_command_seconds_bucket{le="0.3",name="join"} 1');
  expect(page).toContain('parley_gateway_total{what="resumed",shard="1"} 1');
  expect(page).toContain('parley_voice_closes_total{code="4015"} 1');
});

test('no figure carries an id, a name or a word', async () => {
  const page = await pageAfter((metrics) => {
    metrics.sessions.countEvent(toGuildId('guild-1'), {
      kind: 'joined',
      channel,
      tookMs: 1,
    });
    metrics.sessions.countEvent(toGuildId('guild-1'), answered);
    metrics.sessions.countEvent(toGuildId('guild-1'), {
      kind: 'left',
      channel,
      why: 'asked',
    });
    metrics.discord.countLink(toGuildId('guild-1'), () => counts);
    metrics.discord.onLinkClosed(toGuildId('guild-1'), counts);
  });
  expect(page.join('\n')).not.toMatch(/guild-1|channel-1|adam-1|Adam|Lounge|secret/);
});

test('the delay of the event loop is measured from the first voice link on, and until a minute after the last one', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  using metrics = openMetrics(() => true);
  const countDelays = async () =>
    (await metrics.page()).text.match(/^parley_event_loop_delay_\w+ .*$/gm)?.length ??
    0;
  try {
    expect(await countDelays()).toBe(0);
    metrics.discord.countLink(toGuildId('guild-1'), () => counts);
    expect(await countDelays()).toBe(2);
    vi.advanceTimersByTime(300_000);
    metrics.discord.onLinkClosed(toGuildId('guild-1'), counts);
    vi.advanceTimersByTime(59_000);
    expect(await countDelays()).toBe(2);
    vi.advanceTimersByTime(1_000);
    expect([await countDelays(), vi.getTimerCount()]).toEqual([0, 0]);
  } finally {
    vi.useRealTimers();
  }
});

test('a frame that left audibly late raises the alert of its window, and the next window clears it', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  using metrics = openMetrics(() => true);
  const { loop } = metrics;
  const states: string[] = [];
  loop.onAlert(({ state }) => states.push(state));
  try {
    metrics.discord.countLink(toGuildId('guild-1'), () => counts);
    loop.noteDelay(90);
    vi.advanceTimersByTime(30_000);
    expect(states).toEqual([]);
    loop.noteDelay(140);
    loop.noteDelay(120);
    expect(loop.read()?.maxMs).toBe(140);
    vi.advanceTimersByTime(30_000);
    vi.advanceTimersByTime(30_000);
    expect(states).toEqual(['raised', 'cleared']);
  } finally {
    vi.useRealTimers();
  }
});

test('the metrics page shows bugs that the bot outlived, and how long the store takes', async () => {
  const page = await pageAfter((metrics) => {
    metrics.bugs.inc();
    metrics.writes.observe(0.02);
  });
  expect(page).toContain('parley_bugs_survived_total 1');
  expect(page).toContain('parley_store_write_seconds_bucket{le="0.03"} 1');
});

test('the process has the names that stock dashboards read, and says which build it is', async () => {
  const page = await pageAfter(() => undefined);
  const text = page.join('\n');
  expect(text).toMatch(/^process_cpu_seconds_total \d/m);
  expect(text).toMatch(/^process_resident_memory_bytes \d/m);
  expect(text).toMatch(/^process_start_time_seconds 1\d{9}/m);
  expect(text).toMatch(
    /^parley_build_info\{version="\d+\.\d+\.\d+",nodejs="\d+\..*"\} 1$/m,
  );
});

function makeAnswered(
  startMs: number | undefined,
  finish: ReplyFinish = 'completed',
): SessionEvent {
  const sent = startMs !== undefined && { firstSentAtMs: 1000 + startMs };
  const instants = { heardAtMs: 1000, endedAtMs: 1180, ...sent };
  const who = {
    speakerId: toPersonId('adam'),
    name: 'Adam',
    text: 'secret',
    heardText: 'secret',
  };
  return { kind: 'answered', answerId: 1, ...who, finish, instants };
}

function statsOf(...events: readonly SessionEvent[]) {
  const stats = new SpeedStats();
  for (const event of events) stats.report(toGuildId('g'), event);
  return stats;
}

test('the speed is the median and the 95th percentile of the answers that were heard', () => {
  const stats = statsOf(
    ...Array.from({ length: 20 }, (_, n) => makeAnswered((n + 1) * 10)),
  );
  expect(stats.speed(toGuildId('g'))).toEqual({
    turns: 20,
    p50Ms: 100,
    p95Ms: 190,
    failed: 0,
  });
});

test('answers that failed are counted among all, and a recogniser that fails is no answer', () => {
  const failed: SessionEvent = {
    kind: 'failed',
    stage: 'recognise',
    code: 'provider.late',
    message: toLogged('Late.'),
  };
  const stats = statsOf(makeAnswered(300), makeAnswered(undefined, 'failed'), failed);
  expect(stats.speed(toGuildId('g'))).toMatchObject({ turns: 2, failed: 1 });
});

test('calls that were left are counted by server, with the time of the last one', () => {
  const stats = new SpeedStats();
  const guildId = toGuildId('g');
  expect(stats.findLeftCalls(guildId)).toBeUndefined();
  stats.noteLeftCall(guildId, 1_000);
  stats.noteLeftCall(toGuildId('h'), 1_500);
  stats.noteLeftCall(guildId, 2_000);
  expect(stats.findLeftCalls(guildId)).toEqual({ count: 2, lastWallMs: 2_000 });
});

test('speech that was not sent is counted by server', () => {
  const stats = new SpeedStats();
  const guildId = toGuildId('g');
  expect(stats.getUnsent(guildId)).toEqual({ count: 0, ms: 0 });
  for (const ms of [2_000, 1_500]) stats.report(guildId, { kind: 'unsent', ms });
  stats.report(toGuildId('h'), { kind: 'unsent', ms: 700 });
  expect(stats.getUnsent(guildId)).toEqual({ count: 2, ms: 3_500 });
});

test('paid time of a live model is counted by server', () => {
  const stats = new SpeedStats();
  const guildId = toGuildId('g');
  expect(stats.getTalkMs(guildId)).toBe(0);
  for (const talkMs of [60_000, 12_000])
    stats.report(guildId, { kind: 'spent', what: 'think', usd: 0.05, talkMs });
  stats.report(toGuildId('h'), { kind: 'spent', what: 'think', usd: 0.05 });
  expect([stats.getTalkMs(guildId), stats.getTalkMs(toGuildId('h'))]).toEqual([
    72_000, 0,
  ]);
});
