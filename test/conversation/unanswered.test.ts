import {
  findAnsweredPerson,
  floorPhase,
  longSentence,
  openSlowRoom,
  passUntil,
} from './setup/open-room.ts';
import { adam, eva, passTime, sayWords } from './setup/session-fixture.ts';

test('a person who waited for another answer hears no "One moment." before their own', async () => {
  const fixture = await openSlowRoom(`${longSentence} ${longSentence}`);
  const packets = await sayWords('human-cards-004', adam, fixture.clock.nowMs());
  await passUntil(fixture, () => floorPhase(fixture) === 'sounding', packets);
  void fixture.talk.askQuestion('g', 'And Rome?', eva, 'voice');
  await passTime(fixture, 30_000);
  expect(fixture.spoken()).not.toContain('One moment.');
  expect(fixture.of('answered')).toHaveLength(2);
});

test('a waiting question is answered right after the answer before it, which the model gets whole', async () => {
  const fixture = await openSlowRoom(longSentence);
  void fixture.talk.askQuestion('g', 'Hello?', adam, 'voice');
  await passUntil(fixture, () => floorPhase(fixture) === 'sounding');
  void fixture.talk.askQuestion('g', 'And Rome?', eva, 'voice');
  await passUntil(fixture, () => findAnsweredPerson(fixture) === 'eva');
  const turnMs = fixture.clock.nowMs();
  await passUntil(fixture, () => floorPhase(fixture) === 'sounding');
  expect(fixture.clock.nowMs() - turnMs).toBeLessThan(60);
  const shown = ['Hello?', longSentence, 'And Rome?'];
  expect(fixture.prompts).toEqual([['Hello?'], shown]);
});

test('a model that answers nothing gives a tone, and the log says so', async () => {
  const fixture = await openSlowRoom('');
  const { clock, linkOpener } = fixture;
  const before = linkOpener.link.sent;
  const isAnswered = () => fixture.of('answered').length > 0;
  await passUntil(
    fixture,
    isAnswered,
    await sayWords('human-cards-004', adam, clock.nowMs()),
  );
  await passTime(fixture, 1_000);
  expect(fixture.of('answered')).toMatchObject([{ finish: 'empty' }]);
  expect(fixture.of('failed')).toMatchObject([
    { stage: 'think', code: 'provider.empty' },
  ]);
  expect(linkOpener.link.sent).toBeGreaterThan(before);
});

test('a sentence that an answer says twice was heard twice', async () => {
  const fixture = await openSlowRoom(`${longSentence} ${longSentence}`);
  void fixture.talk.askQuestion('g', 'Again?', eva, 'voice');
  await passTime(fixture, 30_000);
  expect(fixture.of('answered')).toMatchObject([
    { heardText: `${longSentence} ${longSentence}`, finish: 'completed' },
  ]);
});
