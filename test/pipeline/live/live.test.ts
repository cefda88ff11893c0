import { noGuild, toChannelId } from '#src/base/ids.ts';
import type { ChatMessage } from '#src/chat/chat-model.ts';
import { findRolePrice } from '#src/config/tariffs.ts';
import { describeServer } from '#src/provider/models/standard-models.ts';
import { createBudgetError } from '#src/spending/reservation.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import type { FakeHost } from '#test/contracts/pipeline-contract.ts';
import type { LiveModelSettings } from '#test/fakes/providers/live-model.ts';
import { readServerHalf } from '#test/provider/live/live-recordings.ts';
import {
  askLive,
  makeLiveSound,
  makeReleasedHost,
  makeSpokenTurn,
  measureSoundMs,
  openLive,
  readAnswer,
  writeScript,
} from './live-setup.ts';

const four = 'It is four in the afternoon.';
const saysFour: LiveModelSettings = { answer: () => ({ says: four }) };
const makeUserMessage = (content: string): ChatMessage => ({
  role: 'user',
  name: 'Ana',
  content,
});
const makeAssistantMessage = (content: string): ChatMessage => ({
  role: 'assistant',
  content,
});

test('a spoken question is answered by voice and words, and afterwards nothing is sent', async () => {
  using live = openLive(saysFour);
  const { error, parts, text } = await askLive(
    live,
    makeSpokenTurn('What time is it?'),
  );
  expect([error, text]).toEqual([undefined, four]);
  expect(measureSoundMs(parts)).toBeGreaterThan(four.length * 60);
  const [session] = live.server.sessions;
  expect(session?.voicedMs).toBeCloseTo(1_000, -2);
  const sentMs = session?.silentMs ?? 0;
  expect(sentMs).toBeGreaterThan(1_500);
  await live.clock.advance(5_000);
  expect(session?.silentMs).toBe(sentMs);
  expect(live.talk.openSessions).toBe(1);
  await live.clock.advance(6_000);
  expect(live.talk.openSessions).toBe(0);
  expect(session?.isClosed).toBe(true);
});

test('sound that waited is sent at no more than 1.2 times its pace', async () => {
  using live = openLive(saysFour);
  const answering = readAnswer(live, makeSpokenTurn('A long question.', 6_000));
  await live.clock.advance(2_000);
  const [session] = live.server.sessions;
  expect(session?.voicedMs).toBeGreaterThan(2_000);
  expect(session?.voicedMs).toBeLessThan(2_000 * 1.2 + 120);
  expect((await live.runWork(answering)).text).toBe(four);
});

test('sound that is sent ahead leaves as it comes, and is not sent again', async () => {
  using live = openLive(saysFour);
  const { samples, sound } = makeLiveSound(2_000);
  const host = makeReleasedHost();
  const turn = makeSpokenTurn('What time is it?', 2_000, {}, sound);
  await live.speakTurn(turn, sound, samples, host);
  const [session] = live.server.sessions;
  expect(session?.voicedMs).toBeGreaterThan(1_950);
  expect(session?.silentMs).toBe(0);
  expect((await askLive(live, turn, host)).text).toBe(four);
  expect(session?.voicedMs).toBeLessThan(2_050);
  expect(live.server.sessions).toHaveLength(1);
});

test('work goes to the chat model with its tools, by the words of our own recogniser', async () => {
  const call = { id: 'call_1', name: 'lamp', argumentsJson: '{"on":true}' };
  const worker = writeScript([call, 'The lamp is on now.']);
  using live = openLive({
    worker,
    answer: () => ({ delegates: true, says: 'One moment.' }),
  });
  const host = makeReleasedHost();
  const { error, text } = await askLive(live, makeSpokenTurn('Lamp on, please.'), host);
  expect(error).toBeUndefined();
  expect(text).toMatch(/^One moment\.\s*The lamp is on now\.$/);
  expect(host.ran).toEqual([call]);
  expect(worker.asked[0]).toBe('Be brief. | Lamp on, please.');
  expect(worker.asked[1]).toContain('done');
  const [session] = live.server.sessions;
  expect(session?.commands).toContainEqual({
    type: 'session.commentary.append',
    content: 'The lamp is on now.',
    delegation_id: 'item_1',
    event_id: expect.any(String),
  });
  // Two requests of the chat model are counted, and the session costs by its time.
  expect(host.spendings.filter(({ inputTokens }) => inputTokens > 0)).toHaveLength(2);
});

test('a stop cancels the work, silences the answer and sends nothing more', async () => {
  let isAborted = false;
  const worker = {
    async *reply(_: unknown, __: unknown, signal: AbortSignal) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      isAborted = true;
      yield { kind: 'text', text: 'Too late.' } as const;
    },
  };
  using live = openLive({
    worker,
    answer: () => ({ delegates: true, says: 'One moment.' }),
  });
  const stop = new AbortController();
  const answering = readAnswer(
    live,
    makeSpokenTurn('Look it up.'),
    makeReleasedHost(),
    stop.signal,
  );
  await live.clock.advance(4_000);
  stop.abort(new Error('stop'));
  expect((await live.runWork(answering)).error).toBe(stop.signal.reason);
  const [session] = live.server.sessions;
  const sent = [session?.silentMs, session?.commands.length];
  await live.clock.advance(2_000);
  expect([session?.silentMs, session?.commands.length]).toEqual(sent);
  expect(isAborted).toBe(true);
});

test('a session goes on while it knows what was said, and the next is told what was heard', async () => {
  using live = openLive(saysFour);
  await askLive(live, makeSpokenTurn('What time is it?'));
  const whole = [makeUserMessage('What time is it?'), makeAssistantMessage(four)];
  await askLive(live, makeSpokenTurn('And now?', 1_000, { history: whole }));
  expect(live.server.sessions).toHaveLength(1);
  expect(live.server.sessions[0]?.questions).toBe(2);
  const cut = [...whole, makeUserMessage('And now?'), makeAssistantMessage('It is')];
  await askLive(live, makeSpokenTurn('Go on.', 1_000, { history: cut }));
  expect(live.server.sessions).toHaveLength(2);
  const [start] = live.server.sessions[1]?.commands ?? [];
  expect(JSON.stringify(start)).toContain('"text":"Ana: And now?"');
  expect(JSON.stringify(start)).toContain('"text":"It is"');
  expect(live.server.sessions[0]?.isClosed).toBe(true);
});

test('words that were taken back are in no session any more', async () => {
  using live = openLive(saysFour);
  const history = [makeUserMessage('I am Bo.'), makeAssistantMessage('Hello, Bo.')];
  await askLive(live, makeSpokenTurn('What time is it?', 1_000, { history }));
  expect(JSON.stringify(live.server.sessions[0]?.commands)).toContain('Bo');
  await askLive(live, makeSpokenTurn('And now?'));
  expect(live.server.sessions[0]?.isClosed).toBe(true);
  expect(JSON.stringify(live.server.sessions[1]?.commands)).not.toContain('Bo');
});

test('a session does not answer after words in place of which others stand now', async () => {
  using live = openLive(saysFour);
  const history = [makeUserMessage('I am Bo.'), makeAssistantMessage('Hello, Bo.')];
  await askLive(live, makeSpokenTurn('What time is it?', 1_000, { history }));
  const other = [makeUserMessage('I am Cy.'), makeAssistantMessage('Hello, Cy.')];
  const next = [
    ...other,
    makeUserMessage('What time is it?'),
    makeAssistantMessage(four),
  ];
  await askLive(live, makeSpokenTurn('And now?', 1_000, { history: next }));
  expect(live.server.sessions.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  expect(JSON.stringify(live.server.sessions[1]?.commands)).not.toContain('Bo');
});

test('a no ends the session at once', async () => {
  using live = openLive(saysFour);
  const withdrawn = new AbortController();
  const { signal: until } = withdrawn;
  await askLive(live, makeSpokenTurn('What time is it?', 1_000, { until }));
  withdrawn.abort();
  expect(live.talk.openSessions).toBe(0);
  expect(live.server.sessions[0]?.isClosed).toBe(true);
});

test('a session that heard talk between people is closed, and none of that talk is answered', async () => {
  using live = openLive({ ...saysFour, isEager: true });
  const { samples, sound } = makeLiveSound(2_000);
  const turn = makeSpokenTurn('Not for you.', 2_000, {}, sound);
  await live.speakTurn(turn, sound, samples, makeReleasedHost());
  sound.end();
  expect(live.talk.openSessions).toBe(0);
  const { text } = await askLive(live, makeSpokenTurn('Nova, what time is it?'));
  expect(text).not.toContain('Not for you');
  expect(live.server.sessions).toHaveLength(2);
});

test('each voice channel has a session of its own', async () => {
  using live = openLive(saysFour);
  await askLive(live, makeSpokenTurn('What time is it?'));
  const other = { channelId: toChannelId('garage') };
  await askLive(live, makeSpokenTurn('And here?', 1_000, other));
  expect(live.server.sessions.map(({ questions }) => questions)).toEqual([1, 1]);
});

test.each([
  ['no such model', 'provider.refused'],
  ['bad key', 'provider.bad_key'],
  ['no credit', 'provider.spent'],
  ['never starts', 'provider.late'],
  ['moderates at once', 'provider.refused'],
  ['never answers', 'provider.late'],
] as const)('a session that %s fails the answer by name: %s', async (trouble, code) => {
  using live = openLive({ ...saysFour, trouble });
  const { error, parts } = await askLive(live, makeSpokenTurn('What time is it?'));
  expect(error).toMatchObject({ code });
  expect(measureSoundMs(parts)).toBe(0);
});

test.each([
  ['expired', 'provider.truncated'],
  ['content', 'provider.refused'],
  ['remote_hangup', 'provider.truncated'],
  ['connection_lost', 'provider.truncated'],
] as const)(
  'a session that ends by %s in mid-answer ends it by name, and the next question opens another',
  async (reason, code) => {
    using live = openLive(saysFour);
    const answering = readAnswer(live, makeSpokenTurn('What time is it?'));
    await live.clock.advance(2_500);
    live.server.sessions[0]?.end(reason);
    expect((await live.runWork(answering)).error).toMatchObject({ code });
    expect((await askLive(live, makeSpokenTurn('And now?'))).text).toBe(four);
    expect(live.server.sessions).toHaveLength(2);
  },
);

test('a session that is lost at its begin is begun anew, answers, and ends after its silence', async () => {
  using live = openLive({ ...saysFour, standIn: writeScript([]) });
  const answering = readAnswer(live, makeSpokenTurn('What time is it?'));
  await live.clock.advance(100);
  live.server.dropAll();
  expect((await live.runWork(answering)).text).toBe(four);
  expect(live.server.sessions).toHaveLength(2);
  await live.clock.advance(11_000);
  expect(live.talk.openSessions).toBe(0);
});

test('a lost connection ends the answer by name', async () => {
  using live = openLive(saysFour);
  const answering = readAnswer(live, makeSpokenTurn('What time is it?'));
  await live.clock.advance(2_500);
  live.server.dropAll();
  expect((await live.runWork(answering)).error).toMatchObject({
    code: 'provider.truncated',
  });
});

test('events of another kind change nothing', async () => {
  using live = openLive(saysFour);
  const answering = readAnswer(live, makeSpokenTurn('What time is it?'));
  await live.clock.advance(1_500);
  live.server.sessions[0]?.say({ type: 'session.whisper.created', text: 'psst' });
  expect((await live.runWork(answering)).text).toBe(four);
});

test('a session is left before its context is full', async () => {
  using live = openLive(saysFour);
  await askLive(live, makeSpokenTurn('What time is it?'));
  live.server.sessions[0]?.say({
    type: 'session.usage.updated',
    usage: { seconds: 5 },
    context_window: { usage_ratio: 0.9 },
  });
  await live.clock.advance(20);
  const history = [makeUserMessage('What time is it?'), makeAssistantMessage(four)];
  await askLive(live, makeSpokenTurn('And now?', 1_000, { history }));
  expect(live.server.sessions).toHaveLength(2);
});

test('a result that the session does not say in time fails by name', async () => {
  using live = openLive({
    worker: writeScript(['Seven.']),
    trouble: 'drops commentary',
    answer: () => ({ delegates: true, says: 'One moment.' }),
  });
  const { error } = await askLive(live, makeSpokenTurn('How many?'));
  expect(error).toMatchObject({ code: 'provider.late' });
});

const long = 'Once upon a time there was a very long story about it. '.repeat(40);

/** A payer with so many minutes, who is asked for each before it begins. */
function makePayer(minutes: number) {
  const host = makeReleasedHost();
  const reserved: number[] = [];
  const paid: number[] = [];
  let held = 0;
  const meter: FakeHost['meter'] = {
    ...host.meter,
    guildId: noGuild,
    async reserveTalk(ms: number) {
      if (reserved.length >= minutes) throw createBudgetError('server');
      reserved.push(ms);
      held++;
      return { maxUnits: ms, release: () => void held-- };
    },
    recordTalk: (ms: number) => void paid.push(ms),
  };
  Object.assign(host, { meter });
  const sumPaid = () => paid.reduce((all, ms) => all + ms, 0);
  return { host, reserved, paid, sum: sumPaid, isHolding: () => held };
}

test('each minute of a session is set aside before it begins, and the time is paid once it is over', async () => {
  using live = openLive({ answer: () => ({ says: long }) });
  const payer = makePayer(10);
  const { error } = await live.runWork(
    readAnswer(live, makeSpokenTurn('Tell me a story.'), payer.host),
    300_000,
  );
  expect(error).toBeUndefined();
  const spokenMs = long.length * 65;
  expect(payer.reserved.length).toBeGreaterThanOrEqual(Math.ceil(spokenMs / 60_000));
  await live.clock.advance(11_000);
  expect(live.talk.openSessions).toBe(0);
  expect(payer.sum()).toBeGreaterThan(spokenMs);
  expect(payer.sum()).toBeLessThan(spokenMs + 20_000);
  expect(payer.sum()).toBeLessThanOrEqual(payer.reserved.length * 60_000);
  expect(payer.isHolding()).toBe(0);
});

test('where no money is left for another minute, the session ends with the one that was paid, and says so', async () => {
  using live = openLive({ answer: () => ({ says: long }) });
  const payer = makePayer(1);
  const { error, parts } = await live.runWork(
    readAnswer(live, makeSpokenTurn('Tell me a story.'), payer.host),
    120_000,
  );
  expect(error).toMatchObject({ code: 'budget.used' });
  expect(parts.some(({ kind }) => kind === 'audio')).toBe(true);
  expect(live.server.sessions[0]?.isClosed).toBe(true);
  expect(payer.sum()).toBeLessThanOrEqual(60_000);
  expect(payer.isHolding()).toBe(0);
});

test('without money no session is begun', async () => {
  using live = openLive({ answer: () => ({ says: 'Well.' }) });
  const { error } = await askLive(live, makeSpokenTurn('Hello?'), makePayer(0).host);
  expect(error).toMatchObject({ code: 'budget.used' });
  expect(live.server.sessions).toEqual([]);
});

test('a session of a server that does not start costs nothing', async () => {
  using live = openLive({ answer: () => ({}), trouble: 'no such model' });
  const payer = makePayer(1);
  await askLive(live, makeSpokenTurn('Hello?'), payer.host);
  expect([payer.paid, payer.isHolding()]).toEqual([[], 0]);
});

test('a minute of the live model costs its price', () => {
  const { budget } = readGoodSettings({});
  const by = describeServer('gpt-live-1', 'https://api.openai.com/v1');
  expect(findRolePrice(by, 'think', budget)).toEqual({
    kind: 'priced',
    usd: { perMinute: 0.05 },
  });
});

/** The server of a recording starts its session so long after it was asked to. */
const startMs = 800;
const result = 'Done: 3 of 3 replicas healthy, no failed deploys in 24 hours.';

/** Asks, and has the server of a recording answer at its own pace. */
async function replayRecording(name: string) {
  const half = await readServerHalf(name);
  const fromMs = (half[0]?.atMs ?? 0) - startMs;
  const worker = writeScript([result]);
  using live = openLive({ worker, answer: () => ({}), trouble: 'only repeats' });
  const turn = makeSpokenTurn('Please check the deployment status.', 4_445);
  const answering = readAnswer(live, turn, makeReleasedHost());
  await live.clock.advance(20);
  const beganMs = live.clock.nowMs();
  for (const { atMs, event } of half) {
    await live.clock.advance(Math.max(0, beganMs + atMs - fromMs - live.clock.nowMs()));
    live.server.sessions[0]?.say(event);
  }
  const { error, parts, text } = await live.runWork(answering);
  const commands = live.server.sessions[0]?.commands ?? [];
  return { half, error, soundMs: measureSoundMs(parts), text, commands, worker };
}

test.each([
  ['usable-window-timeout-10000', 'Checking that now.'],
  ['usable-window-stall-45000', "Sure, I'll check that. Checking in now,"],
  ['usable-window-early-3000', 'One moment.'],
  ['usable-window-final-3000', 'Okay, checking that deployment status now.'],
] as const)(
  'of %s people hear every word, all its sound, and that it did not say the result',
  async (name, spoke) => {
    const { error, half, soundMs, text, worker } = await replayRecording(name);
    expect(text.trim()).toBe(spoke);
    const pieces = half.filter(
      ({ event }) => event.type === 'session.output_audio.delta',
    );
    // The tone that stands in for sound is never silent, so no pause is shortened.
    expect(soundMs).toBeCloseTo(pieces.length * 100, -2);
    expect(worker.asked).toHaveLength(1);
    expect(error).toMatchObject({ code: expect.stringMatching(/^provider\./) });
  },
);

test('of the recording whose result is spoken into a person people hear both sentences, once, and the work is given back by its id', async () => {
  const { commands, half, soundMs, text } = await replayRecording(
    'usable-window-interrupt',
  );
  expect(text.trim()).toBe(
    'Sure, checking that now.Done: 3 of 3 replicas healthy, no failed deploys in 24',
  );
  const pieces = half.filter(
    ({ event }) => event.type === 'session.output_audio.delta',
  );
  expect(soundMs).toBeCloseTo(pieces.length * 100, -2);
  expect(commands).toContainEqual({
    type: 'session.commentary.append',
    content: result,
    delegation_id: 'item_EX1a9nCW5wf0TbRuua3gF',
    event_id: expect.any(String),
  });
});
