import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { sayAll, turnCaptionsOn } from '#test/conversation/setup/captioned-session.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  lounge,
  openSessionFixture,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, FakeChat } from '#test/fakes/fake-chat.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { openDeeply } from '#test/fakes/opened-replies.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { makeRecapReply } from '#test/features/captions/answers/recap-reply.ts';

const decision = {
  kind: 'decision',
  text: 'They take five.',
  line: 2,
  words: 'five five',
} as const;
const point: readonly ChatStep[] = [makeRecapReply(decision)];

/** Adam has said "five five" so often while captions were on, in a server that wants recaps. */
async function talkSoOften(
  times: number,
  overrides: FixtureOptions = {},
  clock = new VirtualClock(),
): Promise<SessionFixture & { readonly model: FakeChat }> {
  const model = new FakeChat([point], clock);
  const options = { addressing: 'off', chat: model, ...overrides } as const;
  const fixture = openSessionFixture(options, [adam], clock);
  await fixture.settings.setSetting(toGuildId('g'), 'recap', 'on');
  await fixture.sessions.join(lounge, toPersonId('adam'));
  await passTime(fixture, 100);
  await turnCaptionsOn(fixture);
  for (let n = 0; n < times; n++) await sayAll(fixture);
  return { ...fixture, model };
}

const findLast = ({ captionChats }: SessionFixture) => captionChats.chat.texts.at(-1);

test('when the bot leaves, a recap is posted where the captions are, without holding it up', async () => {
  const clock = new VirtualClock();
  const chat = new FakeChat([[{ waitMs: 9_000 }, ...point]], clock);
  const fixture = await talkSoOften(5, { chat }, clock);
  await fixture.sessions.leave(toGuildId('g'));
  expect(findLast(fixture)).not.toMatch(/^Recap/);
  await clock.advance(12_000);
  expect(findLast(fixture)).toMatch(
    /^Recap of Lounge, \d{4}-\d\d-\d\d:\n\*\*Decisions\*\*\n\d\d:\d\d Adam: They take five\. https:\S+\/lounge captions 1$/,
  );
});

test('the recap at the end is paid by the server, and goes with the lines it rests on', async () => {
  const clock = new VirtualClock();
  const { budgets, ledger } = openBudgets(clock, { caps: { serverDay: toUsd(10) } });
  const usage = { inputTokens: 100_000, outputTokens: 0 };
  const chat = new FakeChat([[...point, { usage }]], clock);
  const fixture = await talkSoOften(5, { spending: budgets, chat }, clock);
  await fixture.sessions.leave(toGuildId('g'));
  await passTime(fixture, 3_000);
  expect(findLast(fixture)).toContain('Recap of');
  const { day, people } = ledger.getStanding(toGuildId('g'), clock.wallMs());
  expect([day.nanoUsd >= 100_000_000, people.size]).toEqual([true, 0]);
  await fixture.privacy.forget(toGuildId('g'), toPersonId('adam'));
  await passTime(fixture, 3_000);
  const deleted = fixture.captionChats.chat.desired.filter(({ text }) => text === '');
  expect(deleted.some(({ key }) => key.includes('recap'))).toBe(true);
});

test('a process that is killed before a recap is noted leaves none of its words', async () => {
  const fixture = await talkSoOften(5);
  const listTexts = () => fixture.captionChats.chat.desired.map(({ text }) => text);
  const noted = new Promise<readonly string[]>((resolve) => {
    const { onDisk: transcripts } = fixture.transcripts;
    const put = transcripts.messages.putMessage.bind(transcripts.messages);
    transcripts.messages.putMessage = async (message) => {
      if (listTexts().includes('\u2026')) resolve(listTexts());
      await put(message);
    };
  });
  await fixture.sessions.leave(toGuildId('g'));
  await passTime(fixture, 3_000);
  expect((await noted).filter((text) => text.includes('They take five'))).toEqual([]);
  expect(findLast(fixture)).toContain('They take five');
});

test('a recap that is being posted while a person is forgotten never shows its words', async () => {
  const fixture = await talkSoOften(5);
  const { captionChats, clock } = fixture;
  const { chat } = captionChats;
  const show = chat.show.bind(chat);
  chat.show = (desired, report) => {
    if (!desired.key.startsWith('recap')) return show(desired, report);
    const { signal } = new AbortController();
    void clock.sleep(3_000, signal).then(() => show(desired, report));
  };
  await fixture.sessions.leave(toGuildId('g'));
  await passTime(fixture, 1_500);
  await fixture.privacy.forget(toGuildId('g'), toPersonId('adam'));
  await passTime(fixture, 10_000);
  expect(chat.desired.some(({ text }) => text.includes('They take five'))).toBe(false);
  expect(chat.texts.filter((text) => /Adam|They take five/.test(text))).toEqual([]);
});

test('whoever comes in late finds a button for what they missed, and reads it alone', async () => {
  const fixture = await talkSoOften(10);
  fixture.linkOpener.link.present.push(eva);
  await passTime(fixture, 500);
  const offered = fixture.captionChats.chat.desired.findLast(({ key }) =>
    key.startsWith('notice '),
  );
  expect(offered?.buttons).toContain('captions.missed');
  await sayAll(fixture);
  const missed = { until: 'i came' } as const;
  expect(
    await openDeeply(
      await fixture.transcriptFor.createRecap(
        toGuildId('g'),
        toPersonId('eva'),
        missed,
      ),
    ),
  ).toMatchObject({
    kind: 'recap',
    recap: { points: [{ text: 'They take five.', name: 'Adam' }] },
  });
  const shownText = `${fixture.model.asked.at(-1)?.messages.at(-1)?.content}`;
  expect(shownText.split('five five')).toHaveLength(11);
  fixture.captionChats.barred.add('eva');
  expect(
    await fixture.transcriptFor.createRecap(toGuildId('g'), toPersonId('eva'), missed),
  ).toEqual({
    kind: 'none',
  });
});
