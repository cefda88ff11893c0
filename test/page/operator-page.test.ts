import { expect, test } from 'vitest';
import { alertActions, alerts } from '#src/base/alerts.ts';
import { BotError } from '#src/base/errors.ts';
import type { ProcessState, ProcessStates } from '#src/base/process-states.ts';
import type { SessionEvent } from '#src/conversation/ports/session-events.ts';
import type { ProviderBreaker } from '#src/provider/provider-news.ts';
import type { SpentCost } from '#src/spending/budget-authority.ts';
import type { PageViewer } from '#src/web/http/viewer.ts';
import { OperatorPage } from '#src/web/page/operator-page.ts';
import { shownTo } from '#src/web/page/snapshot.ts';
import { turnOn } from '#test/conversation/setup/captioned.ts';
import { lounge, openSessionFixture, pass } from '#test/conversation/setup/session-fixture.ts';
import { settled } from '#test/fakes/clock.ts';
import { MemorySpending } from '#test/fakes/spending.ts';

const today: SpentCost = {
  usd: 0.5,
  minutes: 0,
  capUsd: 2,
  capMinutes: 0,
  isUnpriced: false,
  turns: 3,
  top: { personId: 'eva', name: 'Eva' },
};

const manager = { kind: 'manager', userId: 'boss', guildId: 'g' } as const;
const breaker: ProviderBreaker = { role: 'chat', provider: 'api.example', state: 'closed' };

const alone: ProcessState = {
  ...{ name: 'here 1', version: '0.1.0', isOwn: true, shards: [0] },
  ...{ ageMs: 60_000, silentMs: 0 },
};

/** A page over a room with Adam, who called the bot in, and Eva, who has said nothing. */
async function openSetup(isReachedByLink = true) {
  const fixture = openSessionFixture();
  const { clock, hearing, sessions } = fixture;
  const managers = new Set(['boss']);
  const asked: string[] = [];
  const discord = {
    /** Who manages nothing any more, though nobody was told. */
    lost: new Set<string>(),
    isAway: false,
    asked(guildId: string, personId: string) {
      asked.push(`${guildId} ${personId}`);
      if (discord.isAway) throw new BotError('discord.unreachable', true, 'It is away.');
      if (discord.lost.has(personId)) managers.delete(personId);
    },
  };
  const bugs: unknown[] = [];
  const states: { value: ProcessStates } = { value: { shardCount: 1, processes: [alone] } };
  const checks = { count: 0 };
  const page = new OperatorPage({
    clock,
    bot: () => {
      checks.count++;
      return {
        sessions: () => sessions.all(),
        controls: () => ({
          sessions,
          port: sessions.features.port.bind(sessions.features),
          hearing,
        }),
        total: () => ({ usd: 4, capUsd: 5 }),
        today: () => today,
        mayManage: (guildId, personId) => guildId === 'g' && managers.has(personId),
        refreshMember: async (guildId, personId) => discord.asked(guildId, personId),
        servers: () => [{ guildId: 'g', guildName: 'Guild' }],
        processes: async () => states.value,
        spending: new MemorySpending(),
        breakers: () => [breaker],
      };
    },
    alerts: () => [
      {
        ...{ name: 'link-down', meaning: alerts['link-down'], action: alertActions['link-down'] },
        ...{ guildId: 'h', cause: 'no answer for 15 s' },
      },
    ],
    isReachedByLink,
    onAction: () => undefined,
    onBug: (error) => bugs.push(error),
  });
  await sessions.join(lounge, 'adam');
  await pass(fixture, 200);
  return { ...fixture, page, managers, discord, asked, bugs, checks, states };
}

/** A spoken question whose answer began `ms` after its last word. */
function answered(ms: number): SessionEvent {
  return {
    kind: 'answered',
    speakerId: 'adam',
    name: 'Adam',
    text: 'a secret',
    heardText: 'a secret',
    finish: 'completed',
    vainShare: 0,
    instants: { heardAtMs: 0, endedAtMs: 100, firstSentAtMs: ms },
  };
}

test('a channel is shown with the names of those who agreed, and all others as a number', async () => {
  const { page } = await openSetup();
  const [session] = page.snapshot().rooms;
  expect(session).toMatchObject({
    guildId: 'g',
    guildName: 'Guild',
    channelName: 'Lounge',
    state: 'listening',
    heard: ['Adam'],
    unheard: 1,
    isMuted: false,
    hasCaptions: false,
    waiting: 0,
    budget: { usd: 0.5, capUsd: 2, step: 'full' },
  });
  expect(JSON.stringify(page.snapshot())).not.toMatch(/Eva|eva|adam/);
});

test('every server of this process is listed, with what happens there and what was spent today', async () => {
  const { page, sessions } = await openSetup();
  const listed = { guildId: 'g', guildName: 'Guild', usd: 0.5, minutes: 0 };
  expect(page.snapshot().servers).toEqual([
    { ...listed, state: 'listening', heard: 1, unheard: 1 },
  ]);
  await sessions.leave('g');
  expect(page.snapshot().servers).toEqual([{ ...listed, heard: 0, unheard: 0 }]);
});

test('servers and alerts of other processes are listed as those told last, and a silent process says so', async () => {
  const { page, states, clock } = await openSetup();
  const server = { guildName: 'Far', state: 'speaking', heard: 2, unheard: 0, usd: 3, minutes: 0 };
  const alert = { name: 'link-down', meaning: 'm', action: 'a', cause: 'c', guildId: 'far' };
  const other = { ...alone, isOwn: false, version: '0.2.0', silentMs: 200 };
  const fresh = { servers: [{ ...server, guildId: 'far' }], alerts: [alert] };
  // The server `g` was handed over by a process that has been silent since.
  const stale = { servers: [{ ...server, guildId: 'far', guildName: 'Former' }], alerts: [] };
  states.value = {
    shardCount: 4,
    processes: [
      alone,
      { ...other, name: 'gone 3', shards: [], silentMs: 40_000, summary: stale },
      { ...other, name: 'there 2', shards: [1, 2], summary: fresh },
      { ...other, name: 'old 4', shards: [], summary: { rooms: 'of another version' } },
    ],
  };
  page.snapshot();
  await settled();
  const { servers, processes, alerts: raised } = page.snapshot();
  expect(servers.map(({ guildId, guildName, process }) => [guildId, guildName, process])).toEqual([
    ['g', 'Guild', undefined],
    ['far', 'Far', 'there 2'],
  ]);
  expect(raised.at(-1)).toEqual({ ...alert, guildName: 'Far', process: 'there 2' });
  expect(processes).toMatchObject({ shardCount: 4, unserved: [3] });
  expect(processes?.all).toMatchObject([
    { name: 'here 1', shards: [0], servers: 1, rooms: 1, alerts: 1 },
    { name: 'gone 3', silentMs: 40_000, servers: 1, rooms: 1 },
    { name: 'there 2', version: '0.2.0', shards: [1, 2], servers: 1, rooms: 1, alerts: 1 },
    { name: 'old 4' },
  ]);
  expect(processes?.all[2]).not.toHaveProperty('silentMs');
  expect(processes?.all[3]).not.toHaveProperty('servers');
  expect(processes?.all[0]?.startedWallMs).toBe(
    Math.round(clock.wallMs() / 1_000) * 1_000 - 60_000,
  );
});

test('while the database is away the list of processes says how old it is', async () => {
  const { page, states, clock } = await openSetup();
  page.snapshot();
  await settled();
  expect(page.snapshot().processes).not.toHaveProperty('oldMs');
  Object.defineProperty(states, 'value', {
    get: () => {
      throw new BotError('store.unreadable', true, 'It is away.');
    },
  });
  for (let n = 0; n < 6; n++) {
    await clock.advance(2_000);
    page.snapshot();
    await settled();
  }
  expect(page.snapshot().processes).toMatchObject({ oldMs: 12_000, all: [{ name: 'here 1' }] });
});

test('a channel whose first link failed is shown while it is tried again', async () => {
  const { page, sessions, linkOpener } = await openSetup();
  await sessions.leave('g');
  linkOpener.failures.push(new BotError('link.lost', true, 'Gone.'));
  await sessions.join(lounge, 'adam');
  const [session] = page.snapshot().rooms;
  expect(session).toMatchObject({ channelName: 'Lounge', state: 'reconnecting' });
  expect(session).not.toHaveProperty('lastAnswerMs');
});

test('a channel with captions says so', async () => {
  const setup = await openSetup();
  await turnOn(setup);
  expect(setup.page.snapshot().rooms[0]).toMatchObject({ hasCaptions: true });
});

test('whoever takes their yes back is a number in the next snapshot', async () => {
  const { page, sessions } = await openSetup();
  sessions.session('g')?.consent.agree('eva');
  expect(page.snapshot().rooms[0]).toMatchObject({ heard: ['Adam', 'Eva'], unheard: 0 });
  await sessions.leave('g');
  expect(page.snapshot().rooms).toEqual([]);
});

test('stages are told of the latest turns, of a server and of all, without a word', async () => {
  const { page } = await openSetup();
  for (const ms of [300, 400, 500]) page.session('g', answered(ms));
  page.session('h', answered(900));
  const snapshot = page.snapshot();
  expect(snapshot.rooms[0]?.stages.firstSentMs).toEqual({ p50Ms: 400, p95Ms: 500 });
  expect(snapshot.stages.firstSentMs).toEqual({ p50Ms: 400, p95Ms: 900 });
  expect(JSON.stringify(snapshot)).not.toContain('secret');
});

test('where nobody watches, the bot is not looked at, whatever happens in its sessions', async () => {
  const fixture = await openSetup();
  const { page, checks } = fixture;
  for (let n = 0; n < 60; n++) {
    page.session('g', answered(300));
    await pass(fixture, 1_000);
  }
  expect(checks.count).toBe(0);
  page.snapshot();
  expect(checks.count).toBe(1);
});

test('a manager sees their own server, no provider by name, and no alert of others', async () => {
  const { page } = await openSetup();
  const [role, provider, code] = ['chat', 'api.example', 'provider.late'] as const;
  page.provider({ kind: 'failed', role, provider, code, message: 'It failed.' });
  const snapshot = page.snapshot();
  expect(shownTo({ kind: 'owner' }, snapshot)).toBe(snapshot);
  expect(snapshot.providers).toContainEqual({
    role,
    state: 'fails',
    provider,
    code,
    breakers: [{ provider, state: 'closed' }],
  });
  expect(snapshot.alerts[0]?.meaning).toBe(alerts['link-down']);
  const own = shownTo({ kind: 'manager', userId: 'boss', guildId: 'g' }, snapshot);
  expect(own.rooms).toEqual(snapshot.rooms);
  expect(own.alerts).toEqual([]);
  expect(own.providers).toContainEqual({ role, state: 'fails' });
  const other = shownTo({ kind: 'manager', userId: 'boss', guildId: 'h' }, snapshot);
  expect([other.rooms, other.alerts.length]).toEqual([[], 1]);
  expect(own.servers).toEqual([]);
  expect(own).not.toHaveProperty('processes');
});

test('a manager is who they were for as long as they manage that server', async () => {
  const { page, managers } = await openSetup();
  expect(await page.isCurrent(manager)).toBe(true);
  expect(await page.isCurrent({ ...manager, guildId: 'h' })).toBe(false);
  managers.delete('boss');
  expect(await page.isCurrent(manager)).toBe(false);
  expect(await page.isCurrent({ kind: 'owner' })).toBe(true);
  expect(await page.isCurrent({ kind: 'sandbox' })).toBe(false);
});

test('of a manager Discord is asked again after 15 s, as it tells nobody whose roles have changed', async () => {
  const { page, discord, asked, clock } = await openSetup();
  for (let n = 0; n < 3; n++) expect(await page.isCurrent(manager)).toBe(true);
  expect(asked).toEqual(['g boss']);
  discord.lost.add('boss');
  await clock.advance(14_999);
  expect(await page.isCurrent(manager)).toBe(true);
  await clock.advance(1);
  expect(await page.isCurrent(manager)).toBe(false);
});

test('while Discord does not answer, what it told last of a manager holds', async () => {
  const { page, discord, managers } = await openSetup();
  discord.isAway = true;
  expect(await page.isCurrent(manager)).toBe(true);
  managers.delete('boss');
  expect(await page.isCurrent(manager)).toBe(false);
});

test('a link for a manager is made where others reach the page, once it is open', async () => {
  const create = (viewer: PageViewer) => new URL(`https://page.example/#${JSON.stringify(viewer)}`);
  for (const isReached of [true, false]) {
    const { page } = await openSetup(isReached);
    expect(page.link('g', 'boss')).toBeUndefined();
    page.open({ create });
    const link = decodeURI(new URL(page.link('g', 'boss') ?? 'none:').hash.slice(1));
    const viewer = { kind: 'manager', guildId: 'g', userId: 'boss' };
    expect(link).toBe(isReached ? JSON.stringify(viewer) : '');
  }
});
