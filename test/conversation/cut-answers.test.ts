import { toGuildId } from '#src/base/ids.ts';
import { floorPhase, longSentence, openRoom, passUntil } from './setup/open-room.ts';
import { adam, passTime } from './setup/session-fixture.ts';

/** Kinds of events of answers, with the id of each. */
function listAnswerEvents({ events }: Awaited<ReturnType<typeof openRoom>>) {
  return events.flatMap((event) =>
    event.kind === 'answering' || event.kind === 'answered'
      ? `${event.kind} ${event.answerId}`
      : event.kind === 'recognised'
        ? event.kind
        : [],
  );
}

test('an answer begins after its question is known, ends before the next begins, and keeps its id', async () => {
  const fixture = await openRoom({ rounds: [[longSentence], ['Paris.']] });
  void fixture.talk.askQuestion(toGuildId('g'), 'Hello?', adam, 'voice');
  await passUntil(fixture, () => floorPhase(fixture) === 'sounding');
  void fixture.talk.askQuestion(toGuildId('g'), 'And Rome?', adam, 'voice');
  await passTime(fixture, 20_000);
  const events = listAnswerEvents(fixture);
  expect(events.map((event) => event.replace(/\d+/, ''))).toEqual([
    'answering ',
    'answered ',
    'answering ',
    'answered ',
  ]);
  expect(events[1]?.split(' ')[1]).toBe(events[0]?.split(' ')[1]);
});

test('three typed questions of one person wait and are answered in their order', async () => {
  const fixture = await openRoom({
    rounds: [[longSentence], ['One.'], ['Two.'], ['Three.']],
  });
  const askQuestion = (text: string) =>
    fixture.talk.askQuestion(toGuildId('g'), text, adam, 'voice');
  void askQuestion('Hello?');
  await passUntil(fixture, () => floorPhase(fixture) === 'sounding');
  const answers = ['A?', 'B?', 'C?'].map(askQuestion);
  await passTime(fixture, 30_000);
  const kinds = (await Promise.all(answers)).map(({ kind }) => kind);
  expect(kinds).toEqual(['answered', 'answered', 'answered']);
  expect(fixture.listSpoken().slice(-3)).toEqual(['One.', 'Two.', 'Three.']);
});

test('of a waiting typed question that a stop drops, the reply says so', async () => {
  const fixture = await openRoom({ rounds: [[longSentence]] });
  void fixture.talk.askQuestion(toGuildId('g'), 'Hello?', adam, 'voice');
  await passUntil(fixture, () => floorPhase(fixture) === 'sounding');
  const waiting = fixture.talk.askQuestion(toGuildId('g'), 'A?', adam, 'voice');
  await passTime(fixture, 100);
  fixture.talk.stopSpeaking(toGuildId('g'));
  await passTime(fixture, 1_000);
  expect(await waiting).toEqual({ kind: 'failed', line: { id: 'ask.stopped' } });
});
