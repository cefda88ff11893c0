import './english.ts';
import { createServer } from 'node:http';
import { RoomSocket } from '#page/room/room-socket.js';
import { emptyRoom, findPanel, listSilences, stepRoom } from '#page/room/room-state.js';
import type { RoomEvent } from '#page/room/room-types.js';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';

const state: RoomEvent = {
  kind: 'state',
  people: [
    { id: '1', name: 'You', isYou: true, speaks: false, channel: 'Lounge' },
    { id: '2', name: 'Adam', isYou: false, speaks: false },
  ],
  channels: [{ id: '9', name: 'Lounge', kind: 'voice' }],
  bot: { online: true, channel: 'Lounge', name: 'Parley', speaks: false },
  commands: [],
  you: 'You',
};

function makeMessage(id: string, overrides: object = {}) {
  return {
    ...{ kind: 'message', change: 'posted', id, channel: 'general', author: 'Parley' },
    ...{ text: id, buttons: [], files: [], atMs: 0 },
    ...overrides,
  } as RoomEvent;
}

function stepThrough(...lines: readonly RoomEvent[]) {
  return lines.reduce(stepRoom, emptyRoom);
}

test('a message is posted, edited in its place, and deleted', () => {
  const posted = stepThrough(makeMessage('a'), makeMessage('b'));
  const edited = stepRoom(posted, makeMessage('a', { change: 'edited', text: 'new' }));
  expect(edited.items).toMatchObject([{ text: 'new' }, { text: 'b' }]);
  const deleted = stepRoom(edited, makeMessage('a', { change: 'deleted' }));
  expect(deleted.items).toMatchObject([{ key: 'b' }]);
});

test('an edit of a message that was posted before the page came is shown, too', () =>
  expect(stepThrough(makeMessage('a', { change: 'edited' })).items).toMatchObject([
    { key: 'a' },
  ]));

const makeSaid = (who: string, text: string): RoomEvent => ({
  kind: 'said',
  who,
  text,
});

test('of messages and events, in the order in which they came, only the latest 200 are kept', () => {
  const { items } = stepThrough(
    ...Array.from({ length: 250 }, (_, n) => [
      makeMessage(`m${n}`),
      makeSaid('Adam', `${n}`),
    ]).flat(),
  );
  expect([items.length, items[0]?.key]).toEqual([200, 'm150']);
  expect(items[1]).toMatchObject({ text: '150' });
});

const noon = {
  ...{ kind: 'answered', answerId: 1, who: 'You', text: 'Noon.', heardText: 'Noon.' },
  ...{ finish: 'completed', instants: { heardAtMs: 1, endedAtMs: 1 } },
} as const satisfies RoomEvent;

const listKinds = (...lines: readonly RoomEvent[]) =>
  stepThrough(state, ...lines).items.map(({ kind }) => kind);

test('an answer that is a message, too, is one bubble, whichever comes first', () => {
  const answer: RoomEvent = { ...noon, isMessage: true };
  const [same, other] = [makeMessage('Noon.'), makeMessage('Other.')];
  expect(listKinds(same, other, answer)).toEqual(['answered', 'message']);
  expect(listKinds(answer, other, same)).toEqual(['answered', 'message']);
  const mention = makeMessage('m', { text: '<@1> Noon.' });
  expect(listKinds(answer, mention)).toEqual(['answered']);
  const only = makeMessage('m', { text: 'Noon.', to: 'You' });
  expect(stepThrough(state, answer, only).items).toMatchObject([{ to: 'You' }]);
});

test('a message that says what the bot has only said aloud is a bubble of its own', () => {
  expect(listKinds(noon, makeMessage('Noon.'))).toEqual(['answered', 'message']);
  const answer: RoomEvent = { ...noon, isMessage: true };
  const again = makeMessage('again', { text: 'Noon.' });
  expect(listKinds(answer, makeMessage('Noon.'), again)).toEqual([
    'answered',
    'message',
  ]);
});

test('an answer goes with its message, or says what that message says now', () => {
  const talk = [state, { ...noon, isMessage: true }, makeMessage('Noon.')];
  const edited = makeMessage('Noon.', { change: 'edited', text: 'Taken back.' });
  expect(stepThrough(...talk, edited).items).toMatchObject([{ text: 'Taken back.' }]);
  const deleted = makeMessage('Noon.', { change: 'deleted' });
  expect(stepThrough(...talk, deleted).items).toEqual([]);
});

const ends = {
  who: 'You',
  text: 'One. Two. Three.',
  heardText: 'One.',
  finish: 'cancelled' as const,
  instants: { heardAtMs: 1, endedAtMs: 1 },
};

const beginAnswer = (answerId: number): RoomEvent => ({
  kind: 'answering',
  answerId,
  who: 'You',
});

test('an answer stands where it began, above the question that cut it', () => {
  const spoken = { kind: 'live', who: 'Parley', text: 'One.', answerId: 1 } as const;
  const talk = [
    state,
    makeSaid('You', 'Count.'),
    beginAnswer(1),
    spoken,
    makeSaid('You', 'Stop?'),
  ];
  const cut: RoomEvent = { kind: 'answered', answerId: 1, ...ends };
  const begun = stepThrough(...talk);
  expect(begun.items).toMatchObject([
    { text: 'Count.' },
    { text: 'One.' },
    { text: 'Stop?' },
  ]);
  const { items } = stepThrough(...talk, beginAnswer(2), cut, {
    ...cut,
    answerId: 2,
    text: 'Yes.',
  });
  expect(items).toMatchObject([
    { text: 'Count.' },
    { kind: 'answered', text: 'One. Two. Three.', key: begun.items[1]?.key },
    { text: 'Stop?' },
    { kind: 'answered', text: 'Yes.' },
  ]);
});

test('an answer in writing, too, takes the place of its beginning', () => {
  const { items } = stepThrough(
    state,
    beginAnswer(1),
    makeSaid('You', 'Hm.'),
    makeMessage('Noon.'),
    {
      ...{ kind: 'answered', answerId: 1, ...ends },
      ...{ text: 'Noon.', isMessage: true },
    },
  );
  expect(items.map(({ kind }) => kind)).toEqual(['answered', 'said']);
});

test('an answer of an earlier session keeps its place when ids begin anew', () => {
  const first: RoomEvent = { kind: 'answered', answerId: 1, ...ends };
  const { items } = stepThrough(state, beginAnswer(1), first, beginAnswer(1), {
    ...first,
    text: 'Two.',
  });
  expect(items).toMatchObject([{ text: 'One. Two. Three.' }, { text: 'Two.' }]);
});

test('scraps of one halting person, without words, get one line', () => {
  const ignoreScrap = (who: string) => ({
    kind: 'ignored' as const,
    who,
    why: 'empty' as const,
  });
  const { items } = stepThrough(
    state,
    ignoreScrap('You'),
    ignoreScrap('You'),
    ignoreScrap('Adam'),
  );
  expect(items).toMatchObject([{ who: 'You' }, { who: 'Adam' }]);
});

test('words of a person who still speaks are live until they are said', () => {
  const live: RoomEvent = { kind: 'live', who: 'Adam', text: 'what time' };
  expect(stepThrough(live).live).toEqual({ Adam: 'what time' });
  const { live: left, items } = stepThrough(live, makeSaid('Adam', 'what time is it'));
  expect([left, items.length]).toEqual([{ Adam: '' }, 1]);
});

test('who speaks is marked by name or id, until the next state says otherwise', () => {
  const speaks: RoomEvent = { kind: 'speaks', who: 'Adam', on: true };
  expect(stepThrough(state, speaks).room.people.map((person) => person.speaks)).toEqual(
    [false, true],
  );
  const byId = stepThrough(state, { ...speaks, who: '1' });
  expect(byId.room.people.map((person) => person.speaks)).toEqual([true, false]);
  expect(
    stepThrough(state, speaks, state).room.people.map((person) => person.speaks),
  ).toEqual([false, false]);
});

test('the bot is marked where it speaks, too', () => {
  const speaks: RoomEvent = { kind: 'speaks', who: 'Parley', on: true };
  expect(stepThrough(state, speaks).room.bot.speaks).toBe(true);
  expect(stepThrough(state, speaks, { ...speaks, on: false }).room.bot.speaks).toBe(
    false,
  );
});

const makeNamedButton = (name: string) => ({
  customId: `parley:${name}`,
  label: name,
  disabled: false,
});

test('the panel is the latest message of the bot for everybody with the buttons of a panel', () => {
  const buttons = [makeNamedButton('stop'), makeNamedButton('more')];
  const panel = makeMessage('panel', { buttons });
  const others = [
    makeMessage('link', { buttons: [{ label: 'Guide', disabled: false }] }),
    makeMessage('private', { buttons, to: 'You' }),
    makeMessage('person', { buttons, author: 'Adam' }),
  ];
  expect(findPanel(stepThrough(state, panel, ...others))?.id).toBe('panel');
  expect(findPanel(stepThrough(state, ...others))).toBeUndefined();
});

test('a notice with buttons of its own, as captions have one, does not take the place of the panel', () => {
  const panel = makeMessage('panel', {
    buttons: [makeNamedButton('ask'), makeNamedButton('stop'), makeNamedButton('more')],
  });
  const notice = makeMessage('notice', {
    buttons: [makeNamedButton('captions.leave_out'), makeNamedButton('captions')],
  });
  expect(findPanel(stepThrough(state, panel, notice))?.id).toBe('panel');
  const next = makeMessage('next', {
    buttons: [
      makeNamedButton('stop'),
      makeNamedButton('more'),
      makeNamedButton('resume'),
    ],
  });
  expect(findPanel(stepThrough(state, panel, notice, next))?.id).toBe('next');
});

test('who would talk and be met with silence reads why, with the press that ends it', () => {
  const makePeople = (own?: string) => [
    { id: '1', name: 'You', isYou: true, speaks: false, ...(own && { channel: own }) },
    { id: '2', name: 'Ben', isYou: false, speaks: false, channel: 'Lounge' },
  ];
  const makeState = (own?: string, bot?: string): RoomEvent => ({
    ...(state as Extract<RoomEvent, { kind: 'state' }>),
    people: makePeople(own),
    bot: { online: true, name: 'Parley', speaks: false, ...(bot && { channel: bot }) },
  });
  const makePanel = (button: string) =>
    makeMessage('panel', {
      text: 'In Lounge.',
      buttons: [makeNamedButton('more'), makeNamedButton(button)],
    });
  const leaveUnheard = (...names: readonly string[]): RoomEvent => ({
    kind: 'panel',
    channel: 'Lounge',
    mood: 'waiting',
    people: names.map((name) => ({ name, isHeard: false, answer: 'undecided' })),
    headline: 'Press.',
    notes: [],
  });
  const listTold = (...lines: readonly RoomEvent[]) =>
    listSilences(stepThrough(...lines)).map((silence) => [silence.text, silence.label]);
  expect(listTold(makeState())).toEqual([
    ['You are in no voice channel.', 'Join Lounge'],
  ]);
  expect(listTold(makeState('Lounge'))).toEqual([
    ['Parley is not in Lounge.', 'Call Parley'],
  ]);
  expect(listTold(makeState('Stage', 'Lounge'))).toEqual([
    ['Parley is not in Stage.', 'Call Parley'],
  ]);
  expect(listTold(makeState('Lounge'), makePanel('try.join'))).toEqual([]);
  expect(listTold(makeState('Lounge', 'Lounge'))).toEqual([]);
  expect(listTold(makeState('Lounge', 'Lounge'), leaveUnheard('Ana', 'Ben'))).toEqual([
    ['Parley does not hear Ben yet.', 'Let Ben agree'],
  ]);
  expect(listTold(makeState('Lounge', 'Lounge'), leaveUnheard('You'))).toEqual([]);
});

test('a page that a sandbox does not let in any more says so, and tries no more', async () => {
  const server = createServer();
  await using served = await openListeningServer(server);
  let tries = 0;
  server.on('upgrade', (_, socket) => {
    tries++;
    socket.destroy();
  });
  const told = Promise.withResolvers<void>();
  new RoomSocket(() => new URL(`ws://127.0.0.1:${served.port}/room`), {
    onEvent: () => undefined,
    onConnection: () => undefined,
    onShutOut: told.resolve,
    enter: async () => 'Open the address that npm start prints.',
  });
  await told.promise;
  expect(tries).toBe(1);
});

test('a question without a connection is reported as lost, so that the page can give it back', async () => {
  await using served = await openListeningServer(createServer());
  const socket = new RoomSocket(() => new URL(`ws://127.0.0.1:${served.port}/room`), {
    onEvent: () => undefined,
    onConnection: () => undefined,
    onShutOut: () => undefined,
    enter: async () => 'No.',
  });
  expect(await socket.ask('write', { text: 'Hello?' })).toMatchObject({
    ok: false,
    isLost: true,
  });
});
