import { toGuildId } from '#src/base/ids.ts';
import { formatText } from '#src/texts/texts.ts';
import {
  adam,
  type FixtureOptions,
  openCalled,
  passTime,
  type SessionFixture,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';

const notice = formatText('panel.small');
const smallModel: FixtureOptions = { isSmallModel: () => true };

async function askOnce(fixture: SessionFixture) {
  const packets = await sayWords('human-goforward', adam, fixture.clock.nowMs() + 100);
  await passTime(fixture, 8_000, packets);
  expect(fixture.of('answered').length).toBeGreaterThan(0);
}

function countNotices({ written }: SessionFixture) {
  return written.filter((text) => text === notice).length;
}

test('beside its first answer a server reads once that a small model of this machine made it', async () => {
  const fixture = await openCalled(smallModel);
  expect(countNotices(fixture)).toBe(0);
  await askOnce(fixture);
  expect(countNotices(fixture)).toBe(1);
  await askOnce(fixture);
  await fixture.sessions.leave(toGuildId('g'));
  expect(countNotices(fixture)).toBe(1);
});

test('a model of a server, or one that is still on its way, is not called small', async () => {
  const fixture = await openCalled({ isSmallModel: () => false });
  await askOnce(fixture);
  expect(countNotices(fixture)).toBe(0);
});
