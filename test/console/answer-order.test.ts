import { toPersonId } from '#src/base/ids.ts';
import { AnswerOrder, type PrintedEvent } from '#src/console/answer-order.ts';
import { createConversationPrinter, printEvent } from '#src/console/printer.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

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
