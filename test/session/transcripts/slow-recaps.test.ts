import { expect, test } from 'vitest';
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { captioned, kept, says } from '#test/session/setup/captioned.ts';
import { adam, eva, type SessionFixture } from '#test/session/setup/session-fixture.ts';

const minuteMs = 60_000;
const request = { since: 'start' } as const;

/** Adam and Eva have each said something; a recap takes so long. */
async function talked(recapMs: number): Promise<SessionFixture & { readonly model: FakeChat }> {
  const clock = new VirtualClock();
  const points = 'decision [1] They take five.\npoint [2] Eva agrees.';
  const slow: readonly ChatStep[] = [{ waitMs: recapMs }, points];
  const model = new FakeChat([slow], clock);
  const fixture = await captioned({ chat: model }, clock);
  await says(fixture);
  await says(fixture, eva);
  await fixture.sessions.leave('g');
  return { ...fixture, model };
}

/** What Adam reads, and after how many minutes. */
async function recapOf({ clock, transcriptFor }: SessionFixture, asker = adam) {
  const fromMs = clock.nowMs();
  let untilMs: number | undefined;
  const asked = transcriptFor.recap('g', asker, request).finally(() => {
    untilMs = clock.nowMs();
  });
  for (let n = 0; n < 90 && untilMs === undefined; n++) await clock.advance(minuteMs / 4);
  const outcome = await asked;
  const said = outcome.kind === 'recap' ? outcome.points.map(({ text }) => text) : outcome.kind;
  return { said, minutes: Math.round(((untilMs ?? 0) - fromMs) / minuteMs) };
}

const whole = ['They take five.', 'Eva agrees.'];

test('a recap that takes longer than an interaction goes on, and who asks again has it', async () => {
  const fixture = await talked(20 * minuteMs);
  expect(await recapOf(fixture)).toEqual({ said: 'late', minutes: 13 });
  expect(await recapOf(fixture)).toEqual({ said: whole, minutes: 7 });
  expect(await recapOf(fixture)).toEqual({ said: whole, minutes: 0 });
  expect(fixture.model.asked).toHaveLength(1);
  await fixture.clock.advance(16 * minuteMs);
  expect(await recapOf(fixture)).toMatchObject({ said: 'late' });
  expect(fixture.model.asked).toHaveLength(2);
});

test('a recap is kept for who asked for it alone, and one that was made soon is made anew', async () => {
  const slow = await talked(2 * minuteMs);
  await recapOf(slow);
  expect(await recapOf(slow, eva)).toEqual({ said: whole, minutes: 2 });
  expect(slow.model.asked).toHaveLength(2);
  const quick = await talked(30_000);
  for (const n of [1, 2]) {
    expect((await recapOf(quick)).said).toEqual(whole);
    expect(quick.model.asked).toHaveLength(n);
  }
});

test('what was forgotten while a recap was made, or kept, is not in it', async () => {
  const fixture = await talked(20 * minuteMs);
  await recapOf(fixture);
  await fixture.privacy.forget('g', 'eva');
  expect((await recapOf(fixture)).said).toEqual(['They take five.']);
  const ready = await talked(2 * minuteMs);
  expect((await recapOf(ready)).said).toEqual(whole);
  await ready.privacy.forget('g', 'eva');
  expect(await kept(ready)).toHaveLength(1);
  expect((await recapOf(ready)).said).toEqual(['They take five.']);
});

test('a recap that takes longer than an hour is given up', async () => {
  const fixture = await talked(2 * 60 * minuteMs);
  await recapOf(fixture);
  await fixture.clock.advance(40 * minuteMs);
  expect(await recapOf(fixture)).toEqual({ said: 'late', minutes: 7 });
  await recapOf(fixture);
  expect(fixture.model.asked).toHaveLength(2);
});
