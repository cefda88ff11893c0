import { BotError } from '#src/base/errors.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { formatText } from '#src/texts/texts.ts';
import { sayAll, turnCaptionsOn } from '#test/conversation/setup/captioned-session.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  lounge,
  openSessionFixture,
  passTime,
  places,
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

const webhookUrl = `https://discord.com/api/webhooks/120000000000000001/${'s3cret-'.repeat(9)}`;

/** Adam has talked in a server whose recaps go to a place of their own, chosen before. The bot has left. */
async function talkWithPlace(value: string, overrides: FixtureOptions = {}) {
  const clock = new VirtualClock();
  const model = new FakeChat([point], clock);
  const options = { addressing: 'off', chat: model, ...overrides } as const;
  const fixture = openSessionFixture(options, [adam], clock);
  const guildId = toGuildId('g');
  await fixture.settings.setSetting(guildId, 'recap', 'on');
  await fixture.settings.setSetting(guildId, 'recap_to', value);
  await fixture.sessions.join(lounge, adam.id);
  await passTime(fixture, 100);
  await turnCaptionsOn(fixture);
  for (let n = 0; n < 5; n++) await sayAll(fixture);
  return fixture;
}

/** Texts of the chats whose name has a word. */
const listTextsIn = ({ captionChats }: SessionFixture, word: string) =>
  [...captionChats.chats]
    .filter(([name]) => name.includes(word))
    .flatMap(([, { texts }]) => texts)
    .join('\n');

test('a recap goes to a thread of its own in the chosen text channel, of which the captions told', async () => {
  const fixture = await talkWithPlace('<#200000000000000002>');
  expect(listTextsIn(fixture, 'lounge')).toContain('<#200000000000000002>');
  await fixture.sessions.leave(toGuildId('g'));
  await passTime(fixture, 3_000);
  const thread = 'Recap of Lounge';
  expect(listTextsIn(fixture, thread)).toContain('They take five.');
  expect([...fixture.captionChats.chats.keys()].join()).toMatch(
    /Recap of Lounge, \S+ in 200000000000000002/,
  );
  expect(listTextsIn(fixture, 'lounge')).not.toContain('They take five.');
});

test('a recap goes by a webhook, of which the captions told, and an erasure reaches it there', async () => {
  const fixture = await talkWithPlace(webhookUrl);
  expect(listTextsIn(fixture, 'lounge')).toMatch(/by a webhook/);
  await fixture.sessions.leave(toGuildId('g'));
  await passTime(fixture, 3_000);
  expect(listTextsIn(fixture, 'webhook')).toContain('They take five.');
  expect(listTextsIn(fixture, 'lounge')).not.toContain('They take five.');
  // Also after the manager has chosen another place.
  await fixture.settings.setSetting(toGuildId('g'), 'recap_to', 'captions');
  await fixture.privacy.forget(toGuildId('g'), adam.id);
  await passTime(fixture, 3_000);
  expect(listTextsIn(fixture, 'webhook')).not.toContain('They take five.');
});

test('a place of the recap that was chosen after the captions began gets nothing of them', async () => {
  const fixture = await talkWithPlace('captions');
  await fixture.settings.setSetting(toGuildId('g'), 'recap_to', webhookUrl);
  await fixture.sessions.leave(toGuildId('g'));
  await passTime(fixture, 3_000);
  expect(listTextsIn(fixture, 'webhook')).toBe('');
  expect(listTextsIn(fixture, 'lounge')).toContain('They take five.');
});

test('a recap whose place does not open stands below the captions', async () => {
  const fixture = await talkWithPlace('<#200000000000000002>');
  fixture.captionChats.isForbidden = true;
  await fixture.sessions.leave(toGuildId('g'));
  await passTime(fixture, 3_000);
  expect(listTextsIn(fixture, 'lounge')).toContain('They take five.');
  expect(fixture.of('failed').map(({ code }) => code)).toContain('discord.forbidden');
});

test('no view of the settings shows the token of a webhook, of a server or of a channel', async () => {
  const { settings } = openSessionFixture({}, [adam]);
  const guildId = toGuildId('g');
  const outcomes = [
    await settings.setSetting(guildId, 'recap_to', webhookUrl),
    await settings.setChannelSetting(lounge, 'recap_to', webhookUrl),
  ];
  expect(outcomes.map((outcome) => outcome.kind)).toEqual(['set', 'set']);
  const { all } = await settings.viewSettings(guildId);
  const shown = JSON.stringify([outcomes, all, all.map(({ elsewhere }) => elsewhere)]);
  expect(shown).toContain('webhook \u2026000001');
  expect(shown).not.toContain('s3cret');
  expect(
    await settings.setSetting(guildId, 'recap_to', 'https://example.com/x'),
  ).toEqual({ kind: 'bad' });
});

test('at the end of a scheduled event its recap is posted at once, and what follows has another one', async () => {
  const eventIds = new Set([lounge.channelId]);
  const listEventChannels = () => [...eventIds];
  const fixture = await talkWithPlace('captions', {
    places: { ...places, listEventChannels },
  });
  const guildId = toGuildId('g');
  const countRecaps = () =>
    listTextsIn(fixture, 'lounge').split('Recap of Lounge').length - 1;
  fixture.dependencies.features.onGuildChanged(guildId);
  await passTime(fixture, 3_000);
  expect(countRecaps()).toBe(0);
  eventIds.clear();
  fixture.dependencies.features.onGuildChanged(guildId);
  await passTime(fixture, 3_000);
  expect(countRecaps()).toBe(1);
  // The talk goes on with captions, and its end is too short for a recap.
  await sayAll(fixture);
  await fixture.sessions.leave(guildId);
  await passTime(fixture, 3_000);
  expect(countRecaps()).toBe(1);
  const sessions = await fixture.transcriptFor.listSessions(guildId, adam.id);
  expect(sessions).toHaveLength(2);
});

test('a recap at the end that the model fails to make says so below the captions', async () => {
  const clock = new VirtualClock();
  const error = new BotError('provider.unreachable', false, 'The model is down.');
  const chat = new FakeChat([[{ error }]], clock);
  const fixture = await talkSoOften(5, { chat }, clock);
  await fixture.sessions.leave(toGuildId('g'));
  await passTime(fixture, 3_000);
  expect(findLast(fixture)).toContain(formatText('recap.failed'));
});
