import { BotError } from '#src/base/errors.ts';
import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { formatText } from '#src/texts/texts.ts';
import {
  openCaptioned,
  sayAll,
  turnCaptionsOn,
} from '#test/conversation/setup/captioned-session.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  lounge,
  makePerson,
  openSessionFixture,
  passTime,
  places,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, FakeChat } from '#test/fakes/fake-chat.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { openDeeply, openOwned } from '#test/fakes/opened-replies.ts';
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

const guildId = toGuildId('g');
const place = { guildId, channelId: lounge.channelId };
const ben = makePerson('Ben');
const reply = makeRecapReply(
  { kind: 'decision', text: 'They take five.', line: 2, words: 'five five' },
  { kind: 'task', text: 'Ben pays.', line: 3, words: 'five five' },
);

type Evening = { readonly agreed?: boolean; readonly leavesOutBen?: boolean };

/** Adam has talked for an evening in a channel with notes, and the bot has left. */
async function spendEvening({ agreed = true, leavesOutBen = false }: Evening = {}) {
  const clock = new VirtualClock();
  const chat = new FakeChat([[reply]], clock);
  const people = [adam, eva, ben];
  const listMembers = async (_guildId: unknown, ids: readonly string[]) =>
    people.filter(({ id }) => ids.includes(id));
  const fixture = openSessionFixture(
    { addressing: 'off', chat, places: { ...places, listMembers } },
    people,
    clock,
  );
  await fixture.settings.setSetting(guildId, 'notes', 'on');
  await fixture.sessions.join(lounge, adam.id);
  if (agreed) await fixture.privacy.allow(guildId, adam.id);
  if (leavesOutBen) await fixture.captions.setLeftOut(guildId, ben.id, true);
  await passTime(fixture, 100);
  await turnCaptionsOn(fixture);
  for (let n = 0; n < 5; n++) await sayAll(fixture);
  await fixture.sessions.leave(guildId);
  await passTime(fixture, 3_000);
  return fixture;
}

async function listTexts({ notes }: SessionFixture, personId = adam.id) {
  const listed = await notes.listNotes(place, personId);
  const known = listed?.findForPlace(lounge.channelId) ?? [];
  return known.map(({ name, number, text }) => `${number} ${name}: ${text}`);
}

test('with notes on, the points of an evening are kept for people who may open the channel, and nothing is posted', async () => {
  const fixture = await spendEvening();
  expect(fixture.captionChats.chat.texts.join()).toMatch(/\/captions notes/);
  expect(fixture.captionChats.chat.texts.join()).not.toMatch(/They take five/);
  expect(await listTexts(fixture)).toEqual([
    '1 Adam: They take five.',
    '2 Adam: Ben pays.',
  ]);
  const { captionChats } = fixture;
  captionChats.mayOpen = async () => 'no';
  expect(await listTexts(fixture, toPersonId('cleo'))).toEqual([]);
});

test('who may open the channel corrects and deletes a note, nobody else, and the correction bears a name', async () => {
  const fixture = await spendEvening();
  const { captionChats, notes } = fixture;
  expect(await notes.correctNote(place, 2, 'Eva pays.', eva)).toEqual({
    id: 'confirm.done',
  });
  expect(await notes.removeNote(place, 1, eva.id)).toEqual({ id: 'confirm.done' });
  expect(await listTexts(fixture)).toEqual(['2 Adam \u270e Eva: Eva pays.']);
  captionChats.mayOpen = async () => 'no';
  const cleo = { id: toPersonId('cleo'), name: 'Cleo' };
  expect(await notes.correctNote(place, 2, 'No.', cleo)).toEqual({ id: 'notes.none' });
  expect(await notes.removeNote(place, 2, cleo.id)).toEqual({ id: 'notes.none' });
  const elsewhere = { guildId, channelId: toChannelId('tower') };
  expect(await notes.removeNote(elsewhere, 2, cleo.id)).toEqual({ id: 'notes.none' });
  captionChats.mayOpen = async () => 'yes';
  expect(await listTexts(fixture)).toHaveLength(1);
});

test('/privacy forget takes a person out of the notes, also out of those that they corrected', async () => {
  const fixture = await spendEvening();
  await fixture.notes.correctNote(place, 2, 'Eva pays.', eva);
  await fixture.privacy.forget(guildId, eva.id);
  expect(await listTexts(fixture)).toEqual(['1 Adam: They take five.']);
  await fixture.privacy.forget(guildId, adam.id);
  expect(await listTexts(fixture, eva.id)).toEqual([]);
  // What is hidden is also gone.
  expect(await fixture.transcripts.onDisk.notes.list(place)).toEqual([]);
});

test('words of people who agreed for the session alone are in no note', async () => {
  expect(await listTexts(await spendEvening({ agreed: false }))).toEqual([]);
});

test('who is left out of captions is in no note by name, and writes none', async () => {
  const fixture = await spendEvening({ leavesOutBen: true });
  expect(await listTexts(fixture)).toEqual(['1 Adam: They take five.']);
  expect(await fixture.notes.correctNote(place, 1, 'Mine.', ben)).toEqual({
    id: 'notes.left_out',
  });
});

test('the notes of a deleted channel go with it, and those of a channel that is only hidden stay', async () => {
  const fixture = await spendEvening();
  const { captionChats, transcripts } = fixture;
  const hidden = { guildId, channelId: toChannelId('attic') };
  const [note] = await transcripts.onDisk.notes.list(place);
  await transcripts.onDisk.notes.add(hidden, note ? [note] : []);
  const gone = { guildId, channelId: toChannelId('tower') };
  await transcripts.onDisk.notes.add(gone, note ? [note] : []);
  captionChats.gone.add('tower');
  await fixture.cleanup.expireTranscripts();
  const kept = await transcripts.onDisk.notes.listPlaces();
  expect(kept.map(({ channelId }) => channelId).toSorted()).toEqual([
    'attic',
    'lounge',
  ]);
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
