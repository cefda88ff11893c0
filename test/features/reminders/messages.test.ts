import { BotError } from '#src/base/errors.ts';
import { tools } from '#src/features/features.ts';
import { reminderEndedEvent } from '#src/features/reminders/reminder-scheduler.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import {
  adam,
  den,
  eva,
  type FixtureOptions,
  joinLounge,
  makePerson,
  passTime,
  places,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { makeToolCall as call } from '#test/fakes/fake-chat.ts';

const ana: ChannelMember = { ...makePerson('Ana'), name: 'Ana 🌻' };
const dayMs = 86_400_000;
const text = 'Adam left you a message: Dinner moved.';
const told = `Ana. ${text}`;

type Setup = FixtureOptions & {
  readonly message?: object;
  readonly people?: readonly ChannelMember[];
  readonly agreed?: readonly string[];
};

/** Adam and Eva sit there; they and Ana said yes for always. Whatever is asked is a message for Ana. */
async function open({
  message,
  people,
  agreed = ['adam', 'eva', 'ana'],
  ...over
}: Setup = {}) {
  const words = { arrival_of: 'Anna', text: 'Dinner moved.', ...message };
  const listMembers = async (_guildId: string, ids: readonly string[]) =>
    [adam, eva, ana].filter(({ id }) => ids.includes(id));
  const own = { pieces: 2, tools, places: { ...places, listMembers } };
  const rounds = [[call('set_reminder', words)], ['I will.']];
  const fixture = await joinLounge({ ...own, rounds, ...over }, people);
  if (!over.stores) for (const id of agreed) await fixture.privacy.allow('g', id);
  await passTime(fixture, 4_000);
  return fixture;
}

async function ask(fixture: SessionFixture) {
  const words = 'When Ana comes, tell her dinner moved.';
  void fixture.talk.askQuestion('g', words, adam, 'voice');
  await passTime(fixture, 4_000);
}

async function comes(fixture: SessionFixture, person = ana) {
  fixture.linkOpener.link.present.push(person);
  await passTime(fixture, 6_000);
}

/** Expects that nothing more is stored of a message that ended so. */
async function expectOver(fixture: SessionFixture, ...ends: readonly string[]) {
  expect(endsOf(fixture)).toEqual(ends);
  expect(saidOf(fixture)).toBe(ends.includes('said') ? told : '');
  expect(await fixture.stores.reminders.list('g', 'adam')).toEqual([]);
}

/** Ends of the message. */
function endsOf({ fieldsOf }: SessionFixture) {
  return fieldsOf(reminderEndedEvent).map(({ outcome }) => outcome);
}

/** What was said of the message. */
function saidOf({ synthesizer }: SessionFixture) {
  return synthesizer.texts.filter((one) => /^Ana|Dinner/.test(one)).join(' ');
}

test('a message is told aloud at the arrival of its addressee, by name, with its author, and once', async () => {
  const fixture = await open();
  await ask(fixture);
  expect(fixture.chat.results[0]).toContain('Reminder 1 is set for Ana: Dinner moved.');
  expect([saidOf(fixture), endsOf(fixture)]).toEqual(['', []]);
  await comes(fixture);
  fixture.linkOpener.link.present.pop();
  await passTime(fixture, 1_000);
  await comes(fixture);
  await expectOver(fixture, 'said');
  expect(fixture.notified).toEqual([]);
});

test('a message waits over a restart, and is told when the bot comes to where its addressee sits', async () => {
  const { stores, ...before } = await open();
  await ask({ stores, ...before });
  const fixture = await open({ stores, people: [ana] });
  await expectOver(fixture, 'said');
});

test('a message for somebody who sits there is told at once', async () => {
  const fixture = await open({ people: [adam, ana] });
  await ask(fixture);
  await passTime(fixture, 4_000);
  await expectOver(fixture, 'said');
});

test('a person who cannot hear a message reads it where they sit', async () => {
  const fixture = await open();
  await ask(fixture);
  await fixture.sessions.moveSession('g', den.channelId);
  await passTime(fixture, 2_000);
  await comes(fixture, { ...ana, isDeaf: true });
  expect(fixture.notified.flat()).toMatchObject([{ personId: 'ana', text }]);
  expect(fixture.writtenIn.at(-1)).toBe('Den');
  await expectOver(fixture, 'written');
});

test('a private message goes by direct message alone; where that is refused its author reads it', async () => {
  const fixture = await open({ message: { privately: true } });
  await ask(fixture);
  await comes(fixture);
  expect(fixture.direct).toMatchObject([{ personId: 'ana', text }]);
  await expectOver(fixture, 'written');
  expect(fixture.notified).toEqual([]);
  const closed = await open({ message: { privately: true } });
  const refused = new BotError('discord.forbidden', false, 'Closed.');
  closed.dependencies.messages.tellPerson = async () => Promise.reject(refused);
  await ask(closed);
  await comes(closed);
  const why =
    'Ana takes no direct messages from me, so I could not pass on your message: …';
  expect(closed.notified.flat()).toMatchObject([{ personId: 'adam', text: why }]);
  await expectOver(closed, 'untold');
});

test('a person who does not come within 30 days is told nothing, and the author reads that', async () => {
  const fixture = await open();
  await ask(fixture);
  await fixture.sessions.leave('g');
  await fixture.clock.advance(29 * dayMs);
  expect(await fixture.stores.reminders.list('g', 'adam')).toHaveLength(1);
  await fixture.clock.advance(dayMs + 60_000);
  const why =
    'Ana did not come here within 30 days, so I could not pass on your message: Dinner moved.';
  expect(fixture.notified.flat()).toMatchObject([{ personId: 'adam', text: why }]);
  await expectOver(fixture, 'untold');
});

test.each([
  ['no of its author', 'deny', 'adam'],
  ['no of its addressee', 'deny', 'ana'],
  ['forgetting of its author', 'forget', 'adam'],
  ['forgetting of its addressee', 'forget', 'ana'],
] as const)(
  'the %s deletes a message, which the export of both shows',
  async (_, deed, by) => {
    const fixture = await open();
    await ask(fixture);
    for (const id of ['adam', 'ana']) {
      const exported = await fixture.privacy.exportPerson('g', id);
      expect(exported.kind === 'exported' && exported.json).toContain('Dinner moved.');
    }
    await fixture.privacy[deed]('g', by);
    await fixture.privacy.allow('g', by);
    await comes(fixture);
    await expectOver(fixture);
  },
);

test.each([
  ['whose name nobody has', 'Bea', ['adam', 'ana']],
  ['who did not agree for always', 'Ana', ['adam']],
  ['by an author who did not agree for always', 'Ana', ['ana']],
])('nothing is left for somebody %s', async (_what, arrival_of, agreed) => {
  const fixture = await open({ message: { arrival_of }, agreed });
  await ask(fixture);
  expect(fixture.chat.results[0]).toContain(`I can't take a message for ${arrival_of}`);
  await expectOver(fixture);
});

test('an addressee who is not heard is told nothing until they agree', async () => {
  const { stores, ...before } = await open();
  await ask({ stores, ...before });
  await stores.consents.write('g', 'ana', { kind: 'never' });
  const fixture = await open({ stores, people: [adam] });
  await comes(fixture);
  expect([saidOf(fixture), endsOf(fixture)]).toEqual(['', []]);
  await fixture.privacy.allow('g', 'ana');
  await passTime(fixture, 6_000);
  await expectOver(fixture, 'said');
});

test('the author of a message can list it with its addressee, and cancel it', async () => {
  const calls = [
    call('set_reminder', { arrival_of: 'Ana', text: 'Dinner moved.' }),
    call('list_reminders'),
    call('cancel_reminder', { number: 1 }),
  ];
  const fixture = await open({ rounds: calls.flatMap((one) => [[one], ['So.']]) });
  await ask(fixture);
  await ask(fixture);
  expect(fixture.chat.results[0]).toContain('number 1, for Ana: Dinner moved.');
  await ask(fixture);
  await comes(fixture);
  await expectOver(fixture);
});
