import { noGuild } from '#src/base/ids.ts';
import { findRolePrice } from '#src/config/tariffs.ts';
import { describeServer } from '#src/provider/models/standard-models.ts';
import { createBudgetError } from '#src/spending/reservation.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import type { FakeHost } from '#test/contracts/pipeline-contract.ts';
import {
  askLive,
  makeReleasedHost,
  makeSpokenTurn,
  openLive,
  readAnswer,
} from './live-setup.ts';

const long = 'Once upon a time there was a very long story about it. '.repeat(40);

/** A payer with so many minutes, who is asked for each before it begins. */
function makePayer(minutes: number) {
  const host = makeReleasedHost();
  const reserved: number[] = [];
  const paid: number[] = [];
  let held = 0;
  const meter: FakeHost['meter'] = {
    ...host.meter,
    guildId: noGuild,
    async reserveTalk(ms: number) {
      if (reserved.length >= minutes) throw createBudgetError('server');
      reserved.push(ms);
      held++;
      return { maxUnits: ms, release: () => void held-- };
    },
    recordTalk: (ms: number) => void paid.push(ms),
  };
  Object.assign(host, { meter });
  const sumPaid = () => paid.reduce((all, ms) => all + ms, 0);
  return { host, reserved, paid, sum: sumPaid, isHolding: () => held };
}

test('each minute of a session is set aside before it begins, and the time is paid once it is over', async () => {
  using live = openLive({ answer: () => ({ says: long }) });
  const payer = makePayer(10);
  const { error } = await live.runWork(
    readAnswer(live, makeSpokenTurn('Tell me a story.'), payer.host),
    300_000,
  );
  expect(error).toBeUndefined();
  const spokenMs = long.length * 65;
  expect(payer.reserved.length).toBeGreaterThanOrEqual(Math.ceil(spokenMs / 60_000));
  await live.clock.advance(11_000);
  expect(live.talk.openSessions).toBe(0);
  expect(payer.sum()).toBeGreaterThan(spokenMs);
  expect(payer.sum()).toBeLessThan(spokenMs + 20_000);
  expect(payer.sum()).toBeLessThanOrEqual(payer.reserved.length * 60_000);
  expect(payer.isHolding()).toBe(0);
});

test('where no money is left for another minute, the session ends with the one that was paid, and says so', async () => {
  using live = openLive({ answer: () => ({ says: long }) });
  const payer = makePayer(1);
  const { error, parts } = await live.runWork(
    readAnswer(live, makeSpokenTurn('Tell me a story.'), payer.host),
    120_000,
  );
  expect(error).toMatchObject({ code: 'budget.used' });
  expect(parts.some(({ kind }) => kind === 'audio')).toBe(true);
  expect(live.server.sessions[0]?.isClosed).toBe(true);
  expect(payer.sum()).toBeLessThanOrEqual(60_000);
  expect(payer.isHolding()).toBe(0);
});

test('without money no session is begun', async () => {
  using live = openLive({ answer: () => ({ says: 'Well.' }) });
  const { error } = await askLive(live, makeSpokenTurn('Hello?'), makePayer(0).host);
  expect(error).toMatchObject({ code: 'budget.used' });
  expect(live.server.sessions).toEqual([]);
});

test('a session of a server that does not start costs nothing', async () => {
  using live = openLive({ answer: () => ({}), trouble: 'no such model' });
  const payer = makePayer(1);
  await askLive(live, makeSpokenTurn('Hello?'), payer.host);
  expect([payer.paid, payer.isHolding()]).toEqual([[], 0]);
});

test('a minute of the live model costs its price', () => {
  const { budget } = readGoodSettings({});
  const by = describeServer('gpt-live-1', 'https://api.openai.com/v1');
  expect(findRolePrice(by, 'think', budget)).toEqual({
    kind: 'priced',
    usd: { perMinute: 0.05 },
  });
});
