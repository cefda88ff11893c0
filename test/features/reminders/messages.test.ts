import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import {
  adam,
  eva,
  makePerson,
  places,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

const ana = { ...makePerson('Ana'), name: 'Ana 🌻' };
const listMembers = async (_guildId: string, ids: readonly string[]) =>
  [adam, eva, ana].filter(({ id }) => ids.includes(id));
const fields = { places: { ...places, listMembers } };
const message =
  'call set_reminder {"arrival_of":"Anna","text":"Dinner moved."} || I will.';
const privateMessage = message.replace('"Anna"', '"Anna","privately":true');
const begin = `
    with tools, adam always, ana always
    model: ${message}
    adam asks: When Ana comes, tell her dinner moved.
    > told adam: answered I will., tool set_reminder ran
    4000 > answered Adam: I will.`;

function leaveDueMessage({ clock, reminders }: SessionFixture) {
  const message = { addresseeId: ana.id, addresseeName: 'Ana', authorName: 'Adam' };
  return reminders.addReminder({
    id: 'dinner',
    guildId: toGuildId('g'),
    personId: toPersonId('adam'),
    channelId: toChannelId('lounge'),
    channelName: 'Lounge',
    text: 'Dinner moved.',
    setAtWallMs: clock.wallMs(),
    dueAtWallMs: clock.wallMs(),
    message,
  });
}

async function exportBoth({ privacy }: SessionFixture) {
  for (const id of ['adam', 'ana']) {
    const exported = await privacy.exportPerson(toGuildId('g'), toPersonId(id));
    expect(exported.kind === 'exported' && exported.json).toContain('Dinner moved.');
  }
}

playScripts({
  'a message is told aloud at the arrival of its addressee, by name, with its author, and once':
    [
      fields,
      `${begin}
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
    { ...fields, people: [adam, ana] },
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
      { ...fields, acts: { closeRoom: ({ closed }) => void closed.add('ana') } },
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
    do closeRoom
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
          'adam is forgotten > forgotten total 2',
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
        { ...fields, acts: { exportBoth } },
        `${begin}
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
        fields,
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
  ...Object.fromEntries(
    [
      ['addressee has gone again', [adam], 'adam always, ana always'],
      ['addressee did not agree for always', [adam, ana], 'adam always'],
      ['author did not agree for always', [adam, ana], 'ana always'],
    ].map(([whose, people, agreed]) => [
      `a message that is due waits while its ${whose}`,
      [
        { ...fields, people, acts: { leave: leaveDueMessage } },
        `
    with tools, ${agreed}
    do leave > added number 1
    6000
    reminders > 1: Dinner moved. in lounge
    `,
      ],
    ]),
  ),
  'the author of a message can list it with its addressee, and cancel it': [
    fields,
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
  'a message waits over a restart, and is told when the bot comes to where its addressee sits':
    [
      fields,
      `${begin}
    restart with tools
    adam goes
    eva goes
    ana comes
    adam joins > joined consent always, says reminder.due.message (Ana. Adam) (Dinner moved.)
    6000 > reminder personId adam outcome said
    reminders > none
    `,
    ],
  'a person who does not come within 30 days is told nothing, and the author reads that':
    [
      {
        ...fields,
        acts: {
          readNotified: ({ notified }) => notified.flat().map(({ text }) => text),
        },
      },
      `${begin}
    leave > left channel Lounge, left asked
    29 days
    reminders > 1: Dinner moved. in lounge
    1 day
    > reminder personId adam outcome untold, tells adam reminder.untold.away (Ana) (Dinner moved.)
    do readNotified
    > Ana did not come here within 30 days, so I could not pass on your message: Dinner moved.
    reminders > none
    `,
    ],
  'an addressee who is not heard is told nothing until they agree': [
    fields,
    `${begin}
    restart with tools, ana never
    eva goes
    adam joins > joined consent always
    4000
    ana comes
    6000
    reminders > 1: Dinner moved. in lounge
    ana allows > isSaved true
    6000
    > reminder personId adam outcome said, says reminder.due.message (Ana. Adam) (Dinner moved.)
    reminders > none
    `,
  ],
  'a person who cannot hear a message from another channel gets it directly': [
    {
      ...fields,
      people: [adam, eva, { ...makePerson('Ana'), isDeaf: true }],
      acts: {
        moveSession: ({ sessions }) =>
          sessions.moveSession(toGuildId('g'), toChannelId('den')),
      },
    },
    `
    with tools, adam always, ana always
    ana goes
    model: ${message}
    adam asks: When Ana comes, tell her dinner moved.
    > told adam: answered I will., tool set_reminder ran
    4000 > answered Adam: I will.
    do moveSession > left moved, writes moved.elsewhere, writes seat.returned.anew
    2000
    ana comes
    6000
    > reminder personId adam outcome written, sends ana reminder.due.message (Adam) (Dinner moved.)
    reminders > none
    `,
  ],
});
