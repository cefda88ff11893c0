import { expect, test } from 'vitest';
import { captioned, says } from '#test/conversation/setup/captioned.ts';
import { eva, pass } from '#test/conversation/setup/session-fixture.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
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
