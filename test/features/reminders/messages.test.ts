import { tools } from '#src/features/features.ts';
import { reminderEndedEvent } from '#src/features/reminders/reminder-scheduler.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
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
const listMembers = async (_guildId: string, ids: readonly string[]) =>
  [adam, eva, ana].filter(({ id }) => ids.includes(id));
const given = { places: { ...places, listMembers } };
const message =
  'call set_reminder {"arrival_of":"Anna","text":"Dinner moved."} || I will.';
const privateMessage = message.replace('"Anna"', '"Anna","privately":true');
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

async function exportBoth({ privacy }: SessionFixture) {
  for (const id of ['adam', 'ana']) {
    const exported = await privacy.exportPerson('g', id);
    expect(exported.kind === 'exported' && exported.json).toContain('Dinner moved.');
  }
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

playScripts({
  'a message is told aloud at the arrival of its addressee, by name, with its author, and once':
    [
      given,
      `
    with tools, adam always, ana always
    model: ${message}
    adam asks: When Ana comes, tell her dinner moved.
    > told adam: answered I will., tool set_reminder ran
    4000 > answered Adam: I will.
    results > {"result":{"outcome":"Reminder 1 is set for Ana: Dinner moved."}}
    ana comes
    6000
    > reminder personId adam outcome said, says reminder.due.message (Ana. Adam) (Dinner moved.)
    ana goes
    1000
    ana comes
    6000
    reminders > none
    `,
    ],
  'a message for somebody who sits there is told at once': [
    { ...given, people: [adam, ana] },
    `
    with tools, adam always, ana always
    model: ${message}
    adam asks: When Ana comes, tell her dinner moved.
    > told adam: answered I will., tool set_reminder ran
    8000
    > answered Adam: I will.
    > reminder personId adam outcome said
    > says reminder.due.message (Ana. Adam) (Dinner moved.)
    reminders > none
    `,
  ],
  'a private message goes by direct message alone; where that is refused its author reads it':
    [
      { ...given, acts: { close: ({ closed }) => void closed.add('ana') } },
      `
    with tools, adam always, ana always
    model: ${privateMessage} || ${privateMessage}
    adam asks: When Ana comes, tell her dinner moved.
    > told adam: answered I will., tool set_reminder ran
    4000 > answered Adam: I will.
    ana comes
    6000
    > reminder personId adam outcome written, sends ana reminder.due.message (Adam) (Dinner moved.)
    reminders > none
    ana goes
    do close
    adam asks: When Ana comes, tell her dinner moved.
    > told adam: answered I will., tool set_reminder ran
    4000 > answered Adam: I will.
    ana comes
    6000
    > failed speak discord.forbidden
    > reminder personId adam outcome untold
    > tells adam reminder.untold.refused (Ana) (…)
    reminders > none
    `,
    ],
  ...Object.fromEntries(
    (
      [
        ['no of its author', 'adam denies > isSaved true', 'adam allows'],
        ['no of its addressee', 'ana denies > isSaved true', 'ana allows'],
        [
          'forgetting of its author',
          'adam is forgotten > forgotten total 1',
          'adam allows',
        ],
        [
          'forgetting of its addressee',
          'ana is forgotten > forgotten total 1',
          'ana allows',
        ],
      ] as const
    ).map(([what, deed, again]) => [
      `the ${what} deletes a message, which the export of both shows`,
      [
        { ...given, acts: { exportBoth } },
        `
    with tools, adam always, ana always
    model: ${message}
    adam asks: When Ana comes, tell her dinner moved.
    > told adam: answered I will., tool set_reminder ran
    4000 > answered Adam: I will.
    do exportBoth
    ${deed}
    ${again} > isSaved true
    ana comes
    6000
    reminders > none
    `,
      ],
    ]),
  ),
  ...Object.fromEntries(
    [
      ['whose name nobody has', 'Bea', 'adam always, ana always'],
      ['who did not agree for always', 'Ana', 'adam always'],
      ['by an author who did not agree for always', 'Ana', 'ana always'],
    ].map(([who, name, agreed]) => [
      `nothing is left for somebody ${who}`,
      [
        given,
        `
    with tools, ${agreed}
    model: call set_reminder {"arrival_of":"${name}","text":"Dinner moved."} || I will.
    adam asks: When she comes, tell her dinner moved.
    > told adam: answered I will., tool set_reminder refused
    4000 > answered Adam: I will.
    results
    > {"error":"I can't take a message for ${name}. You both need /privacy allow, and only one person here may have that name."}
    reminders > none
    `,
      ],
    ]),
  ),
  'the author of a message can list it with its addressee, and cancel it': [
    given,
    `
    with tools, adam always, ana always
    model: ${message} || call list_reminders || So. || call cancel_reminder {"number":1} || So.
    adam asks: When Ana comes, tell her dinner moved.
    > told adam: answered I will., tool set_reminder ran
    4000 > answered Adam: I will.
    adam asks: Which messages did I leave? > told adam: answered So., tool list_reminders ran
    4000 > answered Adam: So.
    results > {"result":{"reminders":"number 1, for Ana: Dinner moved."}}
    adam asks: Cancel it. > told adam: answered So., tool cancel_reminder ran
    4000 > answered Adam: So.
    ana comes
    6000
    reminders > none
    `,
  ],
});

test('a message waits over a restart, and is told when the bot comes to where its addressee sits', async () => {
  const { stores, ...before } = await open();
  await ask({ stores, ...before });
  await expectOver(await open({ stores, people: [ana] }), 'said');
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
