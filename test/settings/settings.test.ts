import { type GuildId, type PersonId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { admitChosenLanguage } from '#src/base/language/expected-language.ts';
import type { PersonSettings } from '#src/people/person-settings.ts';
import { createChainedPipeline } from '#src/pipeline/chained-pipeline.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import {
  maxCachedPeople,
  PersonalSettingsCache,
} from '#src/settings/personal-settings-cache.ts';
import { createFixedVoiceNames } from '#src/speech/speech-engine.ts';
import { openCaptioned, sayAll } from '#test/conversation/setup/captioned-session.ts';
import {
  makeOnlyPipeline,
  openSessionFixture,
  passTime,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { toUsd } from '#test/fakes/fake-spending.ts';
import { openMemoryStores } from '#test/fakes/memory-stores.ts';
import { openOwned } from '#test/fakes/opened-replies.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { makeRecapReply } from '#test/features/captions/answers/recap-reply.ts';

const reading = makeOnlyPipeline(
  createChainedPipeline({ chat: new FakeChat([]), synthesizer: new FakeSynthesizer() }),
);
const speaking = { ...reading, names: ['chained', 'realtime'] } as const;

test('a voice that does not read texts is refused, unless a model that speaks may have it', async () => {
  const { settings } = openSessionFixture({ pipelines: reading });
  expect(await settings.setSetting(toGuildId('g'), 'voice', 'marin')).toEqual({
    kind: 'bad',
  });
  const otherRequests = openSessionFixture({ pipelines: speaking }).settings;
  expect(
    await otherRequests.setSetting(toGuildId('g'), 'voice', 'marin'),
  ).toMatchObject({
    kind: 'set',
  });
});

test('a mix of voices is one, too, and is kept to 64 characters', async () => {
  const voices = createFixedVoiceNames(['af_heart', 'af_sky']);
  const { settings } = openSessionFixture({ voices });
  expect(
    await settings.setSetting(toGuildId('g'), 'voice', 'af_heart(2)+af_sky(1)'),
  ).toMatchObject({
    kind: 'set',
  });
  const long = Array.from({ length: 8 }, () => 'af_heart').join('+');
  expect(await settings.setSetting(toGuildId('g'), 'voice', long)).toMatchObject({
    kind: 'bad',
  });
});

const g = toGuildId('g');
const adam = toPersonId('adam');

test('times are those of the zone that a server names, by a name that there is', async () => {
  const { settings, sessions } = openSessionFixture();
  expect(await settings.setSetting(g, 'timezone', 'Berlin')).toMatchObject({
    kind: 'bad',
  });
  expect(sessions.settings.getForGuild(g).timeZone).toBe('UTC');
  const set = await settings.setSetting(g, 'timezone', 'Europe/Berlin');
  expect(set).toMatchObject({ kind: 'set', value: 'Europe/Berlin' });
  expect(sessions.settings.getForGuild(g).timeZone).toBe('Europe/Berlin');
  expect(sessions.settings.getStyle(g).timeZone).toBe('Europe/Berlin');
});

test('transcripts, recaps and the time that is asked for are those of the zone of the server', async () => {
  const clock = new VirtualClock();
  const chat = new FakeChat(
    [[makeRecapReply({ text: 'They take five.', line: 1, words: 'five five' })]],
    clock,
  );
  const fixture = await openCaptioned({ chat }, clock);
  await fixture.settings.setSetting(g, 'timezone', 'Asia/Tokyo');
  await fixture.settings.setSetting(g, 'recap', 'on');
  for (let n = 0; n < 5; n++) await sayAll(fixture);
  const made = await fixture.transcriptFor.createFile(g, adam, { format: 'txt' });
  if (made.kind !== 'file') throw new Error('There is no transcript.');
  const transcript = await openOwned(made.transcript);
  expect(transcript?.file.text).toMatch(/Lounge, 2026-11-21\nAsia\/Tokyo\n\n\[01:2\d/);
  const tools = fixture.sessions.findSession(g)?.tools;
  expect(tools?.createPorts(adam).getSettings().timeZone).toBe('Asia/Tokyo');
  await fixture.sessions.leave(g);
  await passTime(fixture, 3_000);
  expect(fixture.captionChats.chat.texts.at(-1)).toMatch(
    /2026-11-21:\n.*\n01:2\d Adam: .* https:/,
  );
});

test('a budget is taken in dollars below the cap of the operator, and refused above it', async () => {
  const { settings } = openSessionFixture({
    caps: { personDay: toUsd(1), serverDay: toUsd(5) },
  });
  const setBudget = (value: string) =>
    settings.setSetting(toGuildId('g'), 'budget_day', value);
  expect(await setBudget('$0.50')).toMatchObject({ kind: 'set', value: '$0.5' });
  for (const wrong of ['6', 'two', '30m', '2 3', '-1', '0'])
    expect(await setBudget(wrong)).toMatchObject({ kind: 'bad' });
  expect(settings.listValues('budget_day')).toContain('$5');
  expect(await setBudget('none')).toMatchObject({ kind: 'set', value: 'none' });
});

function openSettings() {
  const { personSettings: store } = openMemoryStores();
  const events: SessionEvent[] = [];
  let reads = 0;
  const counting = {
    read: (guildId: GuildId, personId: PersonId) => {
      reads++;
      return store.read(guildId, personId);
    },
    write: (guildId: GuildId, personId: PersonId, settings: PersonSettings) =>
      store.write(guildId, personId, settings),
  };
  const onEvent = (_guildId: string, event: SessionEvent) => void events.push(event);
  const people = new PersonalSettingsCache({
    clock: new VirtualClock(),
    onEvent,
    store: counting,
  });
  return { people, store, events, countReads: () => reads };
}

test('two changes at once both hold, and null takes a choice back', async () => {
  const { people, store } = openSettings();
  await store.write(toGuildId('g'), toPersonId('ana'), {
    language: admitChosenLanguage('pt'),
    speed: 0.8,
  });
  await Promise.all([
    people.changeSettings(toGuildId('g'), toPersonId('ana'), { voice: 'slt' }),
    people.changeSettings(toGuildId('g'), toPersonId('ana'), { language: null }),
  ]);
  expect(await store.read(toGuildId('g'), toPersonId('ana'))).toEqual({
    voice: 'slt',
    speed: 0.8,
  });
});

test('a change that cannot be saved holds all the same, and is said so', async () => {
  const { people, store, events } = openSettings();
  store.trouble = 'unwritable';
  const changed = await people.changeSettings(toGuildId('g'), toPersonId('ana'), {
    language: admitChosenLanguage('ja'),
  });
  expect(changed).toEqual({ settings: { language: 'ja' }, isSaved: false });
  expect(people.getCached(toGuildId('g'), toPersonId('ana'))).toEqual({
    language: 'ja',
  });
  expect(events).toMatchObject([{ kind: 'failed', code: 'store.unwritable' }]);
});

test('a change of settings that cannot be read replaces none that are stored, and waits for the store once', async () => {
  const { people, store } = openSettings();
  await store.write(toGuildId('g'), toPersonId('ana'), {
    language: admitChosenLanguage('pt'),
  });
  store.trouble = 'unreadable';
  expect(
    await people.changeSettings(toGuildId('g'), toPersonId('ana'), { speed: 2 }),
  ).toEqual({
    settings: { speed: 2 },
    isSaved: false,
  });
  store.trouble = undefined;
  expect(await store.read(toGuildId('g'), toPersonId('ana'))).toEqual({
    language: 'pt',
  });
});

test('the cache of personal settings is bounded, and people unused for longest are read again', async () => {
  const { people, countReads } = openSettings();
  for (let n = 0; n <= maxCachedPeople; n++)
    await people.loadSettings(toGuildId('g'), toPersonId(`${n}`));
  const readsBefore = countReads();
  await people.loadSettings(toGuildId('g'), toPersonId(`${maxCachedPeople}`));
  expect(countReads()).toBe(readsBefore);
  await people.loadSettings(toGuildId('g'), toPersonId('0'));
  expect(countReads()).toBe(readsBefore + 1);
});

test('/privacy export holds what a person has chosen, and /privacy forget deletes it', async () => {
  const { privacy, sessions, stores } = openSessionFixture();
  await stores.personSettings.write(toGuildId('g'), toPersonId('adam'), {
    language: admitChosenLanguage('pt'),
    spokenName: 'Adão',
  });
  const exported = await privacy.exportPerson(toGuildId('g'), toPersonId('adam'));
  expect(exported.kind === 'exported' && JSON.parse(exported.json)).toMatchObject({
    settings: { language: 'pt', spokenName: 'Adão' },
  });
  expect(await privacy.forget(toGuildId('g'), toPersonId('adam'))).toMatchObject({
    kind: 'forgotten',
    total: 1,
  });
  expect(await stores.personSettings.read(toGuildId('g'), toPersonId('adam'))).toEqual(
    {},
  );
  const outcomeAfter = await privacy.exportPerson(toGuildId('g'), toPersonId('adam'));
  expect(
    outcomeAfter.kind === 'exported' && JSON.parse(outcomeAfter.json),
  ).not.toHaveProperty('settings');
  await sessions[Symbol.asyncDispose]();
});
