import {
  adam,
  eva,
  lounge,
  pressConfirm,
} from '#test/conversation/setup/session-fixture.ts';
import {
  askWords,
  ben,
  makeRememberCall,
  makeRound,
  openMemories,
  parseReported,
} from './memory-setup.ts';

test('tools to remember and forget are offered only where a server has memories on', async () => {
  const { fixture, chat } = await openMemories();
  const offered = () => chat.asked.at(-1)?.tools.map(({ name }) => name) ?? [];
  await askWords(fixture, 'Hello.');
  expect(offered()).toEqual(expect.arrayContaining(['remember', 'forget_memory']));
  await fixture.settings.setSetting('g', 'memory', 'default');
  await askWords(fixture, 'Hello again.');
  expect(offered()).toContain('leave');
  expect(offered()).not.toContain('remember');
  expect(offered()).not.toContain('forget_memory');
});

test('a memory that a person asks for about themselves is kept without a press, and the model reads that everybody may know it', async () => {
  const { fixture, chat, kept } = await openMemories(
    makeRound(makeRememberCall('I like tea.')),
  );
  await askWords(fixture, 'Remember that I like tea.');
  expect(fixture.offered).toEqual([]);
  expect(parseReported(chat)).toContain(
    'Remembered, for everybody in this server: I like tea.',
  );
  expect(await kept()).toMatchObject([
    { text: 'I like tea.', byId: 'adam', byName: 'Adam' },
  ]);
});

test('a memory about somebody else waits for that person, and nobody else can press', async () => {
  const { fixture, kept } = await openMemories(
    makeRound(makeRememberCall('Eva is on holiday.', 'eva')),
  );
  await askWords(fixture, 'Remember that Eva is on holiday.');
  expect(fixture.written[0]).toContain(
    'Adam asked for something that needs a yes. Eva, press Show',
  );
  expect(await pressConfirm(fixture, adam.id)).toEqual({ kind: 'other', name: 'Eva' });
  expect(await pressConfirm(fixture, ben.id)).toEqual({ kind: 'other', name: 'Eva' });
  expect(await pressConfirm(fixture, eva.id)).toMatchObject({
    line: { id: 'memory.remembered' },
  });
  expect(await kept()).toMatchObject([
    { byId: 'adam', aboutId: 'eva', aboutName: 'Eva' },
  ]);
});

test('somebody who is named in the words has to confirm, also where the model leaves out whom they are about', async () => {
  const { fixture, kept } = await openMemories(
    makeRound(makeRememberCall('Ben owes me ten euros.')),
  );
  await askWords(fixture, 'Remember that Ben owes me ten euros.');
  expect(await pressConfirm(fixture, adam.id)).toEqual({
    kind: 'other',
    name: 'Ben Mole',
  });
  expect(await kept()).toEqual([]);
});

test.each([
  ['somebody absent', makeRememberCall('He is late.', 'Zoe')],
  ['a bot', makeRememberCall('It is loud.', 'Otto')],
  ['two people', makeRememberCall('Ben and Eva are late.')],
  ['nothing that can be seen', makeRememberCall('\u200b\u2060')],
])(
  'nothing is remembered about %s, and the model is told in a sentence',
  async (_what, step) => {
    const { fixture, chat } = await openMemories(makeRound(step));
    await askWords(fixture, 'Remember it.');
    expect(parseReported(chat)).toContain('Name the person it is about');
    expect(fixture.offered).toEqual([]);
  },
);

test.each([
  ['author', adam],
  ['person it is about', eva],
])('only a yes for always of the %s allows a memory', async (_who, { id }) => {
  const agreed = [adam, eva].filter((one) => one.id !== id);
  const { fixture, chat } = await openMemories(
    makeRound(makeRememberCall('Eva is late.')),
    {},
    agreed,
  );
  await fixture.sessions.join(lounge, id);
  await askWords(fixture, 'Remember that Eva is late.');
  expect(parseReported(chat)).toContain('whom I may always hear');
  expect(fixture.offered).toEqual([]);
});

test('a person who has gone cannot confirm a memory about themselves', async () => {
  const { fixture, kept } = await openMemories(
    makeRound(makeRememberCall('Eva is late.')),
  );
  await askWords(fixture, 'Remember that Eva is late.');
  const { present } = fixture.linkOpener.link;
  present.splice(
    present.findIndex(({ id }) => id === 'eva'),
    1,
  );
  expect(await pressConfirm(fixture, eva.id)).toMatchObject({ kind: 'barred' });
  expect(await kept()).toEqual([]);
});
