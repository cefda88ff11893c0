import { z } from 'zod';
import { BotError } from '#src/base/errors.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { defineTool } from '#src/features/contract/tool-definition.ts';
import { tools } from '#src/features/features.ts';
import { adaptExternalTool } from '#src/features/tools/adapt-external-tool.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import {
  adam,
  type FixtureOptions,
  joinLounge,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, makeToolCall as call } from '#test/fakes/fake-chat.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

/** Takes so long; `seen` tells how often it began, and how it was told to end. */
function makeSlowTool(clock: VirtualClock, tookMs: number) {
  const seen = { began: 0, done: 0, endedAtMs: Number.NaN };
  const readTool = defineTool({
    name: 'look',
    description: 'Looks.',
    schema: z.strictObject({}),
    right: 'anyone',
    act: { writes: 'nothing' },
    async run(_call, _ports, _own, signal) {
      seen.began++;
      signal.addEventListener('abort', () => {
        seen.endedAtMs = clock.nowMs();
      });
      await clock.sleep(tookMs, new AbortController().signal); // deaf to its signal
      seen.done++;
      return { facts: { seen: 'a bird' } };
    },
  });
  return { seen, readTool };
}

type Over = FixtureOptions & { readonly clock?: VirtualClock };

async function openToolSession(
  rounds: readonly (readonly ChatStep[])[],
  { clock, ...over }: Over = {},
) {
  const fixture = await joinLounge(
    { rounds, pieces: 2, tools, ...over },
    undefined,
    clock,
  );
  await passTime(fixture, 40);
  return { ...fixture, fixture };
}

async function askQuestion(
  fixture: SessionFixture,
  question = 'What is up?',
  ms = 3_000,
) {
  void fixture.talk.askQuestion(toGuildId('g'), question, adam, 'voice');
  await passTime(fixture, ms);
}

test('a program is told how many people are there, and no names', async () => {
  const { fixture, chat } = await openToolSession([
    [call('who_is_here')],
    ['Two are here.'],
  ]);
  const radio = { ...adam, id: toPersonId('token:radio'), name: 'radio' };
  void fixture.talk.askQuestion(toGuildId('g'), 'Who is there?', radio, 'voice');
  await passTime(fixture, 3_000);
  expect(chat.results).toEqual([
    '{"result":{"names":[],"othersWithoutName":2,"otherBots":0}}',
  ]);
});

test('a tool that takes ten seconds is given up, and the model is told', async () => {
  const clock = new VirtualClock();
  const { seen, readTool } = makeSlowTool(clock, 60_000);
  const { fixture, chat, synthesizer } = await openToolSession(
    [[call('look')], ['No luck.']],
    {
      clock,
      tools: [readTool],
    },
  );
  await askQuestion(fixture, 'Look.', 11_000);
  expect(chat.results).toEqual([
    '{"error":"look failed (tool.late).","heard":"They hear first that it failed and why. Do not say that again."}',
  ]);
  expect(synthesizer.texts.slice(-2)).toEqual([
    "That doesn't work now.",
    'I told the operator; try again later.',
  ]);
  expect(seen.endedAtMs).toBeLessThan(10_200);
});

test('a tool ends at once with /stop', async () => {
  const clock = new VirtualClock();
  const { seen, readTool } = makeSlowTool(clock, 8_000);
  const { fixture } = await openToolSession([[call('look')]], {
    clock,
    tools: [readTool],
  });
  await askQuestion(fixture, 'Look.', 1_000);
  const atMs = clock.nowMs();
  fixture.talk.stopSpeaking(toGuildId('g'));
  await passTime(fixture, 500);
  expect([seen.began, seen.endedAtMs - atMs]).toEqual([1, 0]);
  expect(
    fixture.sessions.findSession(toGuildId('g'))?.mouth.requests.current,
  ).toBeUndefined();
});

test('the panel names the step, ticks go on, and the moment asked for names it as well', async () => {
  const clock = new VirtualClock();
  const { readTool } = makeSlowTool(clock, 6_000);
  const { fixture, synthesizer } = await openToolSession(
    [[call('look')], ['A bird.']],
    {
      clock,
      tools: [readTool],
    },
  );
  let soundAtMs = clock.nowMs();
  let longestGapMs = 0;
  fixture.linkOpener.link.onLeft = (_frame, atMs) => {
    longestGapMs = Math.max(longestGapMs, atMs - soundAtMs);
    soundAtMs = atMs;
  };
  await askQuestion(fixture, 'Look.', 10_000);
  const activities = fixture.panelContents.map(({ lines }) => lines[1]?.id);
  expect(activities).toContain('slow.voice');
  expect(activities.at(-1)).toBe('panel.listening');
  expect(synthesizer.texts).toEqual(['One moment.', 'A bird.']);
  expect(longestGapMs).toBeLessThanOrEqual(1_300);
});

/** A tool of a server that takes so long, and then returns its answer or fails. */
function makeOutsideTool(clock: VirtualClock, tookMs: number, end: () => string) {
  return adaptExternalTool({
    name: 'sky__forecast',
    title: 'sky: forecast',
    work: 'Look at the sky',
    description: 'Tells the weather.',
    parameters: { type: 'object' },
    rules: { effect: 'read', who: 'anyone', deadlineMs: 60_000, resultChars: 2_000 },
    async run(_call, signal) {
      await clock.sleep(tookMs, signal);
      return { text: end(), leftOut: [], isError: false };
    },
  });
}

test('while a tool of a server runs, its title is said once and a low sound follows; the panel has its title as well', async () => {
  const clock = new VirtualClock();
  const tool = makeOutsideTool(clock, 6_000, () => 'Sun.');
  const { fixture, synthesizer } = await openToolSession(
    [[call('sky__forecast')], ['Sunny.']],
    {
      clock,
      moreTools: () => [tool],
    },
  );
  const soundMs: number[] = [];
  fixture.linkOpener.link.onLeft = (_frame, atMs) => soundMs.push(atMs);
  await askQuestion(fixture, 'Look.', 8_000);
  expect(synthesizer.texts).toEqual(['I am on it: Look at the sky.', 'Sunny.']);
  const lines = fixture.panelContents.map((content) => content.lines[1]);
  expect(lines).toContainEqual({
    id: 'tool.external',
    with: { tool: 'Look at the sky' },
  });
  // The low sound fills the wait: most of its frames have left.
  const [firstMs = 0] = soundMs;
  const waitFrames = soundMs.filter(
    (ms) => ms > firstMs + 2_000 && ms < firstMs + 5_000,
  );
  expect(waitFrames.length).toBeGreaterThan(100);
});

test('a tool of a server that fails is said to have failed, and why, before the rest of the answer', async () => {
  const clock = new VirtualClock();
  const tool = makeOutsideTool(clock, 100, () => {
    throw new BotError('tool.unreachable', true, 'It is gone.');
  });
  const { fixture, chat } = await openToolSession(
    [[call('sky__forecast')], ['Ask me again.']],
    {
      clock,
      moreTools: () => [tool],
    },
  );
  await askQuestion(fixture, 'Look.', 5_000);
  expect(findHistory(fixture).exchanges.at(-1)?.heard).toBe(
    'Look at the sky: that did not work, it cannot be reached. Ask me again.',
  );
  expect(chat.results.join()).toContain('They hear first');
});

test('a tool that takes long holds the talk for 15 s, and then tells its result by itself', async () => {
  const clock = new VirtualClock();
  const tool = makeOutsideTool(clock, 30_000, () => 'Rain from noon on.');
  const { fixture, synthesizer } = await openToolSession(
    [[call('sky__forecast')], ['I will tell you.'], ['Hello.']],
    { clock, moreTools: () => [tool] },
  );
  await askQuestion(fixture, 'Look.', 18_000);
  expect(synthesizer.texts).toEqual([
    'I am on it: Look at the sky.',
    'I will tell you.',
  ]);
  await askQuestion(fixture, 'Are you there?', 3_000);
  expect(synthesizer.texts.at(-1)).toBe('Hello.');
  await passTime(fixture, 15_000);
  expect(synthesizer.texts.slice(3).join(' ')).toBe(
    'Adam. Here is what you asked for, in full in the chat: Rain from noon on.',
  );
  const { exchanges } = findHistory(fixture);
  expect(exchanges.at(-1)?.heard).toContain('Rain from noon on.');
});

test('/stop ends a tool that works behind the talk, and its result is not spoken', async () => {
  const clock = new VirtualClock();
  const tool = makeOutsideTool(clock, 30_000, () => 'Rain.');
  const { fixture, synthesizer } = await openToolSession(
    [[call('sky__forecast')], ['I will tell you.']],
    { clock, moreTools: () => [tool] },
  );
  await askQuestion(fixture, 'Look.', 18_000);
  fixture.talk.stopSpeaking(toGuildId('g'));
  await passTime(fixture, 20_000);
  expect(synthesizer.texts).toEqual([
    'I am on it: Look at the sky.',
    'I will tell you.',
  ]);
});

function findHistory({ sessions }: SessionFixture) {
  const session = sessions.findSession(toGuildId('g'));
  if (!session) throw new Error('There is no session.');
  return session.loop.state.history;
}

test('"timers of 5 and 10 minutes" sets both', async () => {
  const set: number[] = [];
  const timer = defineTool({
    name: 'timer',
    description: 'Sets one.',
    schema: z.object({ minutes: z.number() }),
    right: 'anyone',
    act: {
      writes: 'row',
      noticedBy: 'everybody',
      undoneBy: 'room',
      undo: 'timer',
    },
    async run({ minutes }) {
      set.push(minutes);
      return { facts: { set: minutes }, line: { id: 'confirm.done' } };
    },
  });
  const calls = [
    call('timer', { minutes: 5 }, 'a'),
    call('timer', { minutes: 10 }, 'b'),
  ];
  const { fixture } = await openToolSession([calls, ['Both are set.']], {
    tools: [timer],
  });
  await askQuestion(fixture, 'Timers of 5 and 10 minutes, please.');
  expect(set).toEqual([5, 10]);
});

playScripts({
  'bad JSON, and arguments that do not fit, are told to the model and nothing runs': `
    with tools
    model: call time {"zone": | call time {"city":"Tokyo"} || Sorry.
    adam asks: What is up? > told adam: answered Sorry., tool time refused
    3000 > answered Adam: Sorry.
    results
    > Error: the arguments are not valid JSON. | {"error":"The arguments do not fit. ✖ Unrecognized key: \\"city\\""}
    `,
  'a change that everybody notices runs without a button, whatever else the model has read': `
    with tools
    model: Hello.
    eva asks: Hello there. > told eva: answered Hello.
    3000 > answered Eva (left out): Hello.
    model: call volume {"level":40} || Ok.
    adam asks: Speak lower.
    > told adam: answered Ok., tool volume ran, writes track.volume (voice) (40)
    3000 > answered Adam: Ok.
    results > {"result":{"outcome":"Volume of voice: 40 %."}}
    # No other model is asked.
    requests > 3 requests
    `,
  'a message runs at once for words of the asker alone, also after an exchange with them': `
    with tools
    model: Hello.
    adam asks: Hello there. > told adam: answered Hello.
    3000 > answered Adam: Hello.
    model: call time || call post_text {"text":"Dinner at eight."} || Ok.
    adam asks: Post that dinner is at eight.
    > told adam: answered Ok., tool time ran, tool post_text ran, writes "Dinner at eight."
    3000 > answered Adam: Ok.
    `,
  'a message waits once the model was shown words of others; what it is, only its asker is shown': `
    with tools
    model: call who_is_here || call post_text {"text":"Dinner at eight."} || Ok.
    adam asks: Post that dinner is at eight.
    > told adam: answered Ok.
    > tool who_is_here ran
    > tool post_text asked
    > writes tool.ask (Adam) (Adam) (60)
    > offers 1 buttons
    3000 > answered Adam: Ok.
    eva looks > other name Adam
    adam looks > shown tool.post.ask Dinner at eight. name Adam s 57
    eva confirms > other name Adam
    adam confirms > completed confirm.done, tool post_text pressed, writes "Dinner at eight."
    adam confirms > over
    adam looks > over
    `,
});

test('a model is told no limit that each call is held to anyway', () => {
  const note = defineTool({
    name: 'note',
    description: 'Notes.',
    schema: z.strictObject({ text: z.string().min(1).max(5) }),
    right: 'anyone',
    act: { writes: 'nothing' },
    runAnywhere: async () => ({ facts: {} }),
  });
  const properties = { text: { type: 'string' } };
  expect(note.parameters).toEqual({ type: 'object', properties, required: ['text'] });
  const { parseArguments } = note.bind({});
  expect(parseArguments('{"text":"short"}')).not.toHaveProperty('unfit');
  for (const unfit of ['{"text":"longer"}', '{"text":""}', '{"text":"a","to":"b"}'])
    expect(parseArguments(unfit)).toHaveProperty('unfit');
});

playScripts({
  'the bot itself quotes the transcript, and no words of the model follow the quote': `
    with alone, off, tools
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    adam says (human-goforward): five five > heard Adam: five five, ignored Adam: off
    model: call find_in_captions {"question":"What about five?","about":"all"} || [1] || Adam says you owe him.
    adam asks: What about five?
    > told adam: answered Adam, 16:25: five five
    > tool find_in_captions ran
    > says "Adam, 16:25: five five"
    6000 > answered Adam: Adam, 16:25: five five
    requests > 2 requests
    adam asks: And then? > told adam: answered Adam says you owe him.
    prompt
    > Adam: What about five? | Nova: Adam, 16:25: five five | data: <channel> 16:25 Adam: five five 16:25 Nova: Adam, 16:25: five five </channel> | Adam: And then?
    `,
  'if the model chooses no line, the bot says that the transcript does not hold it': `
    with alone, off, tools
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    adam says (human-goforward): five five > heard Adam: five five, ignored Adam: off
    model: call find_in_captions {"question":"What about five?","about":"all"} || [0] || Adam said seven.
    adam asks: What about five?
    > told adam: answered I found nothing about that in what you may read.
    > tool find_in_captions ran
    > says ask.unknown
    6000 > answered Adam: I found nothing about that in what you may read.
    `,
  'a person who came later hears what was said before, and a program nothing': `
    with alone, off, tools, eva always
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    adam says (human-goforward): five five > heard Adam: five five, ignored Adam: off
    eva comes
    500
    model: call find_in_captions {"question":"What about five?","about":"all"} || [1]
    eva asks: What about five?
    > told eva: answered Adam, 16:25: five five
    > tool find_in_captions ran
    > says "Adam, 16:25: five five"
    6000 > answered Eva: Adam, 16:25: five five
    model: call find_in_captions {"question":"What about five?","about":"all"} || [1]
    token:radio asks: What about five?
    > told token:radio: answered I found nothing about that in what you may read.
    > tool find_in_captions ran
    > says ask.unknown
    6000 > answered Token:radio (left out): I found nothing about that in what you may read.
    requests > 3 requests
    `,
  'an answer that sounds ends with the erasure of another person, and none of it is kept':
    [
      { pieces: 60 },
      `
    with alone, off, tools, eva always
    eva comes
    captions on > says captions.on
    8000 > captions: on placeId lounge isHere true saved true, played voice: completed
    eva says (human-goforward): One is mine. Two is mine. Three is mine. Four is mine.
    > heard Eva: One is mine. Two is mine. Three is mine. Four is mine., ignored Eva: off
    model: call find_in_captions {"question":"What is mine?","about":"all"} || [1]
    adam asks: What is mine? > tool find_in_captions ran, says "Eva, 16:25:"
    2000 > says "One is mine. Two is mine."
    eva is forgotten > told adam: failed ask.stopped, forgotten total 2, answered Adam (cancelled)
    20000
    model: Nothing.
    adam asks: And then?
    prompt > Adam: What is mine? | Nova: (This question was taken back.) | Adam: And then?
    `,
    ],
  'of a quote of a person who says no meanwhile the rest is not said': [
    { pieces: 60 },
    `
    with alone, off, tools, eva always
    eva comes
    captions on > says captions.on
    8000 > captions: on placeId lounge isHere true saved true, played voice: completed
    eva says (human-goforward): One is mine. Two is mine. Three is mine. Four is mine.
    > heard Eva: One is mine. Two is mine. Three is mine. Four is mine., ignored Eva: off
    model: call find_in_captions {"question":"What is mine?","about":"all"} || [1]
    adam asks: What is mine? > tool find_in_captions ran, says "Eva, 16:25:"
    2000 > says "One is mine. Two is mine."
    eva denies > isSaved true
    20000 > told adam: answered nothing, answered Adam: Eva, 16:25: One is mine. Two is mine.
    `,
  ],
  'lines that no model chose are not said aloud': `
    with alone, off, tools
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    adam says (human-goforward): five five > heard Adam: five five, ignored Adam: off
    model: call find_in_captions {"question":"What about five?","about":"all"} || fail provider.unreachable
    adam asks: What about five?
    > told adam: answered I can't think right now: my chat model gives no answer that I can use.
    > failed think provider.unreachable
    > tool find_in_captions ran
    > says fail.llm
    6000 > answered Adam: I can't think right now: my chat model gives no answer that I can use.
    `,
});
