import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { expect, test } from 'vitest';
import type { PageViewer } from '#src/web/http/viewer.ts';
import { operatorRoutes } from '#src/web/page/routes.ts';
import { SessionActions } from '#src/web/page/session-actions.ts';
import type { PageSnapshot } from '#src/web/page/snapshot.ts';
import { SnapshotFeed } from '#src/web/page/snapshot-feed.ts';
import { SpendingPage } from '#src/web/page/spending-days.ts';
import { ports } from '#test/commands/ports.ts';
import { settled, VirtualClock } from '#test/fakes/clock.ts';
import { MemorySpending } from '#test/fakes/spending.ts';
import { ask, cookieOf, enter, keyOf, openTestPage, refusalOf } from '#test/web/http/open-page.ts';

const small: PageSnapshot = {
  atWallMs: 5,
  rooms: [],
  servers: [],
  providers: [],
  alerts: [],
  stages: {},
};

const spendingClock = { wallMs: () => Date.UTC(2026, 10, 20, 12) };
const servers = [
  { guildId: 'g', guildName: '=cmd, "Harbour"' },
  { guildId: 'h', guildName: 'Elsewhere' },
];
const spent = { nanoUsd: 1_500_000_001, ms: 90_000, unpriced: 2, turns: 3 };

/** The operator's routes over a bot in server `g`, whose deeds are noted. */
async function openOperator(take = () => small) {
  const clock = new VirtualClock();
  const spending = new MemorySpending();
  const actions: string[] = [];
  const note = <Outcome>(action: string, outcome: Outcome) => {
    actions.push(action);
    return outcome;
  };
  const left = { kind: 'left', channel: 'Lounge', stayedMs: 1, hasTranscript: false } as const;
  const controls = {
    ...ports({ stop: () => note('stop', 'stopped' as const) }),
    sessions: {
      at: () => ({ guildId: 'g', channelId: 'lounge', name: 'Lounge' }),
      leave: async () => note('leave', left),
    },
    hearing: {
      pause: () => note('pause', 'paused' as const),
      resume: () => note('resume', 'resumed' as const),
    },
  };
  const feed = new SnapshotFeed({
    clock,
    take,
    show: (_viewer, snapshot) => snapshot,
    isCurrent: () => true,
    onBug: (error) => actions.push(`bug: ${error}`),
  });
  const page = await openTestPage({
    routes: (app) =>
      operatorRoutes(app, {
        feed,
        history: { periods: () => [{ startWallMs: 1, turns: 2, stages: {} }] },
        spending: new SpendingPage(spendingClock, () => ({ spending, servers: () => servers })),
        actions: new SessionActions((guildId) => (guildId === 'g' ? controls : undefined)),
        onAction: (viewer, action, guildId) => actions.push(`${viewer.kind} ${action} ${guildId}`),
      }),
  });
  const cookie = async (viewer: PageViewer) =>
    cookieOf(await enter(page.url, keyOf(page.links.create(viewer))));
  const act = async (path: string, viewer: PageViewer) =>
    await ask(
      page.url,
      `/page/rooms/${path}`,
      { cookie: await cookie(viewer), origin: page.url.origin },
      { method: 'POST' },
    );
  return {
    page,
    feed,
    clock,
    actions,
    spending,
    cookie,
    act,
    [Symbol.asyncDispose]: page[Symbol.asyncDispose],
  };
}

const owner: PageViewer = { kind: 'owner' };
const manager: PageViewer = { kind: 'manager', userId: 'boss', guildId: 'g' };

test('an owner stops, mutes, unmutes and sends away, and is told the outcome', async () => {
  await using operator = await openOperator();
  const texts: string[] = [];
  for (const action of ['stop', 'mute', 'unmute', 'leave']) {
    texts.push((await operator.act(`g/${action}`, owner)).text);
  }
  expect(texts).toEqual(
    ['stopped', 'paused', 'resumed', 'left'].map((outcome) => JSON.stringify({ outcome })),
  );
  expect(operator.actions).toContain('owner leave g');
});

test('anything else, another server, and nobody are refused with a sentence, and nothing is done', async () => {
  await using operator = await openOperator();
  expect(refusalOf(await operator.act('g/say', owner))[1]).toBe('page.no_action');
  expect(refusalOf(await operator.act('h/stop', manager))[1]).toBe('page.other_server');
  const other = { kind: 'sandbox' } as const;
  expect(refusalOf(await operator.act('g/stop', other))[1]).toBe('session.other_face');
  expect(refusalOf(await ask(operator.page.url, '/page/history'))[1]).toBe('session.none');
  expect(operator.actions).toEqual([]);
  expect(refusalOf(await operator.act('h/stop', owner)).slice(0, 2)).toEqual([409, 'page.nowhere']);
});

test('who watches reads a snapshot at once; once their browser is gone nobody watches', async () => {
  await using operator = await openOperator();
  const { page, feed } = operator;
  const headers = { cookie: await operator.cookie(manager) };
  const closed = new AbortController();
  const response = await fetch(new URL('/page/events', page.url), {
    headers,
    signal: closed.signal,
  });
  expect(response.headers.get('x-accel-buffering')).toBe('no');
  const reader = response.body?.getReader();
  const first = await reader?.read();
  expect(new TextDecoder().decode(first?.value)).toMatch(/^event: snapshot\ndata: \{"atWallMs":5/);
  expect(feed.size).toBe(1);
  closed.abort();
  await expect.poll(() => feed.size).toBe(0);
  await settled();
  expect(operator.clock.sleeping).toBe(0);
});

/** Snapshots by their instants, as this browser reads them; nothing is taken off the socket in between. */
async function* watched(url: URL, cookie: string): AsyncGenerator<number> {
  const asked = request(new URL('/page/events', url), { headers: { cookie } }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  for await (const part of response.setEncoding('utf8')) {
    const isWhole = (text.slice(-1) + part).includes('\n\n');
    text += part;
    if (!isWhole) continue;
    const whole = text.split('\n\n');
    text = whole.pop() ?? '';
    for (const event of whole) yield Number(/"atWallMs":(\d+)/.exec(event)?.[1]);
  }
}

test('who reads slowly misses snapshots over a real connection, while all others get each of them', async () => {
  const alert = { name: 'link-down', meaning: '', action: '' } as const;
  let atWallMs = 0;
  const take = () => ({
    ...{ ...small, atWallMs: ++atWallMs },
    alerts: [{ ...alert, cause: `${atWallMs} ${'x'.repeat(1_000_000)}` }],
  });
  await using operator = await openOperator(take);
  const cookie = await operator.cookie(owner);
  const [slow, quick] = [watched(operator.page.url, cookie), watched(operator.page.url, cookie)];
  const got = [(await slow.next()).value];
  const all: number[] = [];
  for await (const at of quick) {
    all.push(at);
    if (at === 40) break;
    await operator.clock.advance(1_000);
  }
  expect(all).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
  const takenMeanwhile = atWallMs;
  while (got.at(-1) < takenMeanwhile) {
    const next = slow.next();
    await operator.clock.advance(1_000);
    got.push((await next).value);
  }
  expect(got.filter((at) => at <= takenMeanwhile).length).toBeLessThan(takenMeanwhile / 2);
  expect(got).toEqual(got.toSorted((one, other) => one - other));
  await slow.return(0);
});

test('the history is that of the last hours', async () => {
  await using operator = await openOperator();
  const headers = { cookie: await operator.cookie(owner) };
  const { text } = await ask(operator.page.url, '/page/history', headers);
  expect(JSON.parse(text)).toEqual({ periods: [{ startWallMs: 1, turns: 2, stages: {} }] });
});

test('spending is read by day and by server, of a manager that of their own server', async () => {
  await using operator = await openOperator();
  const { spending, page } = operator;
  const day = '2026-08-23';
  await spending.add([
    { ...spent, guildId: 'g', day: '2026-08-22' },
    { ...spent, guildId: 'g', day },
    { ...spent, guildId: 'h', day: '2026-11-20' },
  ]);
  const read = async (path: string, viewer: PageViewer) =>
    await ask(page.url, `/page/${path}`, { cookie: await operator.cookie(viewer) });
  const sums = { usd: 1.500000001, minutes: 1.5, answers: 3, requests: 2 };
  const all = JSON.parse((await read('spending', owner)).text);
  expect(all.days).toHaveLength(90);
  expect(all.days[0]).toEqual({ day, ...sums });
  expect(all.days[1]).toMatchObject({ day: '2026-08-24', usd: 0 });
  expect(all.days[89]).toEqual({ day: '2026-11-20', ...sums });
  expect(all.servers).toEqual([
    { ...servers[0], ...sums },
    { ...servers[1], ...sums },
  ]);
  for (const path of ['spending', 'spending?server=g']) {
    const own = JSON.parse((await read(path, manager)).text);
    expect([own.days[0].usd, own.days[89].usd, own.servers]).toEqual([sums.usd, 0, []]);
  }
  for (const path of ['spending?server=h', 'spending.csv?server=h'])
    expect(refusalOf(await read(path, manager))[1]).toBe('page.other_server');
  for (const path of ['spending', 'spending.csv'])
    expect(refusalOf(await ask(page.url, `/page/${path}`))[1]).toBe('session.none');
  spending.trouble = 'unreadable';
  expect(refusalOf(await read('spending', owner))).toEqual([503, 'store.unreadable', 'Torn.']);
});

test('the day of a server whose date is ahead of UTC is the last one that is shown', async () => {
  await using operator = await openOperator();
  const { spending, page } = operator;
  await spending.add([
    { ...spent, guildId: 'h', day: '2026-11-20' },
    { ...spent, guildId: 'g', day: '2026-11-21' }, // 20 November, noon UTC, is the 21st in Kiritimati
  ]);
  const cookie = await operator.cookie(owner);
  const { text } = await ask(page.url, '/page/spending', { cookie });
  const { days, servers: sums } = JSON.parse(text);
  expect(days).toHaveLength(90);
  expect(days.slice(-2)).toMatchObject([
    { day: '2026-11-20', answers: 3 },
    { day: '2026-11-21', answers: 3 },
  ]);
  expect(sums.map(({ guildId }: { readonly guildId: string }) => guildId)).toEqual(['h', 'g']);
  const csv = await ask(page.url, '/page/spending.csv', { cookie });
  expect(csv.text).toContain('2026-11-21,g,');
});

test('spending is exported as CSV, in which no name of a server is a formula', async () => {
  await using operator = await openOperator();
  const { spending, page } = operator;
  await spending.add([
    { ...spent, guildId: 'g', day: '2026-11-19' },
    { ...spent, guildId: 'g', day: '2026-11-20' },
    { ...spent, guildId: 'i', day: '2026-11-20' },
  ]);
  const cookie = await operator.cookie(owner);
  const { headers, text } = await ask(page.url, '/page/spending.csv', { cookie });
  expect(headers['content-type']).toContain('text/csv');
  expect(headers['content-disposition']).toContain('attachment');
  expect(text.split('\r\n')).toEqual([
    'day,server_id,server,usd,minutes,answers,unpriced_requests',
    `2026-11-19,g,"'=cmd, ""Harbour""",1.500000001,1.50,3,2`,
    `2026-11-20,g,"'=cmd, ""Harbour""",1.500000001,1.50,3,2`,
    '2026-11-20,i,,1.500000001,1.50,3,2',
    '',
  ]);
});
