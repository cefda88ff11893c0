import { z } from 'zod';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import { isRequested } from '#src/conversation/machine/draft.ts';
import { defineTool } from '#src/features/contract/tool-definition.ts';
import {
  closeLinksSlowly,
  findAnsweredPerson,
  floorPhase,
  getTalk,
  listOpenUtterances,
  longSentence,
  openRoom,
  openSlowRoom,
  passUntil,
  setPresent,
} from '#test/conversation/setup/open-room.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import {
  adam,
  eva,
  passTime,
  type SessionFixture,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

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

const text = 'This is a text of somebody, and it takes some seconds to read.';

/** Adam's question is answered, and a text waits behind it. */
async function openAnswered() {
  const fixture = await openRoom({ rounds: [[longSentence]] });
  void fixture.talk.askQuestion(toGuildId('g'), 'Hello?', adam, 'voice');
  await passUntil(fixture, () => floorPhase(fixture) === 'sounding');
  fixture.talk.sayText(toGuildId('g'), text, 'queue', {});
  return fixture;
}

test('a text that follows an answer which a no cuts is known to sound, so that it can be talked down', async () => {
  const fixture = await openAnswered();
  await fixture.privacy.deny(toGuildId('g'), toPersonId('adam'));
  await passTime(fixture, 1_000);
  expect(floorPhase(fixture)).toBe('sounding');
});

test('a text that was heard in part after such a no is not read again after a lost link', async () => {
  const fixture = await openAnswered();
  await fixture.privacy.deny(toGuildId('g'), toPersonId('adam'));
  await passTime(fixture, 2_000);
  fixture.linkOpener.link.lose();
  await passTime(fixture, 8_000);
  expect(fixture.linkOpener.links.at(-1)?.sent ?? 0).toBeLessThan(10);
});

test('a text is known to sound that follows an answer which was dropped just before its first sound', async () => {
  const fixture = await openRoom({ rounds: [[longSentence]] });
  void fixture.talk.askQuestion(toGuildId('g'), 'Hello?', adam, 'voice');
  fixture.talk.sayText(toGuildId('g'), text, 'queue', {});
  const talk = getTalk(fixture);
  await fixture.clock.advance(20); // its sound lies ready, and no frame was asked for
  expect(floorPhase(fixture)).toBe('making');
  talk.post({
    kind: 'taken-out',
    id: talk.state.turnQueue.current?.id ?? 0,
    why: 'skipped',
  });
  await passTime(fixture, 1_000);
  expect(floorPhase(fixture)).toBe('sounding');
});

test('a text is known to sound that waited while its asker went on over an answer', async () => {
  let transcript = 'the bridge';
  const transcriber = new FakeTranscriber({ texts: () => transcript });
  const fixture = await openRoom({ transcriber, rounds: [[longSentence]] });
  const first = await sayWords('human-cards-003', adam, fixture.clock.nowMs());
  await passUntil(fixture, () => floorPhase(fixture) === 'sounding', first);
  fixture.talk.sayText(toGuildId('g'), text, 'queue', {});
  transcript = 'over the river';
  const second = await sayWords('human-cards-003', adam, fixture.clock.nowMs());
  const isReading = () =>
    floorPhase(fixture) !== undefined && findAnsweredPerson(fixture) === undefined;
  await passUntil(fixture, isReading, second);
  await passTime(fixture, 1_000);
  expect([isReading(), floorPhase(fixture)]).toEqual([true, 'sounding']);
});

test('"wait" of somebody who leaves then does not hold the floor', async () => {
  let transcript = 'tell me a story';
  const transcriber = new FakeTranscriber({ texts: () => transcript });
  const story = Array.from(
    { length: 12 },
    (_, n) => `Number ${n} was a lamp by the sea.`,
  );
  const fixture = await openRoom({ transcriber, rounds: [[story.join(' ')]] });
  const packets = await sayWords('human-cards-004', adam, fixture.clock.nowMs());
  await passUntil(fixture, () => floorPhase(fixture) === 'sounding', packets);
  await passTime(fixture, 2_000);
  transcript = 'wait';
  await passTime(
    fixture,
    2_000,
    await sayWords('human-cards-003', adam, fixture.clock.nowMs()),
  );
  setPresent(fixture, eva);
  await passTime(fixture, 5_000);
  expect(floorPhase(fixture)).toBeUndefined();
});

test('a person who calls the bot by name does not wait for the tool of another answer', async () => {
  const clock = new VirtualClock();
  const slow = defineTool({
    name: 'look',
    description: 'Looks.',
    schema: z.object({}),
    right: 'anyone',
    act: { writes: 'nothing' },
    async run(_given, _ports, _own, signal) {
      await clock.sleep(8_000, signal);
      return { facts: { found: 'it' } };
    },
  });
  let transcript = 'Nova, look it up';
  const transcriber = new FakeTranscriber({ texts: () => transcript });
  const chat: ChatModel = {
    async *reply(messages) {
      if (messages.at(-1)?.content.includes('look')) {
        yield { kind: 'text', text: 'Let me look. ' };
        yield { kind: 'tool', call: { id: 'a', name: 'look', argumentsJson: '{}' } };
      } else yield { kind: 'text', text: 'It is noon.' };
    },
  };
  const options = {
    addressing: 'auto',
    names: ['Nova'],
    tools: [slow],
    transcriber,
    chat,
  } as const;
  const fixture = await openRoom(options, [adam, eva], clock);
  await passTime(
    fixture,
    2_000,
    await sayWords('human-cards-003', adam, clock.nowMs()),
  );
  const isStarved = () => {
    const { phase } = getTalk(fixture).state.turnQueue.current ?? {};
    return phase?.kind === 'sounding' && phase.isStarved;
  };
  await passUntil(fixture, isStarved);
  transcript = 'Nova, what time is it';
  await passTime(fixture, 2_500, await sayWords('human-goforward', eva, clock.nowMs()));
  await passTime(fixture, 500);
  expect(findAnsweredPerson(fixture)).toBe('eva');
});

test('a stop after the bot has finished stops nothing, and no sound confirms it', async () => {
  let transcript = 'the bridge';
  const transcriber = new FakeTranscriber({ texts: () => transcript });
  const fixture = await openRoom({ transcriber, rounds: [['It is long.']] });
  const question = await sayWords('human-cards-003', adam, fixture.clock.nowMs());
  await passUntil(fixture, () => floorPhase(fixture) === 'sounding', question);
  await passUntil(fixture, () => floorPhase(fixture) === undefined);
  await passTime(fixture, 1_000);
  const { sent } = fixture.linkOpener.link;
  transcript = 'stop';
  const stop = await sayWords('human-cards-003', adam, fixture.clock.nowMs());
  await passTime(fixture, 6_000, stop);
  expect(fixture.of('recognised').at(-1)?.text).toBe('stop');
  expect(fixture.linkOpener.link.sent).toBe(sent);
});
