import { toGuildId } from '#src/base/ids.ts';
import { isRequested } from '#src/conversation/machine/selectors.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import {
  closeLinksSlowly,
  floorPhase,
  getTalk,
  listOpenUtterances,
  longSentence,
  openRoom,
  openSlowRoom,
  passUntil,
} from './setup/open-room.ts';
import { playScripts } from './setup/play-script.ts';
import {
  adam,
  eva,
  passTime,
  type SessionFixture,
  sayWords,
} from './setup/session-fixture.ts';

const listFinishes = (fixture: SessionFixture) =>
  fixture.of('answered').map(({ finish }) => finish);
const never = new AbortController().signal;

test('a spoken question whose words are recognised while a lost link is being closed is answered when it is back', async () => {
  const clock = new VirtualClock();
  const texts = ['what is the capital of france'];
  const transcriber = new FakeTranscriber({ texts, tookMs: 500, clock });
  const fixture = await openRoom({ transcriber }, [adam], clock);
  closeLinksSlowly(fixture, 800);
  const packets = await sayWords('human-cards-004', adam, clock.nowMs());
  await passUntil(
    fixture,
    () => listOpenUtterances(fixture).some(({ isEnded }) => isEnded),
    packets,
  );
  fixture.linkOpener.link.lose();
  await passTime(fixture, 20_000);
  expect(listFinishes(fixture)).toEqual(['completed']);
});

test('waiting questions survive a lost link, while the running reply ends with its clause', async () => {
  const rounds = [[`${longSentence} And another one that follows it.`]];
  const fixture = await openRoom({ rounds });
  const told: string[] = [];
  void fixture.talk.askQuestion(toGuildId('g'), 'Hello?', adam, 'voice');
  await passTime(fixture, 1_000);
  void fixture.talk
    .askQuestion(toGuildId('g'), 'And the time?', eva, 'voice')
    .then(({ kind }) => told.push(kind));
  fixture.talk.sayText(toGuildId('g'), 'A text that waits.', 'queue', {});
  const talk = getTalk(fixture);
  const { reply = 0 } = talk.state.turnQueue.current ?? {};
  talk.post({ kind: 'barged', reply, action: 'finish-clause' });
  await passTime(fixture, 100);
  fixture.linkOpener.link.lose();
  await passTime(fixture, 100);
  expect(talk.state.turnQueue.waiting).toHaveLength(2);
  await passTime(fixture, 20_000);
  expect(told).toEqual(['answered']);
});

test('a text that was taken back is not read out after a lost link, also where its voice is slow to let go of it', async () => {
  const clock = new VirtualClock();
  const synthesizer = new SlowlyCancelledSynthesizer(clock);
  const fixture = await openRoom({ synthesizer }, [adam, eva], clock);
  const talk = getTalk(fixture);
  await passTime(fixture, 3_000);
  fixture.talk.sayText(toGuildId('g'), 'What Adam wrote.', 'queue', {});
  await passTime(fixture, 100);
  expect(floorPhase(fixture)).toBe('making');
  const { id = 0 } = talk.state.turnQueue.current ?? {};
  talk.post({ kind: 'taken-out', id, why: 'withdrawn' });
  const countBefore = synthesizer.asked.length;
  fixture.linkOpener.link.lose();
  await passTime(fixture, 8_000);
  expect(synthesizer.asked.length).toBe(countBefore);
});

/** A voice server that takes 400 ms to let go of a request. */
class SlowlyCancelledSynthesizer extends FakeSynthesizer {
  readonly #clock;

  constructor(clock: VirtualClock) {
    super({});
    this.#clock = clock;
  }

  override async *synthesize(
    ...[text, voice, signal]: Parameters<FakeSynthesizer['synthesize']>
  ) {
    await this.#clock.sleep(400, never);
    yield* super.synthesize(text, voice, signal);
  }
}

test('an answer of which no whole word was heard when the link was lost is given again', async () => {
  const fixture = await openSlowRoom('Sentence one of the answer goes on for a while.');
  const packets = await sayWords('human-cards-004', adam, fixture.clock.nowMs());
  await passUntil(fixture, () => floorPhase(fixture) === 'sounding', packets);
  await passTime(fixture, 200);
  fixture.linkOpener.link.lose();
  await passTime(fixture, 30_000);
  const answered = fixture
    .of('answered')
    .map(({ finish, heardText }) => [finish, heardText]);
  expect(answered).toEqual([
    ['completed', 'Sentence one of the answer goes on for a while.'],
  ]);
});

test('a question in its pause is answered, though the link is lost before its end is clear', async () => {
  const fixture = await openSlowRoom('Sentence one of the answer goes on for a while.');
  const { clock } = fixture;
  const packets = await sayWords('human-cards-004', adam, clock.nowMs());
  const isInPause = () =>
    listOpenUtterances(fixture).some(
      (utterance) => isRequested(utterance) && !utterance.isEnded,
    );
  await passUntil(fixture, isInPause, packets);
  fixture.linkOpener.link.lose();
  await passTime(fixture, 30_000);
  expect(listFinishes(fixture)).toEqual(['completed']);
});

playScripts({
  'a typed question that comes while a lost link is being closed is answered when it is back':
    [
      { acts: { closeSlowly: (fixture) => closeLinksSlowly(fixture, 300) } },
      `
    with adam always, eva always
    do closeSlowly
    link lost
    100
    adam asks: Hello?
    10000 > told adam: answered You said five., failed link link.lost, answered Adam: You said five.
    `,
    ],
  'a link that may be tried at once is tried': [
    { getRandom: () => 0 },
    `
    link lost > failed link link.lost
    5000
    at > Lounge
    links > 2 tries, 2 links
    `,
  ],
});
