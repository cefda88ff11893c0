import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { tools } from '#src/features/features.ts';
import { reminderEnded } from '#src/features/reminders/reminder-scheduler.ts';
import {
  adam,
  den,
  eva,
  type FixtureOptions,
  lounge,
  openSessionFixture,
  pass,
  places,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { toolCall as call } from '#test/fakes/chat.ts';

const ana = { id: 'ana', name: 'Ana 🌻', isBot: false, roleIds: [] };
const dayMs = 86_400_000;
const membersAmong = async (_guildId: string, ids: readonly string[]) =>
  [adam, eva, ana].filter(({ id }) => ids.includes(id));
const withMembers = { ...places, membersAmong };

/** Adam and Eva sit there; they and Ana said yes for always. Whatever is asked is a message for Ana. */
async function open(
  given: object = {},
  over: FixtureOptions = {},
  people = [adam, eva],
  agreed = ['adam', 'eva', 'ana'],
) {
  const words = { arrival_of: 'Anna', text: 'Dinner moved.', ...given };
  const rounds = [[call('set_reminder', words)], ['I will.']];
  const options = { rounds, pieces: 2, tools, places: withMembers, ...over };
  const fixture = openSessionFixture(options, people);
  await fixture.sessions.join(lounge, 'adam');
  if (!over.stores) for (const id of agreed) await fixture.privacy.allow('g', id);
  await pass(fixture, 4_000);
  return fixture;
}

async function ask(fixture: SessionFixture): Promise<void> {
  void fixture.talk.ask('g', 'When Ana comes, tell her dinner moved.', adam, 'voice');
  await pass(fixture, 4_000);
}

async function comes(fixture: SessionFixture, person = ana): Promise<void> {
  fixture.linkOpener.link.present.push(person);
  await pass(fixture, 6_000);
}

async function goes(fixture: SessionFixture, { id }: typeof ana): Promise<void> {
  const { present } = fixture.linkOpener.link;
  const at = present.findIndex((one) => one.id === id);
  present.splice(at, 1);
  await pass(fixture, 1_000);
}

const spoken = ({ synthesizer }: SessionFixture) =>
  synthesizer.asked.map(({ text }) => text).join(' ');
const timesTold = (fixture: SessionFixture) => spoken(fixture).split('Dinner moved').length - 1;
const outcomes = (fixture: SessionFixture) =>
  fixture.fieldsOf(reminderEnded).map(({ outcome }) => outcome);
const stored = ({ stores }: SessionFixture) => stores.reminders.list('g', 'adam');

test('a message is told aloud at the arrival of its addressee, by name, with its author, and once', async () => {
  const fixture = await open();
  await ask(fixture);
  expect(fixture.chat.results[0]).toContain('Reminder 1 is set for Ana 🌻: Dinner moved.');
  expect(timesTold(fixture)).toBe(0);
  await comes(fixture);
  expect(spoken(fixture)).toContain('Ana. Adam left you a message: Dinner moved.');
  await goes(fixture, ana);
  await comes(fixture);
  expect([timesTold(fixture), outcomes(fixture)]).toEqual([1, ['said']]);
  expect([await stored(fixture), fixture.notified]).toEqual([[], []]);
});

test('a message waits over a restart, and is told when the bot comes to where its addressee sits', async () => {
  const before = await open();
  await ask(before);
  const fixture = await open({}, { stores: before.stores }, [ana]);
  await pass(fixture, 2_000);
  expect(spoken(fixture)).toContain('Ana. Adam left you a message: Dinner moved.');
  expect(await stored(fixture)).toEqual([]);
});

test('a message for somebody who sits there is told at once', async () => {
  const fixture = await open({}, {}, [adam, ana]);
  await ask(fixture);
  await pass(fixture, 4_000);
  expect([timesTold(fixture), outcomes(fixture)]).toEqual([1, ['said']]);
});

test('who cannot hear it reads a message where they sit', async () => {
  const fixture = await open();
  await ask(fixture);
  await fixture.sessions.move('g', den.channelId);
  await pass(fixture, 2_000);
  await comes(fixture, { ...ana, isDeaf: true } as typeof ana);
  expect(fixture.notified.flat()).toMatchObject([
    { personId: 'ana', text: 'Adam left you a message: Dinner moved.' },
  ]);
  expect([fixture.writtenIn.at(-1), outcomes(fixture)]).toEqual(['Den', ['written']]);
});

test('a private message goes by direct message alone', async () => {
  const fixture = await open({ privately: true });
  await ask(fixture);
  await comes(fixture);
  expect(fixture.direct).toMatchObject([
    { personId: 'ana', text: 'Adam left you a message: Dinner moved.' },
  ]);
  expect([timesTold(fixture), fixture.notified, outcomes(fixture)]).toEqual([0, [], ['written']]);
});

test('where a direct message is refused its author reads it, and it is told to nobody else', async () => {
  const fixture = await open({ privately: true });
  const refused = new BotError('discord.forbidden', false, 'Closed.');
  fixture.dependencies.messages.tell = async () => Promise.reject(refused);
  await ask(fixture);
  await comes(fixture);
  expect(fixture.notified.flat()).toMatchObject([
    {
      personId: 'adam',
      text: 'Ana 🌻 takes no direct messages from me, so I could not pass on your message: …',
    },
  ]);
  expect([timesTold(fixture), outcomes(fixture)]).toEqual([0, ['untold']]);
});

test('who does not come within 30 days is told nothing, and the author reads that', async () => {
  const fixture = await open();
  await ask(fixture);
  await fixture.sessions.leave('g');
  await fixture.clock.advance(29 * dayMs);
  expect(await stored(fixture)).toHaveLength(1);
  await fixture.clock.advance(dayMs + 60_000);
  expect(fixture.notified.flat()).toMatchObject([
    {
      personId: 'adam',
      text: 'Ana 🌻 did not come here within 30 days, so I could not pass on your message: Dinner moved.',
    },
  ]);
  expect([outcomes(fixture), await stored(fixture)]).toEqual([['untold'], []]);
});

test.each([
  ['no of its author', 'deny', 'adam'],
  ['no of its addressee', 'deny', 'ana'],
  ['forgetting of its author', 'forget', 'adam'],
  ['forgetting of its addressee', 'forget', 'ana'],
] as const)('the %s deletes a message', async (_what, deed, personId) => {
  const fixture = await open();
  await ask(fixture);
  for (const id of ['adam', 'ana']) {
    const exported = await fixture.privacy.export('g', id);
    expect(exported.kind === 'exported' && exported.json).toContain('Dinner moved.');
  }
  await fixture.privacy[deed]('g', personId);
  expect(await stored(fixture)).toEqual([]);
  await fixture.privacy.allow('g', personId);
  await comes(fixture);
  expect(timesTold(fixture)).toBe(0);
});

test.each([
  ['whose name nobody has', 'Bea', ['adam', 'ana']],
  ['whose name two people have', 'Ana', ['adam', 'eva', 'ana']],
  ['who did not agree for always', 'Ana', ['adam']],
  ['by an author who did not agree for always', 'Ana', ['ana']],
])('nothing is left for somebody %s', async (what, arrival_of, agreed) => {
  const twin = { ...ana, id: 'eva' };
  const twins = async (...[guildId, ids]: Parameters<typeof membersAmong>) =>
    what.includes('two people') ? [adam, ana, twin] : await membersAmong(guildId, ids);
  const over = { places: { ...places, membersAmong: twins } };
  const fixture = await open({ arrival_of }, over, [adam, eva], agreed);
  await ask(fixture);
  expect(fixture.chat.results[0]).toContain('Nothing is set: one of the two did not say yes');
  expect(await stored(fixture)).toEqual([]);
});

test('an addressee who is not heard is told nothing until they agree', async () => {
  const fixture = await open();
  await ask(fixture);
  await fixture.stores.consents.write('g', 'ana', { kind: 'never' });
  const later = await open({}, { stores: fixture.stores }, [adam]);
  await comes(later);
  expect(timesTold(later)).toBe(0);
  await later.privacy.allow('g', 'ana');
  await pass(later, 6_000);
  expect([timesTold(later), outcomes(later)]).toEqual([1, ['said']]);
});

test('its author lists a message with its addressee, and cancels it', async () => {
  const fixture = await open(
    {},
    {
      rounds: [
        [call('set_reminder', { arrival_of: 'Ana', text: 'Dinner moved.' })],
        ['I will.'],
        [call('list_reminders', {})],
        ['These.'],
        [call('cancel_reminder', { number: 1 })],
        ['Done.'],
      ],
    },
  );
  await ask(fixture);
  await ask(fixture);
  expect(fixture.chat.results[0]).toContain('number 1, for Ana 🌻: Dinner moved.');
  await ask(fixture);
  expect(await stored(fixture)).toEqual([]);
  await comes(fixture);
  expect(timesTold(fixture)).toBe(0);
});
