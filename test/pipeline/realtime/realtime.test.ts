import { setTimeout as wait } from 'node:timers/promises';
import { LiveSound } from '#src/audio/live-sound.ts';
import { getDurationMs, listenRateHz } from '#src/audio/pcm.ts';
import { toRecord } from '#src/base/json.ts';
import type { ChatMessage } from '#src/chat/chat-model.ts';
import type { Pipeline, Turn } from '#src/pipeline/pipeline.ts';
import {
  FakeHost,
  joinTexts,
  makeTurn,
  testPipeline,
  toUtterance,
} from '#test/contracts/pipeline-contract.ts';
import type { TalkCall, TalkReply } from '#test/fakes/providers/realtime-call.ts';
import {
  drainAnswer,
  makeReleasedHost,
  makeSpokenTurn,
  openTalking,
  toHistory,
  toTalkReply,
} from './talking-setup.ts';

testPipeline('realtime', (script) => openTalking({ answer: toTalkReply(script) }));

const four = 'Well, as you ask, it is four.';
const fourFor = () => ({ text: four });
const makeUserMessage = (name: string, content: string): ChatMessage => ({
  role: 'user',
  name,
  content,
});
const makeAssistantMessage = (content: string): ChatMessage => ({
  role: 'assistant',
  content,
});
const continueTalk = (history: readonly ChatMessage[], turn: Turn) => ({
  ...turn,
  history,
});

test('each answer is told the history in words and the question as sound, and leaves nothing with the server', async () => {
  await using talking = await openTalking({ answer: fourFor });
  const history = [
    makeUserMessage('Ben', 'good morning'),
    makeAssistantMessage('Good morning, Ben.'),
  ];
  for (let n = 0; n < 2; n++) {
    const { parts } = await drainAnswer(
      talking.pipeline,
      continueTalk(history, makeTurn(makeSpokenTurn('again'))),
    );
    expect(joinTexts(parts)).toBe(four);
    expect(toHistory(talking.server.calls[n])).toEqual([
      'user: Ben: good morning',
      'assistant: Good morning, Ben.',
      'user: Ana:',
      'user: sound 1000',
      `assistant: ${four}`,
    ]);
    await expect.poll(() => talking.server.open).toBe(0);
  }
  expect(talking.server.calls.flatMap(({ errors }) => errors)).toEqual([]);
});

test('marks in the words of an answer are no words, as in every other pipeline', async () => {
  const text = '<|muse_start|>Tea?<|muse_end|>It is <|foo|>four.<|im_end|>user';
  await using talking = await openTalking({ answer: () => ({ text }) });
  const { parts } = await drainAnswer(
    talking.pipeline,
    makeTurn(makeSpokenTurn('hello')),
  );
  expect(joinTexts(parts)).toBe('It is four.');
});

test.each([
  [900, { max_output_tokens: 900 }],
  [4_000, undefined], // the limit of every answer
])(
  'an answer may be as long as its money pays, %s tokens, with the sound of its question set aside',
  async (units, response) => {
    await using talking = await openTalking({
      answer: () => ({ text: four, ends: 'incomplete' }),
    });
    const heardValues: number[] = [];
    const reserveRequest = (
      _: readonly object[],
      __: readonly object[],
      heardMs: number,
    ) => {
      heardValues.push(heardMs);
      return { maxUnits: units, release: () => undefined };
    };
    const host = makeReleasedHost();
    Object.assign(host.meter, { reserveRequest });
    const { error, parts } = await drainAnswer(
      talking.pipeline,
      makeTurn(makeSpokenTurn('how many')),
      host,
    );
    expect([error, joinTexts(parts), heardValues]).toEqual([undefined, four, [1_000]]);
    const commands = talking.server.calls[0]?.commands.filter(
      ({ type }) => type === 'response.create',
    );
    expect(commands?.map((command) => command.response)).toEqual([response]);
  },
);

test('an answer with a tool goes on over its connection, which is told the result', async () => {
  const lamp = { name: 'lamp', argumentsJson: '{}' };
  const answerRequest = (_: string, request: number) =>
    request < 2 ? { text: 'One moment.', call: lamp } : { text: 'It is on.' };
  await using talking = await openTalking({ answer: answerRequest });
  const host = makeReleasedHost();
  const { parts } = await drainAnswer(
    talking.pipeline,
    makeTurn(makeSpokenTurn('lamp on')),
    host,
  );
  expect([host.ran.length, joinTexts(parts)]).toEqual([
    2,
    'One moment. One moment. It is on.',
  ]);
  const round = [
    'assistant: One moment.',
    'function_call: ',
    'function_call_output: done',
  ];
  expect(talking.server.calls.map(toHistory)).toEqual([
    ['user: Ana:', 'user: sound 1000', ...round, ...round, 'assistant: It is on.'],
  ]);
});

test('a typed question is told in words', async () => {
  await using talking = await openTalking({ answer: fourFor });
  const { pcm: _, ...typed } = toUtterance('and now?');
  await drainAnswer(talking.pipeline, makeTurn(typed));
  expect(toHistory(talking.server.calls[0])[0]).toBe('user: Ana: and now?');
});

const never = new AbortController().signal;

test('a voice that the server refuses gives way to its usual one, and is asked for once', async () => {
  await using talking = await openTalking({
    answer: () => ({ text: 'It is five.' }),
    voices: ['cedar'],
  });
  const reported: string[] = [];
  const onGone = (name: string, of: string) =>
    void reported.push(`${name} of the ${of}`);
  const texts: string[] = [];
  for (const question of ['hello', 'and now?']) {
    const host = new FakeHost();
    host.release();
    const turn = makeTurn(toUtterance(question));
    const style = { ...turn.style, voice: { name: 'marin', onGone } };
    const answer = talking.pipeline.answer({ ...turn, style }, host, never);
    texts.push(joinTexts(await Array.fromAsync(answer)).trim());
  }
  expect(texts).toEqual(['It is five.', 'It is five.']);
  expect(reported).toEqual(['marin of the model']);
  const { calls } = talking.server;
  expect(calls.map(({ errors }) => errors)).toEqual([['invalid_value'], [], []]);
  const instructions = calls.map(({ commands }) => JSON.stringify(commands));
  expect(instructions.at(-1)).toContain('Be brief.');
});

const packetSamples = listenRateHz / 50;

/** Pushes the sound of an utterance, of which the server then has all but the last of the resampler. */
async function speakUtterance(
  talking: Awaited<ReturnType<typeof openTalking>>,
  live: LiveSound,
  samples: Int16Array,
) {
  const countBefore = talking.server.calls.length;
  talking.pipeline.feed?.(makeTurn(makeSpokenTurn('')), live, makeReleasedHost().meter);
  for (let at = 0; at < samples.length; at += packetSamples)
    live.push({ samples: samples.subarray(at, at + packetSamples) });
  await vi.waitFor(() => {
    expect(talking.server.calls.length).toBeGreaterThan(countBefore);
    expect(talking.server.calls.at(-1)?.bufferMs).toBeGreaterThan(950);
  });
}

/** Instructions and tools of each update, oldest first. */
function listUpdates(call: TalkCall | undefined) {
  return (call?.commands ?? []).flatMap(({ session }) => {
    const { instructions, tools } = toRecord(session);
    const names = [tools].flat().map((tool) => toRecord(tool).name);
    return instructions === undefined ? [] : [instructions, ...names].join(' ');
  });
}

test('sound that was fed while it was spoken is committed and not sent again', async () => {
  await using talking = await openTalking({ answer: () => ({ text: 'Hello.' }) });
  const [said, live] = [makeSpokenTurn('hello'), new LiveSound()];
  await speakUtterance(talking, live, said.pcm?.samples ?? new Int16Array(0));
  await drainAnswer(talking.pipeline, makeTurn({ ...said, live }));
  const [call, ...others] = talking.server.calls;
  expect(others).toEqual([]);
  expect(call?.soundMs).toBeLessThanOrEqual(1_000);
  expect(toHistory(call).filter((text) => text.includes('sound'))).toHaveLength(1);
  live.push({ samples: new Int16Array(packetSamples) });
  await wait(20);
  expect(call?.bufferMs).toBe(0);
});

test('instructions and tools go ahead of the sound, and again only once they are others', async () => {
  await using talking = await openTalking({ answer: () => ({ text: 'Hello.' }) });
  const utterance = makeSpokenTurn('hello');
  for (const instructions of ['Be brief.', 'Be kind.']) {
    const live = new LiveSound();
    const turn = makeTurn({ ...utterance, live });
    await speakUtterance(talking, live, utterance.pcm?.samples ?? new Int16Array(0));
    const ahead = listUpdates(talking.server.calls.at(-1));
    expect(ahead).toEqual(['Be brief. lamp']);
    await drainAnswer(talking.pipeline, {
      ...turn,
      style: { instructions, voice: {} },
    });
    const changed = instructions === 'Be brief.' ? [] : ['Be kind. lamp'];
    expect(listUpdates(talking.server.calls.at(-1))).toEqual([...ahead, ...changed]);
  }
});

test('sound of an answer that was given up is fed anew, with all that is spoken after it', async () => {
  await using talking = await openTalking({ answer: () => ({ text: 'Hello.' }) });
  const [said, live] = [makeSpokenTurn('hello'), new LiveSound()];
  const { samples } = said.pcm ?? { samples: new Int16Array(0) };
  await speakUtterance(talking, live, samples);
  await drainAnswer(talking.pipeline, makeTurn({ ...said, live }));
  await speakUtterance(talking, live, samples);
  await drainAnswer(talking.pipeline, makeTurn({ ...said, live }));
  const second = talking.server.calls.at(-1);
  expect(second?.soundMs).toBeGreaterThan(1_900);
  expect(second?.commits).toHaveLength(1);
});

test('sound that nobody answers is cleared, and its connection ends', async () => {
  await using talking = await openTalking({ answer: () => ({ text: 'Hello.' }) });
  const [said, live] = [makeSpokenTurn('hello'), new LiveSound()];
  await speakUtterance(talking, live, said.pcm?.samples ?? new Int16Array(0));
  live.end();
  await vi.waitFor(() => expect(talking.server.calls[0]?.isClosed).toBe(true));
  expect(talking.server.calls[0]?.bufferMs).toBe(0);
  await drainAnswer(talking.pipeline, makeTurn({ ...said, live }));
  expect(talking.server.calls[0]?.commits).toEqual([]);
  expect(talking.server.calls[1]?.commits).toHaveLength(1);
});

test('where the connection of fed sound is lost, the answer sends all of it over another', async () => {
  await using talking = await openTalking({ answer: () => ({ text: 'Hello.' }) });
  const [said, live] = [makeSpokenTurn('hello'), new LiveSound()];
  await speakUtterance(talking, live, said.pcm?.samples ?? new Int16Array(0));
  talking.server.dropAll();
  await vi.waitFor(() => expect(talking.server.calls[0]?.isClosed).toBe(true));
  await talking.settled();
  await drainAnswer(talking.pipeline, makeTurn({ ...said, live }));
  expect(talking.server.calls[1]?.commits).toHaveLength(1);
});

const answerFirst =
  (ends: NonNullable<TalkReply['ends']>, text = four) =>
  (_: string, request: number) =>
    request === 0 ? { text, ends } : { text: four };

/** Reads until so much sound came; the reader is not through then. */
async function hearPart(pipeline: Pipeline, turn: Turn, ms: number) {
  const caller = new AbortController();
  const replyStream = pipeline
    .answer(turn, makeReleasedHost(), caller.signal)
    [Symbol.asyncIterator]();
  for (let soundMs = 0; soundMs < ms; ) {
    const { value, done } = await replyStream.next();
    if (done) throw new Error('so much sound never came');
    if (value.kind === 'audio') soundMs += getDurationMs(value.pcm);
  }
  return {
    parts: replyStream,
    interrupt: () => caller.abort(new Error('interrupted')),
  };
}

test('an interruption closes the connection of the answer', async () => {
  const long = `${four} `.repeat(20).trim();
  await using talking = await openTalking({
    answer: () => ({ text: long }),
    soundSpeed: 5,
  });
  const heard = await hearPart(
    talking.pipeline,
    makeTurn(makeSpokenTurn('hello')),
    700,
  );
  heard.interrupt();
  await expect(heard.parts.next()).rejects.toThrow('interrupted');
  await expect
    .poll(() => [talking.countRunning(), talking.server.open])
    .toEqual([0, 0]);
  expect(talking.server.calls[0]?.errors).toEqual([]);
});

test.each([
  [
    'a connection that drops before the answer is replaced unnoticed, for money of its own',
    'drop',
  ],
  ['a session at its limit is replaced unnoticed, for money of its own', 'close'],
] as const)('%s', async (_, ends) => {
  await using talking = await openTalking({ answer: answerFirst(ends, '') });
  let holds = 0;
  const reserveRequest = () => void holds++;
  const host = makeReleasedHost();
  Object.assign(host.meter, { reserveRequest });
  const { parts, error } = await drainAnswer(
    talking.pipeline,
    makeTurn(makeSpokenTurn('hello')),
    host,
  );
  const { calls } = talking.server;
  expect([error, joinTexts(parts), calls.length, holds]).toEqual([
    undefined,
    four,
    2,
    2,
  ]);
  expect(toHistory(calls[1]).slice(0, 2)).toEqual(['user: Ana:', 'user: sound 1000']);
});

test('a connection that drops inside an answer ends it once, after the sound that came', async () => {
  await using talking = await openTalking({ answer: answerFirst('drop') });
  const { parts, error } = await drainAnswer(talking.pipeline);
  expect(error).toMatchObject({ code: 'provider.truncated', stage: 'think' });
  expect(parts.some(({ kind }) => kind === 'audio')).toBe(true);
  expect((await drainAnswer(talking.pipeline)).error).toBeUndefined();
  expect(talking.server.calls).toHaveLength(2);
});

test('a reader who is slow keeps the server waiting', async () => {
  const minutes = `${four} `.repeat(400).trim(); // thirteen minutes, 50 MB
  await using talking = await openTalking({ answer: () => ({ text: minutes }) });
  const heard = await hearPart(talking.pipeline, makeTurn(toUtterance('hello')), 100);
  const [call] = talking.server.calls;
  await expect.poll(() => call?.waitingBytes()).toBeGreaterThan(30_000_000);
  heard.interrupt();
  await expect.poll(() => talking.countRunning()).toBe(0);
});
