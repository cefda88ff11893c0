import type { TypedMessage, TypedMessages } from '#src/ports/typed-messages.ts';
import { formatText } from '#src/texts/texts.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  findOffer,
  lounge,
  makePerson,
  openSessionFixture,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { makeTyped, makeTypedHandler } from './typed-handler.ts';

const ben = makePerson('Ben');

type Over = FixtureOptions & {
  readonly typed?: string;
  readonly isNowhere?: true;
};

/** Adam called the bot, Eva sits there and was not asked, Ben does not sit there. */
async function joined(
  rounds: readonly (readonly ChatStep[])[] = [['Five.']],
  over: Over = {},
) {
  const clock = new VirtualClock();
  const { isNowhere, typed, ...options } = over;
  const chat = new FakeChat(rounds, clock);
  const synthesizer = new FakeSynthesizer();
  const parts = { addressing: 'auto', chat, synthesizer, ...options } as const;
  const fixture: SessionFixture = openSessionFixture(parts, [adam, eva], clock);
  if (typed) await fixture.sessions.settings.setValue('g', 'typed', typed);
  await fixture.sessions.join(lounge, 'adam');
  await passTime(fixture, 11_000);
  const replies: (readonly [string, string])[] = [];
  const gone = new Set<string>();
  const reply: TypedMessages['replyTo'] = async ({ channelId, messageId }, text) => {
    if (gone.has(messageId)) return 'deleted';
    const known = text.findTextForPlace(channelId);
    if (known === undefined) throw new Error('A reply has words of another channel.');
    replies.push([messageId, known]);
    return 'sent';
  };
  const { lines } = makeTypedHandler(fixture, reply);
  if (isNowhere) await fixture.sessions.leave('g');
  return { ...fixture, chat, synthesizer, lines, replies, gone };
}

const line = (text: string, over: Partial<TypedMessage> = {}) =>
  makeTyped(adam, text, over);
const mention = (text: string, over: Partial<TypedMessage> = {}) =>
  line(text, { isMention: true, ...over });

type JoinedSetup = Awaited<ReturnType<typeof joined>>;

async function handle(fixture: JoinedSetup, message: TypedMessage, ms = 5_000) {
  const taken = fixture.lines.handleMessage(message);
  await passTime(fixture, ms);
  return await taken;
}

/** Lines that are written one after the other, with what becomes of each. */
async function expectOutcomes(
  fixture: JoinedSetup,
  ...all: readonly (readonly [TypedMessage, string])[]
) {
  for (const [message, outcome] of all)
    expect(await handle(fixture, message), message.text).toBe(outcome);
}

const spoken = ({ synthesizer }: JoinedSetup) => synthesizer.texts;
const texts = ({ replies }: JoinedSetup) => replies.map(([, text]) => text);

test('a line that mentions the bot is answered by a reply, and aloud where its writer sits there', async () => {
  const fixture = await joined();
  await expectOutcomes(fixture, [mention('Two and three?'), 'answered']);
  expect(texts(fixture)).toEqual(['Five.']);
  expect(spoken(fixture)).toContain('Five.');
  expect(fixture.of('answered')).toMatchObject([
    { name: 'Adam', typed: true, heardText: 'Five.' },
  ]);
  expect(fixture.of('typed')).toMatchObject([
    { speakerId: 'adam', outcome: 'answered' },
  ]);
});

test.each([{}, { isNowhere: true } as const])(
  'a mention in another channel is answered there in writing, wherever the bot sits',
  async (over) => {
    const fixture = await joined([['Five.']], over);
    const before = spoken(fixture).length;
    const there = { channelId: 'den' };
    await expectOutcomes(fixture, [mention('Two and three?', there), 'answered']);
    expect([texts(fixture), spoken(fixture).length]).toEqual([['Five.'], before]);
    await expectOutcomes(fixture, [line('And one more?', there), 'elsewhere']);
    await fixture.privacy.deny('g', 'adam');
    await expectOutcomes(fixture, [mention('Well?', there), 'refused']);
    const role = '1029384756102938475';
    await fixture.sessions.settings.setValue('g', 'roles', role);
    await expectOutcomes(
      fixture,
      [mention('Well?', { ...there, author: ben }), 'refused'],
      [mention('', { ...there, author: { ...ben, roleIds: [role] } }), 'empty'],
    );
  },
);

test.each([
  ['where the server has set typed to off', mention('Well?'), 'off', { typed: 'off' }],
  ['in the mode off', mention('Well?'), 'off', { addressing: 'off' }],
  [
    'in another channel',
    line('Computer, well?', { channelId: 'den' }),
    'elsewhere',
    {},
  ],
  ['of a webhook', mention('Well?', { isWebhook: true }), 'webhook', {}],
  ['of a bot', mention('Well?', { author: { ...ben, isBot: true } }), 'bot', {}],
  [
    'of somebody not asked, without a mention',
    line('Computer, well?', { author: eva }),
    'unasked',
    {},
  ],
  ['not meant for it', line('See you tomorrow.'), 'not-meant', { names: ['Computer'] }],
  ['without a text', line(''), 'unread', {}],
] as const)(
  'a line %s is not answered, and what became of it has a name',
  async (_, message, outcome, over) => {
    const fixture = await joined([['Five.']], over);
    expect(await handle(fixture, message)).toBe(outcome);
    expect([texts(fixture), fixture.chat.asked]).toEqual([[], []]);
  },
);

const recording = {
  url: 'https://cdn.test/voice-message.ogg',
  name: 'voice-message.ogg',
};
const voiceMessage = { recording, isVoiceMessage: true };

/** What a message has the bot ask. */
async function asking(over: Partial<TypedMessage>, before?: 'allow' | 'deny') {
  const fixture = await joined([], { names: ['Computer'] });
  if (before) await fixture.privacy[before]('g', 'eva');
  const asked: unknown[] = [];
  fixture.talk.askQuestion = async (_guildId, words, _asker, _form, about) => {
    asked.push({ words, ...about });
    return { kind: 'nowhere' };
  };
  const outcome = await handle(fixture, line('', { author: eva, ...over }));
  return { outcome, asked, said: texts(fixture) };
}

const told = { outcome: 'unasked', asked: [], said: [formatText('consent.unasked')] };
const heard = {
  outcome: 'elsewhere',
  asked: [expect.objectContaining({ words: '', recording })],
};

test.each([
  [
    'of a person not asked is not heard: they read how it would be',
    {},
    undefined,
    told,
  ],
  ['is not heard for its mention alone', { isMention: true }, undefined, told],
  ['of a person who agreed is a question', {}, 'allow', heard],
  [
    'of a person who said no is not heard',
    {},
    'deny',
    { outcome: 'refused', asked: [], said: [] },
  ],
] as const)('a voice message %s', async (_, over, before, outcome) =>
  expect(await asking({ ...voiceMessage, ...over }, before)).toMatchObject(outcome),
);

test('forwarded words are quoted and not asked, and pictures alone get the usual question', async () => {
  const words = formatText('ask.about.question');
  const shop = {
    text: 'Computer, post that the shop is closed.',
    isForwarded: true,
  } as const;
  const quoted = { author: 'Adam', ...shop };
  const forwarded = await asking({ author: adam, ...shop });
  expect(forwarded.asked).toMatchObject([{ words, quoted, sentBy: 'Adam' }]);
  const pictures = [{ url: 'https://cdn.test/x.png', name: 'x.png' }];
  const shown = await asking({ pictures, isMention: true });
  expect(shown.asked).toMatchObject([{ words, pictures }]);
});

test('a person who mentions it too often reads so once; their stop counts all the same, and others are answered', async () => {
  const fixture = await joined();
  const by = (author: TypedMessage['author'], text: string) =>
    handle(fixture, mention(text, { author }), 0);
  const outcomes: string[] = [];
  for (let n = 0; n < 14; n++) outcomes.push(await by(adam, '!'));
  expect(outcomes).toEqual([...Array(10).fill('empty'), ...Array(4).fill('full')]);
  const said = texts(fixture);
  expect(said).toHaveLength(11);
  expect(said.at(-1)).toMatch(/^That was a lot at once\. Try again in \d+ s\.$/);
  expect(await by(eva, '!')).toBe('empty');
  await fixture.talk.sayText('g', 'A long story. '.repeat(20), 'queue');
  await passTime(fixture, 1_000);
  expect(await by(adam, 'Stop!')).toBe('answered');
  await passTime(fixture, 100);
  expect(texts(fixture).at(-1)).toBe(formatText('stop.ok'));
  expect(fixture.talk.stopSpeaking('g')).toBe('nothing');
});

test('a mention asks for that line alone, and a no is never read', async () => {
  const fixture = await joined();
  const author = eva;
  await expectOutcomes(
    fixture,
    [mention('Well?', { author }), 'answered'],
    [line('And now?', { author }), 'unasked'],
  );
  await fixture.privacy.deny('g', 'eva');
  await expectOutcomes(fixture, [mention('Well?', { author }), 'refused']);
  expect(texts(fixture)).toEqual(['Five.']);
});

test('every line of people who said yes counts by the addressing mode, as if it were said', async () => {
  const fixture = await joined([['Five.']], { names: ['Computer'] });
  await expectOutcomes(
    fixture,
    [line('Two and three?'), 'not-meant'],
    [line('Computer, two and three?'), 'answered'],
    [line('And one more?'), 'answered'],
  );
  await passTime(fixture, 20_000);
  await expectOutcomes(fixture, [line('And another one?'), 'not-meant']);
});

test('a message that is deleted while it is answered in writing costs nothing more', async () => {
  const fixture = await joined([[{ waitMs: 8_000 }, 'Five.']], { typed: 'text' });
  const message = mention('Two and three?');
  const taken = fixture.lines.handleMessage(message);
  await passTime(fixture, 2_000);
  fixture.lines.onDeleted([message.messageId]);
  expect(await taken).toBe('deleted');
});

test('a person who wants private answers types in the chat, and reads them in no other place', async () => {
  const fixture = await joined([['Five.']]);
  await fixture.peopleSettings.changeSettings('g', 'adam', { answers: 'private' });
  const before = spoken(fixture).length;
  await expectOutcomes(fixture, [mention('Two and three?'), 'answered']);
  expect(fixture.direct).toEqual([{ personId: 'adam', text: 'Five.' }]);
  fixture.closed.add('adam');
  fixture.captionChats.barred.add('adam');
  await handle(fixture, mention('And now?'));
  expect(fixture.offered).toEqual([]); // they may not open the channel of these words any more
  fixture.captionChats.barred.clear();
  await expectOutcomes(fixture, [mention('And again?'), 'answered']);
  expect([texts(fixture), spoken(fixture).length]).toEqual([[], before]);
  const id = findOffer(fixture);
  const show = (personId: string) =>
    fixture.confirmations.showConfirmation('g', id, personId);
  expect(show('eva')).toEqual({ kind: 'other', name: 'Adam' });
  const shown = show('adam');
  const { text } = 'text' in shown ? shown : expect.fail();
  const readIf = (mayOpen: (channelId: string) => boolean) =>
    text.findTextForPerson('adam', async (channelId) => mayOpen(channelId));
  expect(await readIf((channelId) => channelId === 'lounge')).toBe('Five.');
  expect(await readIf(() => false)).toBeUndefined();
  const { exchanges } =
    fixture.sessions.findSession('g')?.loop.state.history ?? expect.fail();
  expect(exchanges.map(({ heard }) => heard)).toEqual(['', '', '']);
  await fixture.clock.advance(15 * 60_000);
  expect(show('adam')).toEqual({ kind: 'over' });
});
