import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { parseRules } from '#src/config/tool-servers.ts';
import { tools } from '#src/features/features.ts';
import { adaptExternalTool } from '#src/features/tools/adapt-external-tool.ts';
import { formatText } from '#src/texts/texts.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { makeAdmitted } from './admitted-content.ts';

/** The bot sits nowhere; the model calls one tool and then says "Tea.". */
async function askForTool(
  name: string,
  about = {},
  moreTools = () => [makeLookTool('anyone')],
) {
  const chat = new FakeChat([
    [{ call: { id: 'call_1', name, argumentsJson: '{}' } }],
    ['Tea.'],
  ]);
  const fixture = openSessionFixture({ chat, tools, moreTools });
  await fixture.reminders.addReminder({
    id: 'tea',
    guildId: toGuildId('g'),
    personId: toPersonId('adam'),
    channelId: toChannelId('lounge'),
    channelName: 'Lounge',
    text: 'take the tea out',
    setAtWallMs: fixture.clock.wallMs(),
    dueAtWallMs: fixture.clock.wallMs() + 60_000,
  });
  const outcome = await fixture.talk.askQuestion(
    toGuildId('g'),
    'Well?',
    adam,
    'text',
    about,
  );
  if (outcome.kind !== 'answered') return expect.fail();
  const offered = chat.asked[0]?.tools.map((tool) => tool.name);
  return {
    result: chat.asked[1]?.messages.at(-1)?.content,
    offered,
    text: outcome.text,
  };
}

function makeLookTool(who: 'anyone' | 'room', effect?: 'read') {
  return adaptExternalTool({
    name: effect ? 'look' : 'turn',
    title: 'Looks',
    description: 'Looks.',
    parameters: { type: 'object' },
    rules: parseRules({ who, effect }),
    run: async () => ({ text: 'A bird.', leftOut: [], isError: false }),
  });
}

test('a question in writing gets the tools that need no channel', async () => {
  const moreTools = () => [makeLookTool('anyone'), makeLookTool('anyone', 'read')];
  const { offered, result, text } = await askForTool('look', {}, moreTools);
  expect(offered?.sort()).toEqual([
    'cancel_reminder',
    'list_reminders',
    'look',
    'set_reminder',
    'time',
    'turn',
  ]);
  expect(result).toContain('A bird.');
  expect(text.findForPlace(undefined)).toBe('Tea.');
});

test('an answer from the own reminders is for the asker alone, and none stands in a chat', async () => {
  const { result, text } = await askForTool('list_reminders');
  expect(result).toContain('take the tea out');
  expect(text.findForPlace(toChannelId('lounge'))).toBeUndefined();
  expect(await text.findForPerson(toPersonId('adam'), async () => false)).toBe('Tea.');
  const open = await askForTool('list_reminders', { placeId: toChannelId('general') });
  expect(open.result).not.toContain('tea');
});

test.each([
  [toChannelId('general'), 'room'],
  [undefined, 'caller'],
])(
  'what needs Confirm shows its button below the answer, and only its asker confirms it: in %s',
  async (placeId, to) => {
    const turn = { call: { id: 'call_1', name: 'turn', argumentsJson: '{}' } };
    const chat = new FakeChat([[turn], ['Press it.']]);
    const fixture = openSessionFixture({
      chat,
      tools,
      moreTools: () => [makeLookTool('anyone')],
    });
    await fixture.sessions.join(lounge, toPersonId('adam'));
    const about = { placeId, material: makeAdmitted({ text: 'Turn it.' }, 'Eva') };
    const outcome = await fixture.talk.askQuestion(
      toGuildId('g'),
      'Well?',
      adam,
      'text',
      about,
    );
    const { button, line } =
      (outcome.kind === 'answered' && outcome.confirmation) || expect.fail();
    expect(line).toMatchObject({ id: 'tool.ask', with: { by: 'Adam', name: 'Adam' } });
    expect([fixture.offered, fixture.of('tool').map(({ how }) => how)]).toEqual([
      [],
      ['asked'],
    ]);
    const id = button.replace('tool.show:', '');
    expect(
      fixture.confirmations.showConfirmation(toGuildId('g'), id, toPersonId('eva')),
    ).toEqual({
      kind: 'other',
      name: 'Adam',
    });
    expect(
      fixture.confirmations.showConfirmation(toGuildId('g'), id, toPersonId('adam')),
    ).toMatchObject({
      kind: 'shown',
    });
    const pressed = await fixture.confirmations.confirmCall(
      toGuildId('g'),
      id,
      toPersonId('adam'),
    );
    expect(pressed).toMatchObject({ kind: 'completed', to });
  },
);

playScripts(
  {
    'a reminder that cannot be set is refused before anybody is asked for a Confirm': `
    adam joins > joined consent brief
    model: call set_reminder {"when":"in ten minutes","text":"stretch"} || All right.
    adam writes with message: What does it say?
    > told adam: answered All right., tool set_reminder refused
    reminders > none
    results > {"error":"I write a reminder where it was asked for, so ask again with answer: text."}
    `,
    'a timer is written where it was asked for, else none is set': `
    model: call set_reminder {"when":"in ten minutes"} || All right.
    adam writes: What does it say? > told adam: answered All right., tool set_reminder refused
    reminders > none
    results > {"error":"I write a reminder where it was asked for, so ask again with answer: text."}
    model: call set_reminder {"when":"in ten minutes"} || All right.
    adam writes with general: What does it say?
    > told adam: answered All right., tool set_reminder ran
    reminders > 1:  in general
    `,
    'a reminder is set in writing for words of the asker alone, else it needs Confirm, which nobody can wait for where the bot sits nowhere': `
    model: call set_reminder {"when":"in ten minutes","text":"Pay Eva."} || All right.
    adam writes with general+message: What does it say?
    > told adam: answered All right., tool set_reminder refused
    reminders > none
    results
    > {"error":"That needs a press of Confirm. Nothing has happened: tell them to ask again by voice, in a voice channel with you."}
    model: call set_reminder {"when":"in ten minutes","text":"Pay Eva."} || All right.
    adam writes with general+picture: What does it say?
    > told adam: answered All right., tool set_reminder refused
    reminders > none
    results
    > {"error":"That needs a press of Confirm. Nothing has happened: tell them to ask again by voice, in a voice channel with you."}
    model: call set_reminder {"when":"in ten minutes","text":"Pay Eva."} || All right.
    adam writes with general: What does it say?
    > told adam: answered All right., tool set_reminder ran
    reminders > 1: Pay Eva. in general
    `,
    'a memory of who said yes for good is kept also where the bot sits nowhere: always, {"text":"I like tea."}': `
    with adam always
    set memory on > set value on isSaved true
    model: call remember {"text":"I like tea."} || All right.
    adam writes: Remember that, please. > told adam: answered All right., tool remember ran
    memories > guildId g number 1 I like tea. byId adam byName Adam
    `,
    'a memory of who said yes for good is kept also where the bot sits nowhere: always, {"text":"Eva likes tea.","about":"Eva"}': `
    with adam always
    set memory on > set value on isSaved true
    model: call remember {"text":"Eva likes tea.","about":"Eva"} || All right.
    adam writes: Remember that, please. > told adam: answered All right., tool remember refused
    memories > none
    `,
    'a memory of who said yes for good is kept also where the bot sits nowhere: never, {"text":"I like tea."}': `
    with adam never
    set memory on > set value on isSaved true
    model: call remember {"text":"I like tea."} || All right.
    adam writes: Remember that, please. > told adam: answered All right., tool remember refused
    memories > none
    `,
  },
  { isUncalled: true, tools },
);

const deaf = { ...eva, isDeaf: true };
const offer = {
  personId: 'eva',
  text: formatText('voice.answers.offer', { channel: 'Lounge' }),
};

async function sitDown(fixture: SessionFixture, mode: 'talk' | 'captions' = 'talk') {
  await fixture.sessions.join(lounge, toPersonId('adam'), mode);
  await passTime(fixture, 3_000);
}

test('a person who joins deafened or deafens later is offered written answers once in a server, also over restarts', async () => {
  const fixture = openSessionFixture({}, [adam, deaf]);
  await sitDown(fixture);
  expect(fixture.direct).toEqual([offer]);
  fixture.linkOpener.link.present.splice(0, 1, { ...adam, isDeaf: true });
  await passTime(fixture, 3_000);
  expect(fixture.direct).toEqual([offer, { ...offer, personId: 'adam' }]);
  await fixture.sessions.leave(toGuildId('g'));
  await sitDown(fixture);
  expect(fixture.direct).toHaveLength(2);
  const { stores } = fixture;
  expect(await stores.personSettings.read(toGuildId('g'), toPersonId('eva'))).toEqual({
    answers: 'spoken',
  });
  const restarted = openSessionFixture({ stores }, [adam, deaf]);
  await sitDown(restarted);
  expect([restarted.direct, fixture.notified, fixture.written]).toEqual([[], [], []]);
});

playScripts(
  {
    'a deafened person who said no is offered nothing': `
    with uncalled, eva never
    adam joins > joined consent brief
    3000 > says join.spoken.heard
    `,
    'a deafened person who has chosen before is offered nothing': `
    with uncalled
    eva chooses answers written
    adam joins > joined consent brief
    3000 > says join.spoken
    `,
    'a deafened person who cannot be remembered is offered nothing': [
      {
        acts: {
          'forget choices': ({ stores }) =>
            void Object.assign(stores.personSettings, { trouble: 'unwritable' }),
        },
      },
      `
    with uncalled
    do forget choices
    adam joins > joined consent brief, failed store store.unwritable
    3000 > says join.spoken
    `,
    ],
    'a deafened person who sits where it only writes captions is offered nothing': `
    with uncalled
    adam joins for captions > joined consent brief, says captions.on
    3000 > played voice: completed
    `,
    'if a person has closed direct messages, nothing is shown in the channel instead': [
      { acts: { closeRoom: ({ closed }) => void closed.add('eva') } },
      `
    with uncalled
    do closeRoom
    adam joins > joined consent brief
    3000 > says join.spoken
    `,
    ],
  },
  { people: [adam, deaf, { ...deaf, id: toPersonId('bot'), isBot: true }] },
);
