import { type GuildId, type PersonId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { admitChosenLanguage } from '#src/base/language/expected-language.ts';
import type { PersonSettings } from '#src/people/person-settings.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import {
  maxCachedPeople,
  PersonalSettingsCache,
} from '#src/settings/personal-settings-cache.ts';
import { openSessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { openMemoryStores } from '#test/fakes/memory-stores.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

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
  const before = countReads();
  await people.loadSettings(toGuildId('g'), toPersonId(`${maxCachedPeople}`));
  expect(countReads()).toBe(before);
  await people.loadSettings(toGuildId('g'), toPersonId('0'));
  expect(countReads()).toBe(before + 1);
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
