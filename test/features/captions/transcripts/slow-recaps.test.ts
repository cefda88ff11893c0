import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { openCaptioned, sayAll } from '#test/conversation/setup/captioned-session.ts';
import {
  adam,
  eva,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, FakeChat } from '#test/fakes/fake-chat.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { openOwned } from '#test/fakes/opened-replies.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { makeRecapReply } from '#test/features/captions/answers/recap-reply.ts';

const minuteMs = 60_000;
const request = {};

const twoPoints = makeRecapReply(
  { kind: 'decision', text: 'They take five.', line: 1, words: 'five five' },
  { text: 'Eva agrees.', line: 2, words: 'five five' },
);

/** Adam and Eva have each said something; a recap takes so long. */
async function talkAndRecap(recapMs: number, points = twoPoints) {
  const clock = new VirtualClock();
  const slow: readonly ChatStep[] = [{ waitMs: recapMs }, points];
  const model = new FakeChat([slow], clock);
  const fixture = await openCaptioned({ chat: model }, clock);
  await sayAll(fixture);
  await sayAll(fixture, eva);
  await fixture.sessions.leave(toGuildId('g'));
  return { ...fixture, model };
}

/** Texts that Adam reads, and the minutes until then. */
async function recapOf({ clock, transcriptFor }: SessionFixture, asker = adam) {
  const fromMs = clock.nowMs();
  let untilMs: number | undefined;
  const pending = transcriptFor
    .createRecap(toGuildId('g'), asker.id, request)
    .finally(() => {
      untilMs = clock.nowMs();
    });
  for (let n = 0; n < 90 && untilMs === undefined; n++)
    await clock.advance(minuteMs / 4);
  const outcome = await pending;
  const recap = outcome.kind === 'recap' ? await openOwned(outcome.recap) : undefined;
  const said = recap ? recap.points.map(({ text }) => text) : outcome.kind;
  return { said, minutes: Math.round(((untilMs ?? 0) - fromMs) / minuteMs) };
}

const whole = ['They take five.', 'Eva agrees.'];

test('a recap that takes longer than an interaction fails', async () =>
  expect(await recapOf(await talkAndRecap(20 * minuteMs))).toEqual({
    said: 'failed',
    minutes: 13,
  }));

test('a person who asks for a recap of few words, of which the model notes nothing, reads these words', async () => {
  const { said } = await recapOf(await talkAndRecap(0, makeRecapReply()));
  expect(said).toEqual(['five five', 'five five']);
});

test('words that are forgotten while a recap is made are not in it', async () => {
  const fixture = await talkAndRecap(2 * minuteMs);
  const making = recapOf(fixture);
  await fixture.privacy.forget(toGuildId('g'), toPersonId('eva'));
  expect((await making).said).toEqual(['They take five.']);
});

test('a server makes one recap at a time, and a person has one written answer at a time', async () => {
  const fixture = await talkAndRecap(2 * minuteMs);
  const first = recapOf(fixture);
  await fixture.clock.advance(20);
  const question = { question: 'What do they take?', about: 'all' } as const;
  for (const asking of [
    fixture.transcriptFor.createRecap(toGuildId('g'), toPersonId('eva'), request),
    fixture.transcriptFor.askModel(toGuildId('g'), toPersonId('adam'), question),
    fixture.talk.askQuestion(toGuildId('g'), 'Hello?', adam, 'text'),
  ])
    expect(await asking).toEqual({ kind: 'failed', line: { id: 'ask.dropped' } });
  expect(fixture.model.asked).toHaveLength(1);
  expect((await first).said).toEqual(whole);
  expect((await recapOf(fixture, eva)).said).toEqual(whole);
});

test('recaps, quotes and answers in writing end with the share of a person', async () => {
  const clock = new VirtualClock();
  const { budgets, ledger } = openBudgets(clock, {
    caps: { personDay: toUsd(0.02) },
    tariff: { recognise: { kind: 'free' }, speak: { kind: 'free' } },
  });
  const usage = { inputTokens: 1_000, outputTokens: 3_000 };
  const point = { text: 'They take five.', line: 1, words: 'five five' };
  const model = new FakeChat([[makeRecapReply(point), { usage }]], clock);
  const fixture = await openCaptioned({ chat: model, spending: budgets }, clock);
  await sayAll(fixture);
  await fixture.sessions.leave(toGuildId('g'));
  const made = model.asked.length;
  const readShare = () =>
    ledger.getShare(toGuildId('g'), toPersonId('eva'), clock.wallMs()).nanoUsd;
  const outcomes: string[] = [];
  while (outcomes.length < 20 && outcomes.at(-1) !== 'failed')
    outcomes.push(
      (
        await fixture.transcriptFor.createRecap(
          toGuildId('g'),
          toPersonId('eva'),
          request,
        )
      ).kind,
    );
  const spent = readShare();
  expect(outcomes.length).toBeGreaterThan(1);
  expect(spent).toBeLessThanOrEqual(0.02e9);
  const question = { question: 'five', about: 'all' } as const;
  for (const asking of [
    () => fixture.transcriptFor.createRecap(toGuildId('g'), toPersonId('eva'), request),
    () => fixture.transcriptFor.askModel(toGuildId('g'), toPersonId('eva'), question),
  ])
    expect(await asking()).toMatchObject({ line: { id: 'budget.user' } });
  expect([readShare(), model.asked.length - made]).toEqual([
    spent,
    outcomes.length - 1,
  ]);
  expect(
    await fixture.talk.askQuestion(toGuildId('g'), 'Hello?', eva, 'text'),
  ).toMatchObject({
    kind: 'failed',
  });
});
