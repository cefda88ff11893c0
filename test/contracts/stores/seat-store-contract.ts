import { expect, test } from 'vitest';
import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { Seat } from '#src/ports/stores.ts';
import { admitPersonErasure } from '#test/fakes/admitted-erasures.ts';
import type { OpenStore } from './open-store.ts';

const lounge: Seat = {
  guildId: toGuildId('10'),
  channelId: toChannelId('100'),
  channelName: "Zoë's Lounge",
  callerId: toPersonId('1'),
  followedId: toPersonId('2'),
  mode: 'talk',
  pipeline: 'chained',
  isPaused: false,
  sinceWallMs: 1_795_190_400_123,
  agreedIds: [toPersonId('1'), toPersonId('2')],
};
const stageSeat: Seat = {
  guildId: toGuildId('20'),
  channelId: toChannelId('200'),
  channelName: '',
  mode: 'captions',
  pipeline: 'realtime',
  isPaused: true,
  sinceWallMs: 5,
  agreedIds: [toPersonId('1')],
};
const minuteMs = 60_000;
const allSeats = [toGuildId('10'), toGuildId('20'), toGuildId('30')];

/** Contract of every store of seats. */
export function testSeatStore(name: string, open: OpenStore) {
  testRemembering(name, open);
  testAging(name, open);
  testForgetting(name, open);
}

function testRemembering(name: string, open: OpenStore) {
  test(`${name}: where the bot sits comes back as it was written, one seat a server, the latest`, async () => {
    await using opened = await open();
    const { seats } = opened;
    expect(await seats.read(allSeats)).toEqual([]);
    await seats.write(stageSeat);
    await seats.write({ ...stageSeat, guildId: toGuildId('10') });
    await seats.write(lounge);
    expect(await seats.read(allSeats)).toMatchObject([
      { seat: lounge },
      { seat: stageSeat },
    ]);
    expect(await seats.read([toGuildId('10')])).toMatchObject([{ seat: lounge }]);
    const { idleMs, seat: plain } = (await seats.read([toGuildId('20')]))[0] ?? {
      idleMs: -1,
      seat: undefined,
    };
    expect(plain).toEqual(stageSeat);
    expect(idleMs).toBeGreaterThanOrEqual(0);
  });
}

function testAging(name: string, open: OpenStore) {
  test(`${name}: a seat tells how long ago its session was last alive`, async () => {
    await using opened = await open();
    const { pass, seats } = opened;
    await seats.write(lounge);
    await seats.write(stageSeat);
    await pass(10 * minuteMs);
    await seats.markAlive([toGuildId('20'), toGuildId('30')]);
    await pass(minuteMs);
    const minutes = (await seats.read(allSeats)).map(({ idleMs }) =>
      Math.floor(idleMs / minuteMs),
    );
    expect(minutes).toEqual([11, 1]);
    await seats.write(lounge);
    expect((await seats.read([toGuildId('10')]))[0]?.idleMs).toBeLessThan(minuteMs);
    expect(await seats.read([toGuildId('30')])).toEqual([]);
  });

  test(`${name}: what people said for a session ends with it, and the seat stays to be told of`, async () => {
    await using opened = await open();
    const { pass, seats } = opened;
    await seats.write(lounge);
    await pass(15 * minuteMs);
    await seats.write(stageSeat);
    expect(await seats.expireSeats(15 * minuteMs)).toBe(4);
    expect(await seats.expireSeats(15 * minuteMs)).toBe(0);
    const [old, young] = (await seats.read(allSeats)).map(({ seat }) => seat);
    expect(old).toMatchObject({ channelId: '100', agreedIds: [] });
    expect(old?.callerId).toBeUndefined();
    expect(old?.followedId).toBeUndefined();
    expect(young).toMatchObject(stageSeat);
  });
}

function testForgetting(name: string, open: OpenStore) {
  test(`${name}: a forgotten person is in no seat, and the bot still knows where it sat`, async () => {
    await using opened = await open();
    const { consents, seats } = opened;
    await seats.write(lounge);
    await seats.write(stageSeat);
    expect(await consents.countItems(toGuildId('10'), toPersonId('1'))).toBe(2);
    expect(
      await consents.erasePerson(admitPersonErasure(toGuildId('10'), toPersonId('1'))),
    ).toBe(2);
    const seat = (await seats.read([toGuildId('10')]))[0]?.seat;
    expect(seat).toMatchObject({ channelId: '100', agreedIds: ['2'] });
    expect(seat?.callerId).toBeUndefined();
    expect(
      await consents.erasePerson(admitPersonErasure(toGuildId('10'), toPersonId('2'))),
    ).toBe(2);
    expect((await seats.read([toGuildId('10')]))[0]?.seat.followedId).toBeUndefined();
    expect(await seats.read([toGuildId('20')])).toMatchObject([{ seat: stageSeat }]);
  });
}
