import type { ProcessState } from '#src/base/process-states.ts';
import { noPackets } from '#src/conversation/hearing/speaker-inputs.ts';
import type { SessionEvent } from '#src/conversation/ports/session-events.ts';
import type { RaisedAlert } from '#src/ops/alert-board.ts';
import { dayOf } from '#src/spending/calendar.ts';
import type { SpendingEntry } from '#src/spending/spending-store.ts';
import { openLocalStore } from '#src/storage/local-store.ts';
import { OperatorPage } from '#src/web/page/operator-page.ts';
import {
  adam,
  openSessionFixture,
  places,
  type SessionFixture,
  talkative,
} from '#test/conversation/setup/session-fixture.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import type { FakeLink } from '#test/fakes/link.ts';
import { openBudgets } from '#test/fakes/spending.ts';
import { openTestPage } from '#test/web/http/open-page.ts';

const words = ['Harbour', 'Meadow', 'Lantern', 'Quarry', 'Orchard', 'Summit', 'Delta', 'Canyon'];
const dayMs = 86_400_000;
/** Length in ms of a step of the grid on which links send. */
const stepMs = 20;

export type ManyServers = Awaited<ReturnType<typeof openManyServers>>;

/**
 * The operator's page of a bot in many servers, over sessions, budgets and a store of its own: only Discord and the engines are
 * fakes. `pass` lets time pass, and `stir` makes something happen in some of the channels.
 */
export async function openManyServers(
  count: number,
  joinedCount: number,
  others: readonly ProcessState[] = [],
) {
  await using stack = new AsyncDisposableStack();
  const servers = serversOf(count);
  const clock = new VirtualClock(Date.UTC(2026, 10, 20, 9));
  const { budgets, ledger } = openBudgets(clock);
  const listeners: OperatorPage[] = [];
  const fixture = openSessionFixture(
    {
      spending: budgets,
      pipeline: talkative(4),
      places: {
        ...places,
        has: () => true,
        channel: (guildId, channelId) => ({ guildId, channelId, name: 'Lounge' }),
      },
      onEvent: (guildId, event) => listeners[0]?.session(guildId, event),
    },
    undefined,
    clock,
  );
  const { hearing, linkOpener, sessions } = fixture;
  const store = stack.use(await openLocalStore(':memory:', { clock }));
  const wallMs = clock.wallMs();
  for (const [n, { guildId }] of servers.entries()) {
    await store.spending.add(spentIn(guildId, n, wallMs));
    if (n % 3 === 0) ledger.charge(guildId, undefined, { nanoUsd: n * 1e6, turns: n }, wallMs);
  }
  const alerts: RaisedAlert[] = [];
  const page = new OperatorPage({
    clock,
    bot: () => ({
      servers: () => servers,
      sessions: () => sessions.all(),
      today: (guildId) => budgets.today(guildId),
      controls: () => ({ sessions, port: (type) => sessions.features.port(type), hearing }),
      mayManage: () => true,
      refreshMember: async () => undefined,
      processes: async () => ({ shardCount: 2 + others.length, processes: [own, ...others] }),
      spending: store.spending,
      total: () => undefined,
      breakers: () => [],
    }),
    alerts: () => alerts,
    isReachedByLink: true,
    onAction: () => undefined,
    onBug: (error) => {
      throw error;
    },
  });
  listeners.push(page);
  const web = stack.use(
    await openTestPage({ clock, routes: (app) => page.routes(app), isCurrent: () => true }),
  );
  const pass = (ms: number) => passOn(fixture, ms);
  const joined = servers.filter((_, n) => n % Math.floor(count / joinedCount) === 0);
  for (const { guildId } of joined) await join(fixture, guildId);
  stack.defer(async () => {
    const closing = sessions[Symbol.asyncDispose]();
    await pass(10_000);
    await closing;
  });
  let round = 0;
  const stir = (): void => {
    round++;
    for (const [n, { guildId }] of joined.entries()) {
      page.session(guildId, streamed(round + n));
      const link = linkOpener.links[n];
      if (link && (n + round) % 7 === 0) change(fixture, guildId, link, round);
    }
  };
  const all = stack.move();
  return {
    ...{ alerts, joined, page, pass, servers, stir },
    link: () => web.links.create({ kind: 'owner' }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

const own: ProcessState = {
  ...{ name: 'here 1', version: '0.1.0', isOwn: true, shards: [0, 1] },
  ...{ ageMs: 7_500_000, silentMs: 0 },
};

function serversOf(count: number) {
  return Array.from({ length: count }, (_, n) => ({
    guildId: `${1_000_000_000_000_000_000n + BigInt(n) * 7_919n}`,
    guildName: `${words[n % words.length]} ${Math.floor(n / words.length) + 1}`,
  }));
}

async function passOn({ clock, linkOpener }: SessionFixture, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await clock.advance(stepMs);
    for (const link of linkOpener.links) if (!link.closed) link.tick(clock.nowMs());
  }
}

async function join(fixture: SessionFixture, guildId: string): Promise<void> {
  const room = { guildId, channelId: `9${guildId}`, name: 'Lounge' };
  const joining = fixture.sessions.join(room, adam.id);
  await passOn(fixture, stepMs);
  await joining;
}

/** A question, a person who comes or goes, or a pause of hearing and its end. */
function change(
  { hearing, talk }: SessionFixture,
  guildId: string,
  link: FakeLink,
  round: number,
): void {
  const kind = round % 4;
  if (kind < 2) void talk.ask(guildId, 'Well?', adam, 'voice');
  else if (kind === 2) link.present.splice(1, 1, ...(link.present[1] ? [] : [guest]));
  else if (hearing.pause(guildId) !== 'paused') hearing.resume(guildId);
}

const guest = { id: 'guest', name: 'Guest', isBot: false, roleIds: [] };

/** Ninety days of a server, of which some are without spending. */
function spentIn(guildId: string, n: number, wallMs: number): readonly SpendingEntry[] {
  return Array.from({ length: 90 }, (_, back) => ({
    ...{ guildId, day: dayOf(wallMs - back * dayMs) },
    nanoUsd: ((n * 31 + back * 17) % 97) * (back % 7 === 0 ? 0 : 4e6),
    ...{ ms: 0, unpriced: 0, turns: (n + back) % 40 },
  }));
}

function streamed(n: number): SessionEvent {
  const packets = { ...noPackets, heard: 50, lost: n % 3 };
  return { kind: 'stream', speakerId: adam.id, jitterMs: 4 + (n % 9), packets };
}
