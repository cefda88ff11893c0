import { expect, test } from 'vitest';
import {
  adam,
  lounge,
  openSessionFixture,
  pass,
  words,
} from '#test/conversation/setup/session-fixture.ts';

const hourMs = 3_600_000;

/** The instants of an answer whose question is spoken while somebody sets the clock on the wall. */
async function answeredWhile(wallStepMs: number) {
  const fixture = openSessionFixture();
  await fixture.sessions.join(lounge, 'adam');
  const packets = await words('human-cards-004', adam, 0);
  const isEarly = ({ atMs }: { readonly atMs: number }) => atMs <= 400;
  await pass(fixture, 400, packets.filter(isEarly));
  fixture.clock.setWall(wallStepMs);
  await pass(
    fixture,
    3_600,
    packets.filter((packet) => !isEarly(packet)),
  );
  return fixture.of('answered').map(({ finish, instants }) => ({ finish, instants }));
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
  const fixture = openSessionFixture();
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 4_000, await words('human-cards-004', adam, 0));
  fixture.clock.suspend(60_000);
  await pass(fixture, 1_000);
  const fromMs = fixture.clock.nowMs();
  await pass(fixture, 5_000, await words('human-cards-004', adam, fromMs));
  const answered = fixture.of('answered');
  expect(answered.map(({ finish }) => finish)).toEqual(['completed', 'completed']);
  expect(answered[1]?.instants.firstSentAtMs).toBeGreaterThan(fromMs);
});

test('what somebody says while the process stands still belongs to the utterance that they are in the middle of', async () => {
  const fixture = openSessionFixture();
  const { clock, linkOpener } = fixture;
  await fixture.sessions.join(lounge, 'adam');
  const packets = await words('human-cards-004', adam, 0);
  const isEarly = ({ atMs }: { readonly atMs: number }) => atMs <= 700;
  await pass(fixture, 700, packets.filter(isEarly));
  clock.suspend(2_400);
  await clock.advance(0); // timers that are due fire before the socket is read
  for (const packet of packets.filter((one) => !isEarly(one)))
    linkOpener.link.arrive({ ...packet, atMs: clock.nowMs() });
  await pass(fixture, 6_000);
  expect(fixture.of('answered').map(({ finish }) => finish)).toEqual(['completed']);
});
