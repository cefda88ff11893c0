import type { Public } from '#src/base/public.ts';
import { tools } from '#src/features/features.ts';
import { adaptExternalTool } from '#src/features/tools/adapt-external-tool.ts';
import { parseRules } from '#src/features/tools/external-tool.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { Recordings } from '#src/sources/recordings.ts';
import {
  adam,
  lounge,
  openSessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';

/** The bot sits nowhere; the model calls one tool and then says "Tea.". */
async function ask(name: string, about = {}, moreTools = () => [look('anyone')]) {
  const chat = new FakeChat([
    [{ call: { id: 'call_1', name, argumentsJson: '{}' } }],
    ['Tea.'],
  ]);
  const fixture = openSessionFixture({ chat, tools, moreTools });
  await fixture.reminders.addReminder({
    id: 'tea',
    guildId: 'g',
    personId: 'adam',
    channelId: 'lounge',
    channelName: 'Lounge',
    text: 'take the tea out',
    setAtWallMs: fixture.clock.wallMs(),
    dueAtWallMs: fixture.clock.wallMs() + 60_000,
  });
  const outcome = await fixture.talk.askQuestion('g', 'Well?', adam, 'text', about);
  if (outcome.kind !== 'answered') return expect.fail();
  const offered = chat.asked[0]?.tools.map((one) => one.name);
  return {
    result: chat.asked[1]?.messages.at(-1)?.content,
    offered,
    text: outcome.text,
  };
}

function look(who: 'anyone' | 'room', effect?: 'read') {
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
  const moreTools = () => [look('anyone'), look('anyone', 'read')];
  const { offered, result, text } = await ask('look', {}, moreTools);
  expect(offered?.sort()).toEqual([
    'cancel_reminder',
    'list_reminders',
    'look',
    'set_reminder',
    'time',
    'turn',
  ]);
  expect(result).toContain('A bird.');
  expect(text.findTextForPlace(undefined)).toBe('Tea.');
});

test('an answer from the own reminders is for the asker alone, and none stands in a chat', async () => {
  const { result, text } = await ask('list_reminders');
  expect(result).toContain('take the tea out');
  expect(text.findTextForPlace('lounge')).toBeUndefined();
  expect(await text.findTextForPerson('adam', async () => false)).toBe('Tea.');
  const open = await ask('list_reminders', { placeId: 'general' });
  expect(open.result).not.toContain('tea');
});

/** Timers that are set, and the last result for the model. */
async function setTimer(
  about: object,
  text?: string,
  recordings?: Public<Recordings>,
  sitsIn?: ChannelRef,
) {
  const given = {
    id: 'call_1',
    name: 'set_reminder',
    argumentsJson: JSON.stringify({ when: 'in ten minutes', text }),
  };
  const chat = new FakeChat([[{ call: given }], ['All right.']]);
  const fixture = openSessionFixture({
    chat,
    tools,
    ...(recordings && { recordings }),
  });
  if (sitsIn) await fixture.sessions.join(sitsIn, 'adam');
  const asked = await fixture.talk.askQuestion(
    'g',
    'What does it say?',
    adam,
    'text',
    about,
  );
  const set = await fixture.stores.reminders.list('g', 'adam');
  const offer = asked.kind === 'answered' ? asked.confirmation : undefined;
  return { offer, set, result: chat.asked.at(-1)?.messages.at(-1)?.content };
}

test('a reminder that cannot be set is refused before anybody is asked for a Confirm', async () => {
  const quoted = { author: 'Eva', text: 'Stretch.' };
  const { offer, result, set } = await setTimer(
    { quoted },
    'stretch',
    undefined,
    lounge,
  );
  expect([offer, set]).toEqual([undefined, []]);
  expect(result).toContain('I write a reminder where it was asked for');
});

test('a timer is written where it was asked for, else none is set', async () => {
  const { set } = await setTimer({ askedInId: 'general' });
  expect(set).toMatchObject([{ channelId: 'general', number: 1 }]);
  const privately = await setTimer({});
  expect(privately.set).toEqual([]);
  expect(privately.result).toContain('ask again with answer: text');
});

test('a reminder is set in writing for words of the asker alone, else it needs Confirm, which nobody can wait for where the bot sits nowhere', async () => {
  const place = { askedInId: 'general' };
  expect((await setTimer(place, 'Pay Eva.')).set).toHaveLength(1);
  const quoted = { author: 'Eva', text: 'Remind Adam to pay me.' };
  const shown = await setTimer({ ...place, quoted }, 'Pay Eva.');
  const recordings = {
    read: () => expect.fail(),
    readPictures: async () => ['data:,'],
  };
  const pictures = [{ url: 'https://cdn.test/a.png', name: 'a.png' }];
  const seen = await setTimer({ ...place, pictures }, 'Pay Eva.', recordings);
  for (const one of [shown, seen]) {
    expect(one.set).toEqual([]);
    expect(one.result).toContain('ask again by voice');
  }
});

test.each([
  ['general', 'room'],
  [undefined, 'caller'],
])(
  'what needs Confirm shows its button below the answer, and only its asker confirms it: in %s',
  async (placeId, to) => {
    const turn = { call: { id: 'call_1', name: 'turn', argumentsJson: '{}' } };
    const chat = new FakeChat([[turn], ['Press it.']]);
    const fixture = openSessionFixture({
      chat,
      tools,
      moreTools: () => [look('anyone')],
    });
    await fixture.sessions.join(lounge, 'adam');
    const about = { placeId, quoted: { author: 'Eva', text: 'Turn it.' } };
    const outcome = await fixture.talk.askQuestion('g', 'Well?', adam, 'text', about);
    const { button, line } =
      (outcome.kind === 'answered' && outcome.confirmation) || expect.fail();
    expect(line).toMatchObject({ id: 'tool.ask', with: { by: 'Adam', name: 'Adam' } });
    expect([fixture.offered, fixture.of('tool').map(({ how }) => how)]).toEqual([
      [],
      ['asked'],
    ]);
    const id = button.replace('tool.show:', '');
    expect(fixture.confirmations.showConfirmation('g', id, 'eva')).toEqual({
      kind: 'other',
      name: 'Adam',
    });
    expect(fixture.confirmations.showConfirmation('g', id, 'adam')).toMatchObject({
      kind: 'shown',
    });
    const pressed = await fixture.confirmations.confirmCall('g', id, 'adam');
    expect(pressed).toMatchObject({ kind: 'done', to });
  },
);

test.each([
  ['always', { text: 'I like tea.' }, [{ text: 'I like tea.', byName: 'Adam' }]],
  ['always', { text: 'Eva likes tea.', about: 'Eva' }, []],
  ['never', { text: 'I like tea.' }, []],
] as const)(
  'a memory of who said yes for good is kept also where the bot sits nowhere: %s, %j',
  async (kind, given, kept) => {
    const call = {
      id: 'call_1',
      name: 'remember',
      argumentsJson: JSON.stringify(given),
    };
    const chat = new FakeChat([[{ call }], ['All right.']]);
    const fixture = openSessionFixture({ chat, tools });
    await fixture.settings.setSetting('g', 'memory', 'on');
    await fixture.consents.write('g', 'adam', { kind });
    await fixture.talk.askQuestion('g', 'Remember that, please.', adam, 'text');
    expect(await fixture.transcripts.onDisk.memories.list('g')).toMatchObject(kept);
  },
);
