import { expect, test } from 'vitest';
import { captioned, says } from '#test/conversation/setup/captioned.ts';
import { adam, eva, type SessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { dollars, openBudgets } from '#test/fakes/spending.ts';
import { recapReply } from '#test/features/captions/answers/recap-reply.ts';

const minuteMs = 60_000;
const request = {};

/** Adam and Eva have each said something; a recap takes so long. */
async function talked(recapMs: number): Promise<SessionFixture & { readonly model: FakeChat }> {
  const clock = new VirtualClock();
  const points = recapReply(
    { kind: 'decision', text: 'They take five.', line: 1, words: 'five five' },
    { text: 'Eva agrees.', line: 2, words: 'five five' },
  );
  const slow: readonly ChatStep[] = [{ waitMs: recapMs }, points];
  const model = new FakeChat([slow], clock);
  const fixture = await captioned({ chat: model }, clock);
  await says(fixture);
  await says(fixture, eva);
  await fixture.sessions.leave('g');
  return { ...fixture, model };
}

/** Texts that Adam reads, and the minutes until then. */
async function recapOf({ clock, transcriptFor }: SessionFixture, asker = adam) {
  const fromMs = clock.nowMs();
  let untilMs: number | undefined;
  const asked = transcriptFor.recap('g', asker.id, request).finally(() => {
    untilMs = clock.nowMs();
  });
  for (let n = 0; n < 90 && untilMs === undefined; n++) await clock.advance(minuteMs / 4);
  const outcome = await asked;
  const said = outcome.kind === 'recap' ? outcome.points.map(({ text }) => text) : outcome.kind;
  return { said, minutes: Math.round(((untilMs ?? 0) - fromMs) / minuteMs) };
}

const whole = ['They take five.', 'Eva agrees.'];

test('a recap that takes longer than an interaction fails', async () => {
  expect(await recapOf(await talked(20 * minuteMs))).toEqual({ said: 'failed', minutes: 13 });
});

test('what was forgotten while a recap was made is not in it', async () => {
  const fixture = await talked(2 * minuteMs);
  const making = recapOf(fixture);
  await fixture.privacy.forget('g', 'eva');
  expect((await making).said).toEqual(['They take five.']);
});

test('one recap is made at once in a server, and one thing is written at once for a person', async () => {
  const fixture = await talked(2 * minuteMs);
  const first = recapOf(fixture);
  await fixture.clock.advance(20);
  const { transcriptFor, model } = fixture;
  const question = { question: 'What do they take?', about: 'all' } as const;
  const refused = (id: string) => ({ kind: 'failed', line: { id } });
  expect(await transcriptFor.recap('g', 'eva', request)).toEqual(refused('ask.dropped'));
  expect(await transcriptFor.ask('g', 'adam', question)).toEqual(refused('ask.dropped'));
  expect(await fixture.talk.ask('g', 'Hello?', adam, 'text')).toEqual(refused('ask.dropped'));
  expect(model.asked).toHaveLength(1);
  expect((await first).said).toEqual(whole);
  expect((await recapOf(fixture, eva)).said).toEqual(whole);
});

test('recaps, quotes and answers in writing end with the share of a person', async () => {
  const clock = new VirtualClock();
  const { budgets, ledger } = openBudgets(clock, {
    caps: { personDay: dollars(0.02) },
    tariff: { recognise: { kind: 'free' }, speak: { kind: 'free' } },
  });
  const usage = { inputTokens: 1_000, outputTokens: 3_000 };
  const model = new FakeChat(
    [[recapReply({ text: 'They take five.', line: 1, words: 'five five' }), { usage }]],
    clock,
  );
  const fixture = await captioned({ chat: model, spending: budgets }, clock);
  await says(fixture);
  await fixture.sessions.leave('g');
  const made = model.asked.length;
  const share = () => ledger.shareOf('g', 'eva', clock.wallMs()).nanoUsd;
  const outcomes: string[] = [];
  while (outcomes.length < 20 && outcomes.at(-1) !== 'failed')
    outcomes.push((await fixture.transcriptFor.recap('g', 'eva', request)).kind);
  const spent = share();
  expect(outcomes.length).toBeGreaterThan(1);
  expect(spent).toBeLessThanOrEqual(0.02e9);
  expect(await fixture.transcriptFor.recap('g', 'eva', request)).toMatchObject({
    line: { id: 'budget.user' },
  });
  const question = { question: 'five', about: 'all' } as const;
  expect(await fixture.transcriptFor.ask('g', 'eva', question)).toMatchObject({
    line: { id: 'budget.user' },
  });
  expect([share(), model.asked.length - made]).toEqual([spent, outcomes.length - 1]);
  expect(await fixture.talk.ask('g', 'Hello?', eva, 'text')).toMatchObject({ kind: 'failed' });
});
