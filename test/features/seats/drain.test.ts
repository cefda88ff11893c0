import type { Pipeline } from '#src/pipeline/pipeline.ts';
import { formatText } from '#src/texts/texts.ts';
import {
  lounge,
  makePerson,
  makeTalkativeChat,
  openCalled,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

const second = {
  samples: new Int16Array(24_000).fill(1),
  rateHz: 24_000,
  channels: 1,
} as const;

const stopped = { kind: 'failed', line: { id: 'seat.stopped' } };

/** Answers with ten clauses of a second each. */
const clauses: Pipeline = {
  async *answer() {
    for (let n = 1; n <= 10; n++) {
      yield { kind: 'text', text: `Clause ${n}. ` };
      yield { kind: 'audio', pcm: second, ofText: `Clause ${n}.` };
    }
  },
};

function ask({ talk }: SessionFixture, name: string) {
  return talk.askQuestion('g', `What, says ${name}?`, makePerson(name), 'voice');
}

/** Drains what is under way; how long that took, in ms, and the answers that had ended by then. */
async function drained(fixture: SessionFixture) {
  const fromMs = fixture.clock.nowMs();
  let [tookMs, answers] = [Number.NaN, 0];
  void fixture.sessions.drainAll(5_000).then(() => {
    tookMs = fixture.clock.nowMs() - fromMs;
    answers = fixture.of('answered').length;
  });
  await passTime(fixture, 6_000);
  return { tookMs, answers };
}

test('at a drain the running answer ends with its clause, and the heard part of it is known', async () => {
  const fixture = await openCalled({ pipeline: clauses });
  void ask(fixture, 'Adam');
  await passTime(fixture, 1_500);
  const { answers, tookMs } = await drained(fixture);
  expect(answers).toBe(1);
  expect(tookMs).toBeLessThan(1_000);
  expect(fixture.of('answered')).toMatchObject([
    { finish: 'cancelled', heardText: 'Clause 1. Clause 2.' },
  ]);
  expect(fixture.written).toEqual([]);
});

test('people who were not answered are told once, and who typed the question, too', async () => {
  const fixture = await openCalled({ pipeline: clauses });
  void ask(fixture, 'Adam');
  await passTime(fixture, 500);
  const waiting = [ask(fixture, 'Ben'), ask(fixture, 'Eva')];
  await passTime(fixture, 100);
  await drained(fixture);
  expect(fixture.written).toEqual([formatText('seat.stopped')]);
  expect(await Promise.all(waiting)).toEqual([stopped, stopped]);
  expect(fixture.of('dropped')).toMatchObject([
    { name: 'Ben', why: 'ending' },
    { name: 'Eva', why: 'ending' },
  ]);
});

test('a question that comes while the last clause sounds is told as unanswered', async () => {
  const fixture = await openCalled({ pipeline: clauses });
  void ask(fixture, 'Adam');
  await passTime(fixture, 1_050);
  const draining = drained(fixture);
  await passTime(fixture, 400);
  void ask(fixture, 'Ben');
  await draining;
  expect(fixture.written).toEqual([formatText('seat.stopped')]);
});

test('nothing new is taken meanwhile: no call, no question, no text', async () => {
  const fixture = await openCalled({ pipeline: makeTalkativeChat() });
  void ask(fixture, 'Adam');
  await passTime(fixture, 1_000);
  const draining = drained(fixture);
  await passTime(fixture, 200);
  expect(await fixture.sessions.join({ ...lounge, guildId: 'h' }, 'eva')).toEqual({
    kind: 'stopping',
  });
  expect(await ask(fixture, 'Ben')).toEqual(stopped);
  expect(await fixture.talk.sayText('g', 'Hello.', 'queue')).toEqual({
    kind: 'nowhere',
  });
  await draining;
});
