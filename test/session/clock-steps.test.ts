import { expect, test } from 'vitest';
import { adam, lounge, openHouse, pass, words } from '#test/session/setup/session-fixture.ts';

const hourMs = 3_600_000;

/** The instants of an answer whose question is spoken while somebody sets the clock on the wall. */
async function answeredWhile(wallStepMs: number) {
  const house = openHouse();
  await house.rooms.join(lounge, 'adam');
  const packets = await words('human-cards-004', adam, 0);
  const isEarly = ({ atMs }: { readonly atMs: number }) => atMs <= 400;
  await pass(house, 400, packets.filter(isEarly));
  house.clock.setWall(wallStepMs);
  await pass(
    house,
    3_600,
    packets.filter((packet) => !isEarly(packet)),
  );
  return house.of('answered').map(({ finish, instants }) => ({ finish, instants }));
}

test.each([hourMs, -hourMs, 400 * 24 * hourMs])(
  'a clock on the wall that is set by %i ms changes no instant of an answer',
  async (stepMs) => {
    const usual = await answeredWhile(0);
    expect(usual).toMatchObject([{ finish: 'completed' }]);
    expect(await answeredWhile(stepMs)).toEqual(usual);
  },
);

test('after a minute in which the machine slept the next question is answered', async () => {
  const house = openHouse();
  await house.rooms.join(lounge, 'adam');
  await pass(house, 4_000, await words('human-cards-004', adam, 0));
  house.clock.suspend(60_000);
  await pass(house, 1_000);
  const fromMs = house.clock.nowMs();
  await pass(house, 5_000, await words('human-cards-004', adam, fromMs));
  const answered = house.of('answered');
  expect(answered.map(({ finish }) => finish)).toEqual(['completed', 'completed']);
  expect(answered[1]?.instants.firstSentAtMs).toBeGreaterThan(fromMs);
});
