import { words } from '#commands/voice/words-command.ts';
import type { CommandCall } from '#src/features/command.ts';
import type { ServerVocabulary } from '#src/features/words/server-vocabulary.ts';
import { adam, makePorts, manager } from './command-ports.ts';
import { readReply } from './run-typed.ts';

const some = [{ word: 'Ana' }, { word: 'Kubernetes', say: 'koo-ber-net-ees' }];
const listWords = async () => ({ words: some, isRead: true, limit: 200 });
const makeControl = (overrides: Partial<ServerVocabulary>) =>
  makePorts({ words: overrides });

test.each<[CommandCall['inputs'], Partial<ServerVocabulary>, readonly string[]]>([
  [{ add: 'Ana' }, {}, ['I now expect to hear "Ana".']],
  [
    { add: 'Ana' },
    {
      addWord: async () => ({
        kind: 'replaced',
        word: { word: 'Ana' },
        saved: false,
      }),
    },
    [
      'I now expect to hear "Ana".',
      "I can't save that now. It holds until I restart; then please do it again.",
    ],
  ],
  [
    { add: '<' },
    { addWord: async () => ({ kind: 'bad-word', maxChars: 40 }) },
    [
      "That can't be a word. Use up to 40 letters, digits or signs on one line, without brackets.",
    ],
  ],
  [
    { add: 'Ana', say: '<' },
    { addWord: async () => ({ kind: 'bad-say', maxChars: 80 }) },
    ['Write how it sounds, in up to 80 letters, without brackets.'],
  ],
  [
    { add: 'Ana' },
    { addWord: async () => ({ kind: 'full', limit: 200 }) },
    [
      'The limit of 200 is reached. Try again later, or make room: /voice words remove.',
    ],
  ],
  [
    { remove: 'ana' },
    { removeWord: async () => ({ kind: 'removed', word: 'Ana', saved: true }) },
    ['I no longer expect "Ana".'],
  ],
  [
    { remove: 'anna' },
    { removeWord: async () => ({ kind: 'unknown', known: ['Ana', 'Kubernetes'] }) },
    ['There is no "anna". There are: Ana, Kubernetes.'],
  ],
  [{ add: 'a', remove: 'b' }, {}, ['Fill in add, add and say, or remove.']],
  [{}, {}, ['There are no words here yet. A manager adds them: /voice words add.']],
  [{}, { listWords }, ['2 of 200 words: Ana, Kubernetes (koo-ber-net-ees).']],
  [
    {},
    { listWords: async () => ({ words: [], isRead: false, limit: 200 }) },
    ["That doesn't work now. I told the operator; try again later."],
  ],
])(
  '/voice words with %j is answered in one sentence',
  async (typed, overrides, lines) => {
    const replies = await words.run(
      { ...manager, inputs: typed },
      makeControl(overrides),
    );
    expect(readReply(replies)).toEqual(['caller', ...lines]);
  },
);

test.each<Record<string, string>>([{ add: 'Ana' }, { remove: 'Ana' }])(
  'whoever does not manage the server changes nothing with %j, but may look',
  async (typed) => {
    const failTest = () => expect.fail();
    const denied = await words.run(
      { ...adam, inputs: typed },
      makeControl({ addWord: failTest, removeWord: failTest }),
    );
    expect(denied).toEqual([{ id: 'perm.manage' }]);
    expect((await words.run(adam, makeControl({ listWords })))[0].id).toBe(
      'words.list',
    );
  },
);

test('words there are are suggested while somebody types', async () => {
  const option = words.options.find(({ name }) => name === 'remove');
  const suggest = option?.kind === 'text' ? option.suggest : undefined;
  expect(await suggest?.('ku', manager, makeControl({ listWords }))).toEqual([
    'Kubernetes',
  ]);
});
