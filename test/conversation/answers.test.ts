import { BotError } from '#src/base/errors.ts';
import { toGuildId } from '#src/base/ids.ts';
import { createFixedVoiceNames } from '#src/speech/speech-engine.ts';
import {
  findAnsweredPerson,
  floorPhase,
  longSentence,
  openRoom,
  openSlowRoom,
  passUntil,
} from '#test/conversation/setup/open-room.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import {
  adam,
  eva,
  germanPlaces,
  hearSpeech,
  joinLounge,
  openCalled,
  passTime,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';

const deaf = { ...adam, isDeaf: true };
const German = { places: germanPlaces, voices: createFixedVoiceNames(['slt', 'rms']) };
const limited = new BotError(
  'provider.rate_limited',
  true,
  'Busy.',
  undefined,
  undefined,
  {
    retryAfterMs: 6_200,
  },
);

playScripts({
  'a link in an answer is written once into the chat of the channel, and said to be there':
    [
      { ...German, people: [adam] },
      `
    model: It is on https://a.b/c today.
    adam says: five
    > heard Adam: five
    > answered Adam: It is on https://a.b/c today. Das steht im Chat.
    > says "Das steht im Chat."
    > writes "https://a.b/c"
    2000
    `,
    ],
  'a model that is down is told to the channel by voice, once while it lasts, and to the operator by code': `
    model: fail provider.unreachable
    adam says: five
    > heard Adam: five, answered Adam (failed), failed think provider.unreachable, says fail.llm
    5000
    adam says: five > heard Adam: five, answered Adam (failed), failed think provider.unreachable
    5000
    model: Yes.
    adam says: five > heard Adam: five, answered Adam: Yes.
    model: fail !provider.bad_key
    adam says: five
    > heard Adam: five, answered Adam (failed), failed think provider.bad_key, says fail.key
    5000
    `,
  'a rate limit is told with the seconds that are left': [
    { pipeline: makeFailingPipeline(limited) },
    `
    adam says: five
    > heard Adam: five
    > answered Adam (failed)
    > failed think provider.rate_limited
    > says fail.limit (7)
    4000
    `,
  ],
  'what it says of itself is in the language of the server, aloud only if its voice speaks it':
    [
      { ...German, people: [adam] },
      `
    model: fail provider.unreachable
    adam says: five
    > heard Adam: five
    > answered Adam (failed)
    > failed think provider.unreachable
    > says "Ich kann gerade nicht denken: Mein Chatmodell gibt keine brauchbare Antwort."
    4000
    model: fail !provider.bad_key
    adam says: five
    > heard Adam: five
    > answered Adam (failed)
    > failed think provider.bad_key
    > says "Mein Schlüssel wird abgelehnt, oder sein Guthaben ist verbraucht: Das kann nur mein Betreiber beheben."
    6000
    `,
    ],
  'an answer whose voice is out is written whole and remembered, why once until the voice is back': `
    with alone
    voice fails
    model: The sun sets. It rises again.
    adam says: five
    > heard Adam: five
    > answered Adam (failed)
    > failed speak provider.refused
    > writes "My voice is out, so I'm writing: The sun sets. It rises again."
    4000
    adam says: six
    > heard Adam: six
    > answered Adam (failed)
    > failed speak provider.refused
    > writes "The sun sets. It rises again."
    4000
    prompt > Adam: five | Nova: The sun sets. It rises again. | Adam: six
    voice works
    adam says: five > heard Adam: five, answered Adam: The sun sets. It rises again.
    voice fails
    adam says: five
    > heard Adam: five
    > answered Adam (failed)
    > failed speak provider.refused
    > writes "My voice is out, so I'm writing: The sun sets. It rises again."
    4000
    `,
  'words that could not be recognised are asked for again, and told once until one is answered': `
    with alone
    recogniser fails
    adam says: five > failed recognise provider.refused, says fail.stt
    5000
    adam says: five > failed recognise provider.refused
    5000
    recogniser works
    adam says: five > heard Adam: five, answered Adam: You said five.
    `,
  'a bug ends one session loudly, and the session is rebuilt once': [
    { people: [adam], pipeline: makeFailingPipeline(new TypeError('oops')) },
    `
    adam says: five > heard Adam: five, failed bug bug
    links > 2 tries, 2 links
    adam says: five > heard Adam: five, failed bug bug, left lost, writes leave.broken
    at > nowhere
    `,
  ],
  'texts are read in order of arrival, those for now before those that wait, in the voice asked for': `
    read: One. > queued position 0, says "One."
    read: **Two** is bold. \`x === y\` And so it ends. 🎉 > queued position 1
    read now: Three. > queued position 1
    read now as rms: Four. > queued position 2
    8000 > played voice: completed x4, says by rms "Three. Four. Two is bold. And so it ends."
    read: \`\`\`code\`\`\` > refused say.empty
    voice fails
    read: Hello there.
    > queued position 0
    > failed speak provider.refused
    > played voice: failed
    > says "Hello there."
    > writes "My voice is out, so I'm writing: Hello there."
    2000
    `,
  'a typed question is answered aloud or in writing, without a channel in writing alone': `
    with uncalled
    adam asks: Hello? > told adam: nowhere
    adam writes: Hello? > told adam: answered You said five.
    prompt > Adam: Hello?
    2000
    adam joins > joined consent brief
    adam asks: Hello? > told adam: answered You said five.
    2000 > answered Adam: You said five.
    voice fails
    model: fail provider.unreachable
    adam writes: Hello? > told adam: failed fail.llm, failed think provider.unreachable
    adam asks: Hello?
    > told adam: failed fail.llm
    > answered Adam (failed)
    > failed think provider.unreachable
    > failed speak provider.refused
    > says fail.llm
    > writes "My voice is out, so I'm writing: I can't think right now: my chat model gives no answer that I can use."
    4000
    `,
  'one answer of a person and four of a server are written at once, others are told, and all end': `
    with uncalled
    model: stall
    mallory writes: One?
    mallory writes: Two? > told mallory: failed ask.dropped
    ana writes: One?
    ben writes: One?
    cleo writes: One?
    dan writes: One? > told dan: failed ask.dropped
    200
    480000
    > told mallory: failed fail.llm
    > told ana: failed fail.llm
    > told ben: failed fail.llm
    > told cleo: failed fail.llm
    > failed think provider.late x4
    model: Yes.
    dan writes: One? > told dan: answered Yes.
    `,
  'in writing it knows what was said in the channel, but only for those who sit there': `
    adam says: five > heard Adam: five, answered Adam: You said five.
    eva writes: And? > told eva: answered You said five.
    prompt > Adam: five | Nova: You said five. | Eva: And?
    mallory writes: And? > told mallory: answered You said five.
    prompt > Mallory: And?
    `,
  'a stop is silence within two frames, ends thinking, and what was heard is known': `
    with natural
    stop > nothing
    model: One. This is a rather long sentence. And there is more to come. And even more.
    adam asks: Hello?
    2000 sounding
    > told adam: answered One. This is a rather long sentence. And there is more to come. And even more.
    stop > stopped, answered Adam (cancelled): One. This is a rather long
    40
    2000 silent
    adam asks: And now?
    100
    > told adam: answered One. This is a rather long sentence. And there is more to come. And even more.
    prompt > Adam: Hello? | Nova: One. This is a rather long | Adam: And now?
    stop > stopped, answered Adam (cancelled)
    model: stall
    adam asks: What?
    1000
    stop > stopped, told adam: failed ask.stopped, answered Adam (cancelled)
    2000
    `,
  'an answer whose question waited begins with the name of who asked, said as they set it, and remembered': `
    with people adam eva ben
    ben chooses spokenName Behn
    model: Here is the first sentence of it. And this is another one. || It is rain. || Yes.
    adam asks: Tell me.
    > told adam: answered Here is the first sentence of it. And this is another one.
    600
    ben asks: And the weather? > says "Behn,"
    300
    panel
    > join.ok; speaking name Adam; next name Ben; people.yes names Adam; people.unasked names Eva, Ben
    8000
    > told ben: answered It is rain.
    > answered Adam: Here is the first sentence of it. And this is another one.
    > answered Ben (left out): Ben, It is rain.
    adam asks: Really? > told adam: answered Yes.
    100
    prompt
    > Adam: Tell me. | Nova: Here is the first sentence of it. And this is another one. | Ben: And the weather? | Nova: Ben, It is rain. | Adam: Really?
    `,
  'a name that the model says by itself is not said twice': `
    with people adam eva ben
    model: Here is the first sentence of it. And this is another one. || Ben, for Lima it is rain.
    adam asks: Tell me.
    > told adam: answered Here is the first sentence of it. And this is another one.
    600
    ben asks: And the weather?
    8000
    > told ben: answered Ben, for Lima it is rain.
    > answered Adam: Here is the first sentence of it. And this is another one.
    > answered Ben (left out): Ben, for Lima it is rain.
    `,
  'a backchannel does not stop it: all of the answer is heard': `
    with alone, natural
    model: Here is the story you asked for. It began a long time ago in a small town by the sea.
    adam says: five > heard Adam: five
    adam begins (human-cards-003): mhm
    9000
    > heard Adam: mhm
    > ignored Adam: interjection
    > answered Adam: Here is the story you asked for. It began a long time ago in a small town by the sea.
    `,
  'a new question of the person it answers gets the turn, and is shown what was heard': `
    with alone, natural
    model: Here is the story you asked for. It began a long time ago by the sea. || Which one?
    adam says: five > heard Adam: five
    adam says: no what about the other one
    > heard Adam: no what about the other one
    > answered Adam (cancelled): Here is the story you asked for. It began
    > answered Adam: Which one?
    2000
    prompt
    > Adam: five | Nova: Here is the story you asked for. It began | Adam: no what about the other one
    `,
  'who waits hears that they do, once, and those behind them are answered next': `
    with natural
    model: wait 20000 | Here it is. || It is two, as in every school that I know of, and as it will be tomorrow.
    adam asks: Count the stars.
    11900 > says slow.voice
    4100
    eva asks: One and one?
    6000 sounding
    > told adam: answered Here it is.
    > told eva: answered It is two, as in every school that I know of, and as it will be tomorrow.
    > answered Adam: Here it is.
    > says "Eva,"
    `,
  'who chose written answers reads them with a mention, nothing is spoken, and the next request carries them': `
    with eva always
    adam chooses answers written
    model: It rains. || Take a coat. || Yes. || fail provider.unreachable
    adam says: five > heard Adam: five, answered Adam, tells adam "It rains."
    adam says: six > heard Adam: six, answered Adam, tells adam "Take a coat."
    prompt > Adam: five | Nova: It rains. | Adam: six
    eva says: seven > heard Eva: seven, answered Eva: Yes.
    adam says: eight
    > heard Adam: eight
    > answered Adam (failed)
    > failed think provider.unreachable
    > tells adam fail.llm
    4000
    `,
  'who is deafened hears nothing, so their answer is written to them as well': [
    { people: [deaf, eva] },
    `
    adam says: five > heard Adam: five, answered Adam: You said five., tells adam "You said five."
    `,
  ],
  'who wants answers alone gets direct messages: the channel and its next request hold the question alone':
    [
      {
        stored: { eva: { kind: 'always' } },
        acts: { closeRoom: ({ closed }) => void closed.add('adam') },
      },
      `
    adam chooses answers private
    model: It rains. || Take a coat. || Yes.
    adam says: five > heard Adam: five, answered Adam, sends adam "It rains."
    do closeRoom
    adam says: six > heard Adam: six, answered Adam, tells adam voice.answers.held, offers 1 buttons
    eva says: six > heard Eva: six, answered Eva: Yes.
    prompt > Adam: five | Adam: six | Eva: six
    `,
    ],
  'who did not call the bot hears once what to press': `
    with uncalled
    adam joins > joined consent brief
    4000 > says join.spoken
    link lost > failed link link.lost
    4000
    moved den > left moved, writes moved.elsewhere
    4000
    `,
  'where all have answered it says whom it hears': `
    with uncalled, eva never
    adam joins > joined consent brief
    4000 > says join.spoken.heard
    `,
  'who called the bot and is alone with it has read it already, and who comes later is not greeted': `
    with uncalled, alone
    adam joins > joined consent brief
    4000
    eva comes
    4000
    `,
  'it greets in the language of the server if the voice speaks it': [
    { ...German, isUncalled: true },
    `
    adam joins > joined consent brief
    4000 > says "Hallo. Drück auf „Hör mich“, um mit mir zu reden."
    `,
  ],
  'who talks or asks at once is answered instead of greeted, and a stop silences the greeting': `
    with uncalled
    adam joins > joined consent brief
    adam says: five > heard Adam: five, answered Adam: You said five.
    4000
    leave > left channel Lounge, left asked
    adam joins > joined consent brief
    700 > says join.spoken
    stop > stopped
    40
    2000 silent
    `,
  'Ask opens 15 s, each press anew': `
    with auto
    adam presses ask
    10000
    adam presses ask
    14000
    adam says: five > heard Adam: five, answered Adam: You said five.
    eva presses ask
    pause > paused
    adam presses ask
    leave > left channel Lounge, left asked
    adam presses ask
    `,
  'who is alone with it and calls nobody is in no company for names, markup or scripts of any kind':
    [
      { people: [{ ...adam, name: '**bold** @everyone 今何時' }] },
      `
    adam says: Сколько времени?
    > heard **bold** @everyone 今何時: Сколько времени? x2
    > answered **bold** @everyone 今何時: You said five.
    `,
    ],
  'packets of somebody nobody announced are not heard, as that person was not told': `
    with notice, alone
    stranger says: five
    `,
});

function makeFailingPipeline(error: unknown) {
  const deps = { next: () => Promise.reject(error) };
  return { answer: () => ({ [Symbol.asyncIterator]: () => deps }) };
}

test('an answer is prepared in the order of the stream while its end is waited for, and heard after it', async () => {
  const transcriber = new FakeTranscriber({ texts: ['go forward ten meters'] });
  const here = await openCalled({ transcriber });
  await hearSpeech(here, 4_000, 'human-goforward');
  const { instants } = here.of('answered')[0] ?? expect.fail();
  const {
    heardAtMs,
    recognisedAtMs,
    firstTokenAtMs,
    firstClauseAtMs,
    firstSpeechAtMs,
  } = instants;
  const order = [
    heardAtMs,
    recognisedAtMs,
    firstTokenAtMs,
    firstClauseAtMs,
    firstSpeechAtMs,
  ];
  expect(order).toEqual(order.toSorted((a = 0, b = 0) => a - b));
  expect(firstSpeechAtMs).toBeLessThan(instants.endedAtMs - 100);
  expect(instants.firstSentAtMs).toBeGreaterThanOrEqual(instants.endedAtMs);
});

test('a talk remembers ten to twenty exchanges, and its prompts begin alike for ten of them', async () => {
  const fixture = await joinLounge({ addressing: 'off' }, [adam]);
  await passTime(fixture, 100);
  const { loop: talk } = fixture.sessions.findSession(toGuildId('g')) ?? expect.fail();
  const firstWords: string[] = [];
  const lengths: number[] = [];
  for (let n = 1; n <= 42; n++) {
    void fixture.talk.askQuestion(toGuildId('g'), `Question ${n}?`, adam, 'voice');
    await passTime(fixture, 3_000);
    const { exchanges } = talk.state.history;
    firstWords.push(exchanges[0]?.words ?? '');
    lengths.push(exchanges.length);
  }
  expect(fixture.of('answered')).toHaveLength(42);
  const later = lengths.slice(20);
  expect([Math.min(...later), Math.max(...later)]).toEqual([11, 20]);
  expect([...new Set(firstWords)]).toEqual([
    'Question 1?',
    'Question 11?',
    'Question 21?',
    'Question 31?',
  ]);
});

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

test('a waiting question is answered right after the answer before it, which the model gets whole', async () => {
  const fixture = await openSlowRoom(longSentence);
  void fixture.talk.askQuestion(toGuildId('g'), 'Hello?', adam, 'voice');
  await passUntil(fixture, () => floorPhase(fixture) === 'sounding');
  void fixture.talk.askQuestion(toGuildId('g'), 'And Rome?', eva, 'voice');
  await passUntil(fixture, () => findAnsweredPerson(fixture) === 'eva');
  const turnMs = fixture.clock.nowMs();
  await passUntil(fixture, () => floorPhase(fixture) === 'sounding');
  expect(fixture.clock.nowMs() - turnMs).toBeLessThan(60);
  // What holds for this answer alone stands behind all that the next prompt begins with, too.
  const order = expect.stringMatching(/^\(Several people are waiting for answers: /);
  expect(fixture.prompts).toEqual([
    ['Hello?'],
    ['Hello?', longSentence, order, 'And Rome?'],
  ]);
});

test('an answer of which the link takes no frame is given up', async () => {
  const fixture = await openSlowRoom(longSentence);
  fixture.linkOpener.link.tick = () => undefined;
  void fixture.talk.askQuestion(toGuildId('g'), 'Hello?', adam, 'voice');
  await passUntil(fixture, () => findAnsweredPerson(fixture) === 'adam');
  await passTime(fixture, 25_000);
  expect(findAnsweredPerson(fixture)).toBeUndefined();
});

playScripts({
  'a person who waited for another answer hears no "One moment." before their own': `
    with natural, adam always, eva always
    recogniser takes 120
    model: wait 250 | ${longSentence} ${longSentence}
    adam says: what is the capital > heard Adam: what is the capital
    eva asks: And Rome?
    30000
    > told eva: answered ${longSentence} ${longSentence}
    > answered Adam: ${longSentence} ${longSentence}
    > answered Eva: Eva, ${longSentence} ${longSentence}
    > says "Eva,"
    `,
  'a model that answers nothing gives a tone, and the log says so': `
    with adam always, eva always
    model: wait 250
    adam begins: what is the capital
    4000 sounding
    > heard Adam: what is the capital, failed think provider.empty, answered Adam (empty)
    `,
  'a sentence that an answer says twice was heard twice': `
    with natural, adam always, eva always
    model: wait 250 | ${longSentence} ${longSentence}
    eva asks: Again?
    30000
    > told eva: answered ${longSentence} ${longSentence}
    > answered Eva: ${longSentence} ${longSentence}
    `,
});
