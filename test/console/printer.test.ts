import { toPersonId } from '#src/base/ids.ts';
import {
  createConversationPrinter,
  printEvent,
  printMessage,
} from '#src/console/printer.ts';

const ben = { speakerId: toPersonId('b'), name: 'Ben' };
const words = { text: 'It is five.', heardText: 'It is' };

function makeAnswered(finish: 'completed' | 'cancelled') {
  const instants = { heardAtMs: 1_000, endedAtMs: 1_180 };
  return { kind: 'answered', answerId: 1, ...ben, ...words, finish, instants } as const;
}

function openScreen() {
  let text = '';
  const terminal = {
    write(part: string) {
      text += part;
    },
  };
  return { show: createConversationPrinter(terminal), readText: () => text };
}

test('lines of a person stand under their name, once, without the mention of the bot', () => {
  const { show, readText } = openScreen();
  const message = { kind: 'message', author: 'Adam', text: '<@5> hello\nyou' };
  for (const change of ['posted', 'edited', 'deleted'] as const)
    printMessage({ ...message, change }, show);
  expect(readText()).toBe('  Adam   hello\n         you\n');
});

test.each<readonly [Parameters<typeof printEvent>[0], string]>([
  [
    { kind: 'recognised', ...ben, text: 'nova what time is it' },
    '  Ben    nova what time is it\n',
  ],
  [makeAnswered('completed'), '  Nova   It is five.\n'],
  [makeAnswered('cancelled'), '  Nova   It is (cancelled)\n'],
  [
    { kind: 'ignored', ...ben, why: 'off' },
    '  Nova did not answer: it answers commands only.\n',
  ],
  ...(['bot', 'dismissed', 'mentioned', 'not-named'] as const).map(
    (why) =>
      [
        { kind: 'ignored', ...ben, why },
        expect.stringMatching(/^ {2}Nova did not answer: \w[^.]+\./),
      ] as const,
  ),
  ...(['empty', 'hallucination', 'interjection', 'no-voice'] as const).map(
    (why) => [{ kind: 'ignored', ...ben, why }, ''] as const,
  ),
  [{ ...makeAnswered('completed'), isMessage: true }, ''],
  [
    { kind: 'typed', ...ben, outcome: 'full', reason: { id: 'consent.no' } },
    "  You said no, so I don't hear you. Press Hear me to change that.\n",
  ],
  [{ kind: 'typed', ...ben, outcome: 'answered' }, ''],
  [
    { kind: 'words', text: "Adam. Time's up.", isWhole: true },
    "  Nova   Adam. Time's up.\n",
  ],
  [{ kind: 'words', name: 'Ben', text: 'nova what', isWhole: false }, ''],
])(
  'whoever speaks, here or on the page, is printed with the answer: %j',
  (event, line) => {
    const { show, readText } = openScreen();
    printEvent(event, 'Nova', show);
    expect(readText()).toEqual(line);
  },
);
