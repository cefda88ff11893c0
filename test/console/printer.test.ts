import { toPersonId } from '#src/base/ids.ts';
import { AnswerOrder, type PrintedEvent } from '#src/console/answer-order.ts';
import {
  createConversationPrinter,
  printEvent,
  printMessage,
} from '#src/console/printer.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

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

const adam = { speakerId: toPersonId('a'), name: 'Adam' };
const instants = { heardAtMs: 0, endedAtMs: 0 };

function makeQuestion(text: string): PrintedEvent {
  return { kind: 'recognised', ...adam, text };
}

function beginAnswer(answerId: number): PrintedEvent {
  return { kind: 'answering', answerId, ...adam };
}

function endAnswer(answerId: number, text: string, heardText = text): PrintedEvent {
  const finish = heardText === text ? 'completed' : 'cancelled';
  return { kind: 'answered', answerId, ...adam, text, heardText, finish, instants };
}

function openTerminal() {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const show = createConversationPrinter({
    write: (text: string) => lines.push(text.trim()),
  });
  const order = new AnswerOrder(clock, (event) => printEvent(event, 'Nova', show));
  const reportEvents = (...events: readonly PrintedEvent[]) => {
    for (const event of events) order.report(event);
  };
  return { clock, lines, report: reportEvents };
}

const [count, weather] = ['Adam   Count.', 'Adam   The weather?'];

test('an answer that was cut stands above the question that cut it', () => {
  const { lines, report } = openTerminal();
  report(makeQuestion('Count.'), beginAnswer(1), makeQuestion('The weather?'));
  expect(lines).toEqual([count]);
  report(endAnswer(1, 'One. Two.', 'One.'), beginAnswer(2), endAnswer(2, 'Fine.'));
  expect(lines).toEqual([count, 'Nova   One. (cancelled)', weather, 'Nova   Fine.']);
});

test('a question over an answer that goes on is printed after five seconds', async () => {
  const { clock, lines, report } = openTerminal();
  report(makeQuestion('Count.'), beginAnswer(1), makeQuestion('The weather?'));
  await clock.advance(4_999);
  expect(lines).toEqual([count]);
  await clock.advance(1);
  expect(lines).toEqual([count, weather]);
});

test('an answer that was given up unheard holds nothing back once the next one begins', () => {
  const { lines, report } = openTerminal();
  report(
    makeQuestion('Count.'),
    beginAnswer(1),
    makeQuestion('The weather?'),
    beginAnswer(2),
  );
  expect(lines).toEqual([count, weather]);
});
