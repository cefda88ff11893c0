import './english.ts';
import { countCaptionLines } from '#page/room/captions.js';
import {
  completeLine,
  pressKey,
  type RegisteredCommand,
  readCommand,
  suggestChoices,
} from '#page/room/command-line.js';
import { layOutReply } from '#page/room/reply-lines.js';
import { formatLine } from '#page/room/texts.js';

const commands: readonly RegisteredCommand[] = [
  { name: 'join', description: 'Comes to your channel' },
  {
    name: 'ask',
    description: 'Asks',
    options: [
      { type: 3, name: 'question', description: 'What', required: true },
      {
        type: 3,
        name: 'answer',
        choices: [
          { name: 'in writing', value: 'text' },
          { name: 'aloud', value: 'voice' },
        ],
      },
      { type: 5, name: 'private', name_localizations: { de: 'privat', fr: 'privé' } },
    ],
  },
  {
    name: 'track',
    options: [
      {
        type: 1,
        name: 'play',
        description: 'Plays',
        options: [
          { type: 3, name: 'name', required: true, autocomplete: true },
          { type: 4, name: 'volume' },
        ],
      },
      { type: 1, name: 'pause' },
    ],
  },
  { name: 'Ask Parley', type: 3 },
];

test.each([
  ['/join', { name: 'join', options: {} }],
  ['/ask what time: is it', { name: 'ask', options: { question: 'what time: is it' } }],
  [
    '/ask question:what time is it answer:in writing private:true',
    {
      name: 'ask',
      options: { question: 'what time is it', answer: 'text', private: 'true' },
    },
  ],
  [
    '/ask what privé:true',
    { name: 'ask', options: { question: 'what', private: 'true' } },
  ],
  [
    '/ask what answer:voice',
    { name: 'ask', options: { question: 'what', answer: 'voice' } },
  ],
  [
    '/track play rain volume:50',
    { name: 'track play', options: { name: 'rain', volume: '50' } },
  ],
  ['/track play name:@Adam', { name: 'track play', options: { name: 'Adam' } }],
  ['/track pause ', { name: 'track pause', options: {} }],
])('%s is a command', (line, command) =>
  expect(readCommand(line, commands)).toEqual({ kind: 'command', ...command }),
);

test.each([
  ['/', 'A command begins with its name.'],
  ['/dance', 'There is no command /dance here.'],
  ['/track', '/track needs one of: play, pause.'],
  ['/track jump', '/track needs one of: play, pause.'],
  ['/ask', '/ask needs question:'],
  ['/ask question: answer:text', '/ask needs question:'],
  ['/ask what answer:sung', 'answer is one of: in writing, aloud.'],
])('%s is not yet one, and the sentence says why', (line, message) => {
  const command = readCommand(line, commands);
  expect(command.kind === 'incomplete' && formatLine(command.lack)).toBe(message);
});

function completeLines(line: string) {
  return completeLine(line, commands).suggestions.map((suggestion) => suggestion.line);
}

test('what could come next is suggested, as whole lines', () => {
  expect(completeLines('hello')).toEqual([]);
  expect(completeLines('/')).toEqual(['/join ', '/ask ', '/track ']);
  expect(completeLines('/tr')).toEqual(['/track ']);
  expect(completeLines('/track p')).toEqual(['/track play ', '/track pause ']);
  expect(completeLines('/ask ')).toEqual([
    '/ask question:',
    '/ask answer:',
    '/ask private:',
  ]);
  expect(completeLines('/ask what answer:')).toEqual([
    '/ask what answer:in writing ',
    '/ask what answer:aloud ',
  ]);
  expect(completeLines('/ask what answer:al')).toEqual(['/ask what answer:aloud ']);
  expect(completeLines('/ask what private:t')).toEqual(['/ask what private:true ']);
  expect(completeLines('/ask what answer:aloud ')).toEqual([
    '/ask what answer:aloud private:',
  ]);
});

test('each suggested line is read as the command that it completes', () => {
  for (const line of completeLines('/ask what answer:'))
    expect(readCommand(line, commands).kind, line).toBe('command');
});

test('values that only the bot knows are asked for, and its choices end the line', () => {
  const { ask } = completeLine('/track play volume:5 name:ra', commands);
  const options = { volume: '5', name: 'ra' };
  expect(ask).toEqual({ name: 'track play', options, focused: 'name' });
  const choices = [{ name: 'Rain (30 min)', value: 'rain-30' }];
  expect(suggestChoices('/track play volume:5 name:ra', commands, choices)).toEqual([
    {
      line: '/track play volume:5 name:rain-30 ',
      label: 'Rain (30 min)',
      description: 'name',
    },
  ]);
  expect(completeLine('/track play ra', commands).ask).toMatchObject({
    focused: 'name',
  });
  expect(suggestChoices('/tr', commands, choices)).toEqual([]);
});

test('a file is chosen for its option, and stands on the line by its name', () => {
  const loop: RegisteredCommand = {
    name: 'loop',
    options: [{ type: 11, name: 'file' }],
  };
  expect(completeLine('/loop file:', [loop])).toEqual({
    suggestions: [],
    file: 'file',
  });
  const choice = { name: 'my rain.wav', value: 'my rain.wav' };
  const [chosen] = suggestChoices('/loop file:', [loop], [choice]);
  expect(chosen?.line).toBe('/loop file:my rain.wav ');
  expect(readCommand('/loop file:my rain.wav ', [loop])).toEqual({
    kind: 'command',
    name: 'loop',
    options: { file: { file: 'my rain.wav' } },
  });
});

test('commands stand under headings, in the order in which a newcomer needs them', () => {
  const all = ['settings', 'track', 'zebra', 'leave', 'privacy', 'join'].map(
    (name) => ({ name }),
  );
  expect(
    completeLine('/', all).suggestions.map(({ label, group }) => [label, group]),
  ).toEqual([
    ['/join', 'Talk'],
    ['/leave', 'Talk'],
    ['/track', 'Sound'],
    ['/privacy', 'Captions and privacy'],
    ['/settings', 'Server'],
    ['/zebra', undefined],
  ]);
  expect(completeLine('/track p', commands).suggestions[0]).not.toHaveProperty('group');
});

/** The suggestion that is marked after these keys, of three. */
function markedAfter(...keys: readonly string[]) {
  return keys.reduce((picked, key) => {
    const done = pressKey(key, { picked, count: 3 });
    return done?.kind === 'marked' ? done.picked : picked;
  }, -1);
}

test('arrow keys walk through the suggestions, and round', () => {
  expect(markedAfter('ArrowDown')).toBe(0);
  expect(markedAfter('ArrowDown', 'ArrowDown', 'ArrowUp')).toBe(0);
  expect(markedAfter('ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown')).toBe(0);
  expect([markedAfter('ArrowUp'), markedAfter('ArrowDown', 'ArrowUp')]).toEqual([2, 2]);
});

test('Enter takes what is marked and else sends the line, Tab takes the first where none is', () => {
  expect(pressKey('Enter', { picked: 1, count: 3 })).toEqual({
    kind: 'taken',
    picked: 1,
  });
  expect(pressKey('Enter', { picked: -1, count: 3 })).toBeUndefined();
  expect(pressKey('Tab', { picked: -1, count: 3 })).toEqual({
    kind: 'taken',
    picked: 0,
  });
});

test("Escape closes the list, and without a list every key is the line's", () => {
  expect(pressKey('Escape', { picked: -1, count: 3 })).toEqual({ kind: 'closed' });
  for (const key of ['ArrowDown', 'ArrowUp', 'Tab', 'Enter', 'Escape'])
    expect(pressKey(key, { picked: -1, count: 0 })).toBeUndefined();
  expect(pressKey('a', { picked: 0, count: 3 })).toBeUndefined();
});

test('a short reply stands whole', () => {
  expect(layOutReply('one\ntwo')).toEqual({
    open: [{ text: 'one' }, { text: 'two' }],
    folded: [],
    end: [],
  });
});

test('a long list is folded after three lines, and the sentence that ends it stays in sight', () => {
  const checks = ['permission', 'link', 'decode', 'recognise', 'speak'];
  const { open, folded, end } = layOutReply(
    [...checks.map((name) => `${name}: ok, well`), 'All good.'].join('\n'),
  );
  expect([...open, ...folded].map(({ text, value }) => [text, value])).toEqual(
    checks.map((name) => [name, 'ok, well']),
  );
  expect([open.length, end]).toEqual([3, [{ text: 'All good.' }]]);
});

test('the value of a setting is told apart from its question', () => {
  expect(layOutReply('Which voice? **the engine’s own**').open).toEqual([
    { text: 'Which voice?', value: '**the engine’s own**' },
  ]);
});

test.for([
  ['**Nova** It is noon.\n*[music: rain]*', 2],
  ['**Adam** hello\n-# hallo', 2],
  ['Captions on.\n**Nova** speaks', 0],
  ['**Hello** <@1>, see `/help`', 0],
  ['It is noon.', 0],
] as const)('%j has %i lines of captions', ([text, count]) => {
  expect(countCaptionLines(text, ['Nova', 'Adam'])).toBe(count);
});
