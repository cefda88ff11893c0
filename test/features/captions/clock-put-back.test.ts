import { expect, test } from 'vitest';
import { captioned, kept, says } from '#test/conversation/setup/captioned.ts';
import {
  eva,
  lounge,
  pass,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const inLounge = { channelIds: ['lounge'] };

/** When each line was said by the wall clock, in seconds before now. */
async function agesOf(fixture: SessionFixture): Promise<readonly number[]> {
  const { clock, transcripts } = fixture;
  const [session, ...others] = await transcripts.onDisk.reader.sessions('g', inLounge, 9);
  expect(others).toEqual([]);
  const lines = await kept(fixture);
  return lines.map(({ startMs }) => {
    return Math.round((clock.wallMs() - (session?.startedAtWallMs ?? 0) - startMs) / 1_000);
  });
}

test('where the clock is put back by an hour, lines stay in order, each once, and none lies in times to come', async () => {
  const fixture = await captioned();
  await says(fixture);
  await pass(fixture, 2_000);
  fixture.clock.setWall(-hourMs);
  await says(fixture, eva);
  await pass(fixture, 2_000);
  const said = ['**Adam** five five', '**Eva** five five'];
  expect(fixture.captionChats.chat.lines).toEqual(said);
  const [first = 0, second = 0, ...more] = await agesOf(fixture);
  expect([first - second, more]).toEqual([6, []]);
  expect(second).toBeGreaterThan(0);
  expect(first).toBeLessThan(20);
  await fixture.sessions.leave('g');
  fixture.clock.setWall(-hourMs);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 2_000);
  await says(fixture);
  await pass(fixture, 2_000);
  expect((await kept(fixture)).map(({ number }) => number)).toEqual([1, 2, 3]);
  const ages = await agesOf(fixture);
  expect(ages).toEqual(ages.toSorted((one, other) => other - one));
  for (const age of ages) expect(age).toBeGreaterThan(0);
  expect(ages[0]).toBeLessThan(30);
});

test('where the clock is put back by an hour, nothing is kept for longer, and nothing goes while the session goes on', async () => {
  for (const [days, keptMs] of [
    ['7', 7 * dayMs],
    ['1', dayMs],
    ['0', 15 * minuteMs],
  ] as const) {
    const fixture = await captioned();
    await fixture.settings.set('g', 'captions_days', days);
    await fixture.captions.turnOff('g');
    await fixture.privacy.forget('g', 'adam');
    const turning = fixture.captions.turnOn('g', {});
    await pass(fixture, 4_000);
    await turning;
    await says(fixture, eva);
    const store = days === '0' ? fixture.transcripts.inMemory : fixture.transcripts.onDisk;
    const isKept = async () => {
      await fixture.cleanup.expire();
      return (await store.reader.guilds()).length > 0;
    };
    fixture.clock.setWall(-hourMs);
    expect([days, await isKept()]).toEqual([days, true]);
    await fixture.sessions.leave('g');
    fixture.clock.setWall(-hourMs);
    expect([days, await isKept()]).toEqual([days, true]);
    fixture.clock.suspend(keptMs - minuteMs);
    expect([days, await isKept()]).toEqual([days, true]);
    fixture.clock.suspend(minuteMs + 1_000);
    expect([days, await isKept()]).toEqual([days, false]);
  }
});

test('a message of 50 minutes takes no edit, whatever the clock on the wall says', async () => {
  const fixture = await captioned();
  await says(fixture);
  fixture.clock.suspend(48 * minuteMs);
  fixture.clock.setWall(-hourMs);
  await pass(fixture, 500);
  fixture.clock.suspend(3 * minuteMs);
  const { chat } = fixture.captionChats;
  const before = chat.desired.length;
  await says(fixture, eva);
  const keys = chat.desired.slice(before).map(({ key }) => key);
  expect(new Set(keys)).toEqual(new Set(['captions 2']));
  expect(chat.lines).toEqual(['**Adam** five five', '**Eva** five five']);
});
