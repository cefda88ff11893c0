import { expect, test, vi } from 'vitest';
import type { AlertChange } from '#src/base/alerts.ts';
import { noPackets } from '#src/conversation/hearing/speaker-inputs.ts';
import { featureEvent, type SessionEvent } from '#src/conversation/ports/session-events.ts';
import { captioned } from '#src/features/captions/session-captions.ts';
import { features } from '#src/features/features.ts';
import { reminderEnded } from '#src/features/reminders/reminder-scheduler.ts';
import { LoopDelay } from '#src/ops/loop-delay.ts';
import { Metrics } from '#src/ops/metrics/metrics.ts';

const channel = { guildId: 'guild-1', channelId: 'channel-1', name: 'Lounge' };
const instants = { heardAtMs: 1000, endedAtMs: 1300, firstTokenAtMs: 1440, firstSentAtMs: 1800 };
const answered: SessionEvent = {
  kind: 'answered',
  vainShare: 0,
  speakerId: 'adam-1',
  name: 'Adam',
  text: 'my secret answer',
  heardText: 'my secret',
  finish: 'completed',
  instants,
};
const counts = { sent: 50, refused: 1, shifts: 2, errors: 0, notAllowed: 7, sealed: 3 };

/** The page after `count`, as lines. */
async function pageAfter(count: (metrics: Metrics) => void, ready = true): Promise<string[]> {
  using metrics = new Metrics(() => ready);
  count(metrics);
  return (await metrics.page()).text.split('\n');
}

function afterSessions(...events: readonly SessionEvent[]): Promise<string[]> {
  return pageAfter(({ sessions }) => {
    for (const event of events) sessions.count('guild-1', event);
  });
}

test('each instant of a spoken turn is measured since the last voiced packet', async () => {
  const page = await afterSessions(answered);
  expect(page).toContain('parley_turn_instant_seconds_sum{instant="ended"} 0.3');
  expect(page).toContain('parley_turn_instant_seconds_sum{instant="first_token"} 0.44');
  expect(page).toContain('parley_turn_instant_seconds_bucket{le="0.8",instant="first_sent"} 1');
  expect(page).toContain('parley_turn_instant_seconds_bucket{le="0.6",instant="first_sent"} 0');
  expect(page.join('\n')).not.toContain('instant="recognised"');
  expect(page).toContain('parley_turns_total{finish="completed",asked="spoken"} 1');
});

test('a typed question counts as a turn and leaves the figures of spoken ones alone', async () => {
  const page = await afterSessions({ ...answered, typed: true });
  expect(page).toContain('parley_turns_total{finish="completed",asked="typed"} 1');
  expect(page.join('\n')).not.toContain('parley_turn_instant_seconds_sum{');
});

test('failures are counted by stage and code', async () => {
  const page = await afterSessions(
    { kind: 'failed', stage: 'think', code: 'provider.late', message: 'Too slow.' },
    { kind: 'failed', stage: 'think', code: 'provider.late', message: 'Again.' },
  );
  expect(page).toContain('parley_failures_total{stage="think",code="provider.late"} 2');
});

test('calls of tools are counted by how they ended', async () => {
  const tool = { kind: 'tool', speakerId: 'adam-1', tookMs: 4 } as const;
  const page = await afterSessions(
    { ...tool, tool: 'time', how: 'ran' },
    { ...tool, tool: 'leave', how: 'asked' },
  );
  expect(page).toContain('parley_tool_calls_total{tool="time",how="ran"} 1');
  expect(page).toContain('parley_tool_calls_total{tool="leave",how="asked"} 1');
});

test('answers that a proxy buffered are counted by role', async () => {
  const page = await pageAfter(({ providers }) => {
    providers.buffered('text to speech');
    providers.buffered('text to speech');
  });
  expect(page).toContain('parley_provider_buffered_answers_total{role="text to speech"} 2');
});

test('questions that waited for nothing are counted by reason', async () => {
  const dropped = { kind: 'dropped', speakerId: 'adam-1', name: 'Adam' } as const;
  const page = await afterSessions(
    { ...dropped, why: 'crowded' },
    { ...dropped, why: 'late' },
    { ...dropped, why: 'late' },
  );
  expect(page).toContain('parley_dropped_total{why="crowded"} 1');
  expect(page).toContain('parley_dropped_total{why="late"} 2');
});

test('what servers cost is counted by what for', async () => {
  const page = await afterSessions(
    { kind: 'spent', what: 'speak', usd: 0.25 },
    { kind: 'spent', what: 'speak', usd: 0.5 },
  );
  expect(page).toContain('parley_spent_usd_total{what="speak"} 0.75');
});

test('what became of voice packets is counted by fate', async () => {
  const packets = { ...noPackets, heard: 40, lost: 2, concealed: 2 };
  const stream: SessionEvent = { kind: 'stream', speakerId: 'adam-1', packets };
  const page = await afterSessions(stream, stream);
  expect(page).toContain('parley_voice_packets_total{fate="heard"} 80');
  expect(page).toContain('parley_voice_packets_total{fate="lost"} 4');
  expect(page).toContain('parley_voice_packets_total{fate="crowded"} 0');
  expect(page.join('\n')).not.toContain('adam-1');
});

test('joins and leaves are counted, and the channels the bot is in', async () => {
  const joined: SessionEvent = { kind: 'joined', channel, tookMs: 400 };
  const left: SessionEvent = { kind: 'left', channel, why: 'alone' };
  const inside = await afterSessions(joined, joined);
  expect(inside).toContain('parley_channels 1');
  expect(inside).toContain('parley_join_seconds_count 2');
  const outside = await afterSessions(joined, left);
  expect(outside).toContain('parley_channels 0');
  expect(outside).toContain('parley_leaves_total{why="alone"} 1');
});

test('a closed link adds its frames, gaps and lost packets', async () => {
  const page = await pageAfter(({ discord }) => {
    discord.linkOpened('guild-1', 700);
    discord.linkClosed('guild-1', counts);
    discord.linkClosed('guild-1', counts);
  });
  expect(page).toContain('parley_frames_total{what="sent"} 100');
  expect(page).toContain('parley_frames_total{what="refused"} 2');
  expect(page).toContain('parley_clock_shifts_total 4');
  expect(page).toContain('parley_packets_total{what="not_allowed"} 14');
  expect(page).toContain('parley_packets_total{what="sealed"} 6');
  expect(page).toContain('parley_link_open_seconds_bucket{le="1"} 1');
});

test('an open link counts as it goes, and nothing gets less when it closes or another begins', async () => {
  using metrics = new Metrics(() => true);
  const { discord } = metrics;
  const lines = async () => (await metrics.page()).text.split('\n');
  let sent = 10;
  const tally = () => ({ ...counts, sent });
  discord.linkMade('guild-1', tally);
  discord.linkMade('guild-2', () => counts);
  expect(await lines()).toContain('parley_frames_total{what="sent"} 60');
  expect(await lines()).toContain('parley_packets_total{what="sealed"} 6');
  sent = 30;
  expect(await lines()).toContain('parley_frames_total{what="sent"} 80');
  discord.linkClosed('guild-1', tally());
  sent = 0;
  discord.linkMade('guild-1', tally);
  expect(await lines()).toContain('parley_frames_total{what="sent"} 80');
  discord.linkMade('guild-2', tally);
  expect(await lines()).toContain('parley_frames_total{what="sent"} 80');
  expect(await lines()).toContain('parley_clock_shifts_total 8');
});

test('voice sockets are counted by the close codes Discord documents; all others are one', async () => {
  const page = await pageAfter(({ discord }) => {
    for (const code of [4014, 4015, 4015, 4999, -1]) discord.voiceClosed(code);
  });
  expect(page).toContain('parley_voice_closes_total{code="4015"} 2');
  expect(page).toContain('parley_voice_closes_total{code="other"} 2');
});

test('commands are timed by name, and their failures counted by code', async () => {
  const page = await pageAfter(({ discord }) => {
    discord.answered('join', 240);
    discord.commandFailed('internal');
    discord.gateway('resumed', 1);
    discord.warned();
  });
  expect(page).toContain('parley_command_seconds_bucket{le="0.3",name="join"} 1');
  expect(page).toContain('parley_command_failures_total{code="internal"} 1');
  expect(page).toContain('parley_gateway_total{what="resumed",shard="1"} 1');
  expect(page).toContain('parley_warnings_total 1');
});

test('no figure carries an id, a name or a word', async () => {
  const page = await pageAfter((metrics) => {
    metrics.sessions.count('guild-1', { kind: 'joined', channel, tookMs: 1 });
    metrics.sessions.count('guild-1', answered);
    metrics.sessions.count('guild-1', { kind: 'left', channel, why: 'asked' });
    metrics.discord.linkMade('guild-1', () => counts);
    metrics.discord.linkClosed('guild-1', counts);
  });
  expect(page.join('\n')).not.toMatch(/guild-1|channel-1|adam-1|Adam|Lounge|secret/);
});

test('every figure is named parley_ and says what it is', async () => {
  const page = await pageAfter(() => undefined, false);
  const names = page.flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? []);
  expect(names.length).toBeGreaterThan(15);
  expect(names.filter((name) => !name.startsWith('parley_'))).toEqual([]);
  expect(page.filter((line) => line.startsWith('# HELP'))).toHaveLength(names.length);
  expect(page).toContain('parley_ready 0');
});

test('two bots of one process count apart', async () => {
  using idle = new Metrics(() => true);
  await afterSessions(answered);
  expect((await idle.page()).text).not.toContain('asked="spoken"');
});

test('an event loop that is held up shows in its delay, and raises an alert', async () => {
  using loop = new LoopDelay(() => true);
  const reported: AlertChange[] = [];
  loop.onAlert((change) => reported.push(change));
  loop.start();
  const worstMs = () => loop.read()?.maxMs ?? 0;
  for (let tries = 0; tries < 20 && worstMs() < 150; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    for (const untilMs = performance.now() + 220; performance.now() < untilMs; );
  }
  expect(worstMs()).toBeGreaterThanOrEqual(150);
  expect(worstMs()).toBeLessThan(60_000);
  expect(reported).toMatchObject([{ name: 'event-loop-delayed', state: 'raised' }]);
});

test('the delay of the event loop is measured from the first voice link on, and until a minute after the last one', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  using metrics = new Metrics(() => true);
  const delays = async () =>
    (await metrics.page()).text.match(/^parley_event_loop_delay_\w+ .*$/gm)?.length ?? 0;
  try {
    expect(await delays()).toBe(0);
    metrics.discord.linkMade('guild-1', () => counts);
    expect(await delays()).toBe(3);
    vi.advanceTimersByTime(300_000);
    metrics.discord.linkClosed('guild-1', counts);
    vi.advanceTimersByTime(59_000);
    expect(await delays()).toBe(3);
    vi.advanceTimersByTime(1_000);
    expect(await delays()).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('a channel whose link is not open counts as one the bot is on its way back to', async () => {
  const joined: SessionEvent = { kind: 'joined', channel, tookMs: 700 };
  const states = async (count: (metrics: Metrics) => void) => {
    const page = await pageAfter((metrics) => {
      metrics.sessions.count('guild-1', joined);
      metrics.discord.linkMade('guild-1', () => counts);
      metrics.discord.linkOpened('guild-1', 700);
      count(metrics);
    });
    return page.filter((line) => line.startsWith('parley_channel_links{'));
  };
  expect(await states(() => undefined)).toEqual([
    'parley_channel_links{state="open"} 1',
    'parley_channel_links{state="reconnecting"} 0',
  ]);
  expect(await states(({ discord }) => discord.linkClosed('guild-1', counts))).toEqual([
    'parley_channel_links{state="open"} 0',
    'parley_channel_links{state="reconnecting"} 1',
  ]);
});

test('the page tells which version runs, bugs it outlived and how long the store takes', async () => {
  const page = await pageAfter((metrics) => {
    metrics.process.bugSurvived();
    metrics.process.storeWritten(20);
  });
  expect(page.join('\n')).toMatch(/^parley_info{version="unknown",node="\d+[\d.]*"} 1$/m);
  expect(page.join('\n')).toMatch(/^parley_start_time_seconds \d{10}$/m);
  expect(page).toContain('parley_bugs_survived_total 1');
  expect(page).toContain('parley_store_write_seconds_bucket{le="0.03"} 1');
});

test('the CPU time of the process is told in seconds, for whoever asks when it needs a second one', async () => {
  const page = await pageAfter(() => undefined);
  const line = page.find((one) => one.startsWith('parley_cpu_seconds_total '));
  expect(Number(line?.split(' ')[1])).toBeGreaterThan(0.01);
});

test('events of features are counted by the labels or timed by the field that their kinds declare', async () => {
  const kinds = features.flatMap(({ events = [] }) => events);
  using metrics = new Metrics(() => true, 'unknown', kinds);
  const said = featureEvent(reminderEnded, { personId: 'adam-1', outcome: 'said', lateMs: 2 });
  const shown = featureEvent(captioned, { speakerId: 'adam-1', tookMs: 250 });
  for (const event of [said, said, shown]) metrics.sessions.count('guild-1', event);
  const page = (await metrics.page()).text.split('\n');
  expect(page).toContain('# HELP parley_reminders_total Reminders, by how they ended.');
  expect(page).toContain('parley_reminders_total{outcome="said"} 2');
  expect(page).toContain('# TYPE parley_caption_seconds histogram');
  expect(page).toContain('parley_caption_seconds_bucket{le="0.2"} 0');
  expect(page).toContain('parley_caption_seconds_bucket{le="0.25"} 1');
  expect(page.join('\n')).not.toMatch(/adam-1|guild-1/);
});
