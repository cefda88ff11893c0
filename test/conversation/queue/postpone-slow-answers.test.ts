import { expect, test } from 'vitest';
import { chained } from '#src/pipeline/chained.ts';
import { fixedVoiceNames } from '#src/speech/voice-names.ts';
import {
  adam,
  eva,
  germanPlaces,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

const later = "This takes longer. I'll tell you when it's done.";
const answer = 'Here it is at last.';

async function slow(
  rounds: readonly (readonly ChatStep[])[],
  over: Parameters<typeof openSessionFixture>[0] = {},
) {
  const clock = new VirtualClock();
  const chat = new FakeChat(rounds, clock);
  const synthesizer = new FakeSynthesizer();
  const pipeline = chained({ chat, synthesizer });
  const fixture = openSessionFixture({ pipeline, synthesizer, ...over }, [adam, eva], clock);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 11_000);
  return { ...fixture, chat, synthesizer };
}

type Slow = Awaited<ReturnType<typeof slow>>;

function asks(fixture: SessionFixture, text: string, who = adam) {
  return fixture.talk.ask('g', text, who, 'voice');
}

const queueOf = (fixture: SessionFixture) => fixture.sessions.session('g')?.context.queue;
const spoken = ({ synthesizer }: Slow) => synthesizer.asked.map(({ text }) => text);

test('an answer that takes 12 s is promised, and given at the next pause', async () => {
  const fixture = await slow([[{ waitMs: 40_000 }, answer]]);
  const reported = asks(fixture, 'Count the stars.');
  await pass(fixture, 11_900);
  expect(spoken(fixture)).not.toContain(later);
  await pass(fixture, 4_100);
  expect(spoken(fixture)).toContain(later);
  expect(queueOf(fixture)?.isFree).toBe(true);
  expect(await reported).toEqual({ kind: 'failed', line: { id: 'ask.late' } });
  await pass(fixture, 28_000);
  expect(fixture.of('answered')).toMatchObject([{ name: 'Adam', heardText: answer }]);
  expect(queueOf(fixture)?.aside).toEqual([]);
});

test('it is promised in the language of the server, where the voice speaks it', async () => {
  const fixture = await slow([['stall']], {
    places: germanPlaces,
    voices: fixedVoiceNames(['slt', 'rms']),
  });
  void asks(fixture, 'Count the stars.');
  await pass(fixture, 21_000);
  expect(spoken(fixture)).toContain(
    'Das dauert länger. Ich sage dir Bescheid, wenn ich so weit bin.',
  );
});

test('meanwhile others are answered, and the answer names whom it is for', async () => {
  const fixture = await slow([[{ waitMs: 40_000 }, answer], ['Two.']]);
  void asks(fixture, 'Count the stars.');
  await pass(fixture, 25_000);
  void asks(fixture, 'One and one?', eva);
  await pass(fixture, 3_000);
  expect(fixture.of('answered')).toMatchObject([{ name: 'Eva', heardText: 'Two.' }]);
  await pass(fixture, 20_000);
  expect(fixture.of('answered').at(-1)).toMatchObject({ name: 'Adam', text: answer });
  expect(fixture.of('answered').at(-1)?.heardText).toBe(`Adam, ${answer}`);
});

test('it does not talk into what somebody is saying', async () => {
  const fixture = await slow([[{ waitMs: 40_000 }, answer], ['Two.']], { addressing: 'name' });
  void asks(fixture, 'Count the stars.');
  await pass(fixture, 39_500);
  const said = await words('human-librivox-0880', adam, fixture.clock.nowMs());
  const endMs = Math.max(...said.map(({ atMs }) => atMs));
  await pass(
    fixture,
    1_500,
    said.filter(({ atMs }) => atMs < fixture.clock.nowMs() + 1_500),
  );
  expect(queueOf(fixture)?.aside).toHaveLength(1);
  await pass(
    fixture,
    endMs - fixture.clock.nowMs() + 6_000,
    said.filter(({ atMs }) => atMs > fixture.clock.nowMs()),
  );
  expect(fixture.of('answered').at(-1)?.text).toBe(answer);
});

test('what is not there after five minutes is given up aloud', async () => {
  const fixture = await slow([['stall']]);
  void asks(fixture, 'Count the stars.');
  await pass(fixture, 290_000);
  expect(fixture.chat.running).toBe(1);
  await pass(fixture, 15_000);
  expect(fixture.chat.running).toBe(0);
  expect(spoken(fixture).at(-1)).toContain("can't think");
  expect(fixture.of('failed')).toMatchObject([{ stage: 'think', code: 'provider.late' }]);
  expect(queueOf(fixture)?.isFree).toBe(true);
});

test('three are awaited at most, the fourth is given up at once', async () => {
  const fixture = await slow([['stall']]);
  for (let n = 0; n < 4; n++) {
    void asks(fixture, `Question number ${n}.`);
    await pass(fixture, 27_000);
  }
  expect(queueOf(fixture)?.aside).toHaveLength(3);
  expect(queueOf(fixture)?.isFree).toBe(true);
  expect(fixture.of('failed')).toMatchObject([{ code: 'provider.late' }]);
});

test.each(['stop', 'no', 'leave'])('after a "%s" it does not come any more', async (how) => {
  const fixture = await slow([[{ waitMs: 40_000 }, answer]]);
  void asks(fixture, 'Count the stars.');
  await pass(fixture, 30_000);
  if (how === 'stop') fixture.talk.stop('g');
  if (how === 'no') await fixture.privacy.deny('g', 'adam');
  if (how === 'leave') await fixture.sessions.leave('g');
  await pass(fixture, 12_000);
  expect(fixture.chat.running).toBe(0);
  expect(spoken(fixture)).not.toContain(answer);
});

test('a lost link does not lose it', async () => {
  const fixture = await slow([[{ waitMs: 40_000 }, answer]]);
  void asks(fixture, 'Count the stars.');
  await pass(fixture, 30_000);
  fixture.linkOpener.link.lose();
  await pass(fixture, 25_000);
  expect(fixture.of('answered')).toMatchObject([{ heardText: answer }]);
});
