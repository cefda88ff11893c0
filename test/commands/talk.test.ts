import { ask } from '#commands/ask.ts';
import { say } from '#commands/say.ts';
import { play as playing } from '#commands/track/play.ts';
import type { PlayWaitOutcome } from '#src/base/play-end.ts';
import type { TypedRequests } from '#src/features/typed/typed-requests.ts';
import { toOpenText } from '#src/people/owned.ts';
import type { AskOutcome } from '#src/ports/command-ports.ts';
import { openReplies } from '#test/fakes/opened-replies.ts';
import { VirtualClock, waitUntilSettled } from '#test/fakes/virtual-clock.ts';
import { adam, endedSession, inLounge, makePorts } from './command-ports.ts';
import { readReply } from './run-typed.ts';

const nowhere = { at: () => undefined };
const makeCall = (inputs: Record<string, string>) => ({ ...inLounge, inputs });

test.each<[Awaited<ReturnType<TypedRequests['sayText']>>, string]>([
  [{ kind: 'queued', position: 0, ended: endedSession }, 'Saying it now.'],
  [{ kind: 'queued', position: 2, ended: endedSession }, 'Queued, 2 ahead.'],
  [
    {
      kind: 'placed',
      playing: {
        kind: 'playing',
        title: '“…”',
        track: 'bg',
        place: 0,
        ended: endedSession,
      },
    },
    'Playing “…” on bg.',
  ],
  [
    { kind: 'placed', playing: { kind: 'reserved', track: 'cues' } },
    'cues is mine. Choose another track, say main.',
  ],
  [
    { kind: 'full', limit: 8 },
    'The limit of 8 is reached. Try again later, or make room: /track queue track:voice.',
  ],
  [
    { kind: 'refused', line: { id: 'say.empty' } },
    'That contains nothing I can say (words) or answer (words, sound, pictures).',
  ],
  [{ kind: 'nowhere' }, "I'm in no voice channel here. Call me with /join."],
])('/say that ends with %j tells the caller alone: %s', async (outcome, sentence) => {
  const ports = makePorts({ sayText: async () => outcome });
  const replies = await say.run(makeCall({ text: 'Hello' }), ports);
  expect(readReply(replies)).toEqual(['caller', sentence]);
});

test.each<[PlayWaitOutcome, string]>([
  ['completed', 'Hello: heard to its end.'],
  ['skipped', 'Hello: skipped.'],
  ['stopped', 'Hello: stopped.'],
  ['withdrawn', 'Hello: taken back.'],
  ['interrupted', 'Hello: stopped, as somebody spoke.'],
  ['muted', 'Hello: stopped, as a moderator muted me.'],
  ['left', 'Hello: over, as I left the channel.'],
  ['lost', 'Hello: over, as the connection broke.'],
  ['failed', 'Hello: it could not be played.'],
  ['looping', 'Hello: it repeats, so there is no end to wait for.'],
])('/say wait:true replies once it is %s, and says so', async (end, sentence) => {
  const { promise, resolve } = Promise.withResolvers<PlayWaitOutcome>();
  const requests: unknown[] = [];
  const placed = {
    kind: 'added',
    title: '“…”',
    track: 'bg',
    place: 1,
    ended: promise,
  } as const;
  const listening = makePorts({
    sayText: async (...[, , , how]) => {
      requests.push(how);
      return { kind: 'placed', playing: placed };
    },
  });
  const replied = say.run(makeCall({ text: 'Hello', wait: 'true' }), listening);
  expect(await Promise.race([replied, waitUntilSettled()])).toBeUndefined();
  resolve(end);
  expect(readReply(await replied)).toEqual(['caller', sentence]);
  expect(requests).toMatchObject([{ wait: true, channelId: 'lounge' }]);
});

test('a command that is not over after 14 minutes says so, within the time that Discord gives', async () => {
  const clock = new VirtualClock();
  const never = new Promise<never>(() => undefined);
  const queued = { kind: 'queued', position: 3, ended: never } as const;
  const waiting = { ...makePorts({ sayText: async () => queued }), clock };
  const replied = say.run(makeCall({ text: 'Hello', wait: 'true' }), waiting);
  await clock.advance(839_999);
  expect(await Promise.race([replied, waitUntilSettled()])).toBeUndefined();
  await clock.advance(1);
  const late = 'Hello: not over after 14 minutes. I no longer wait for it.';
  expect([readReply(await replied), clock.sleeping]).toEqual([['caller', late], 0]);
  for (const { longestMs } of [say, playing]) {
    expect(longestMs).toBeGreaterThan(840_000 + 12_000); // a link is looked at for so long
    expect(longestMs).toBeLessThan(900_000);
  }
});

test('/say wait:true that is refused is told at once', async () => {
  const refused = { kind: 'refused', line: { id: 'say.empty' } } as const;
  const ports = makePorts({ sayText: async () => refused });
  const replies = await say.run(makeCall({ text: '🎉', wait: 'true' }), ports);
  expect(replies).toEqual([{ id: 'say.empty' }]);
});

test('/say refuses a voice that there is not, as /voice preview does, and says nothing', async () => {
  const messages: unknown[] = [];
  const listening = makePorts({
    sayText: async (...args) => {
      messages.push(args);
      return { kind: 'queued', position: 0, ended: endedSession };
    },
  });
  const replies = await say.run(makeCall({ text: 'Hello', voice: 'rmz' }), listening);
  const unknown = 'There is no "rmz". There are: rms, slt, kal.';
  expect(readReply(replies)).toEqual(['caller', unknown]);
  await say.run(makeCall({ text: 'Hello', voice: 'SLT' }), listening);
  expect(messages).toMatchObject([['g', 'Hello', 'queue', { voice: 'slt' }]]);
});

test('/say is for those in the channel', async () => {
  expect((await say.run(adam, makePorts()))[0]).toEqual({
    id: 'perm.room',
    with: expect.anything(),
  });
  const [reply] = await say.run(inLounge, makePorts(nowhere));
  expect(reply).toMatchObject({ id: 'leave.nowhere', buttons: ['try.join'] });
});

const question = { question: 'What time is it?' };

/** Replies to a question that ends so. */
const askWithOutcome = async (outcome: AskOutcome) =>
  await openReplies(
    await ask.run(makeCall(question), makePorts({ askQuestion: async () => outcome })),
  );

test('/ask for the caller only is seen by nobody else, the thinking included', async () => {
  const call = makeCall({ ...question, answer: 'only me' });
  const { shownTo } = ask;
  expect(typeof shownTo === 'function' ? shownTo(call) : shownTo).toBe('caller');
  expect(await openReplies(await ask.run(call, makePorts()))).toEqual([
    { id: 'ask.answer', with: { answer: 'It is five.' }, to: 'caller' },
  ]);
});

test('/ask aloud is for those in the channel, in writing for everybody', async () => {
  const outside = { ...adam, inputs: question };
  expect((await ask.run(outside, makePorts()))[0].id).toBe('perm.room');
  const written = { ...adam, inputs: { ...question, answer: 'text' } };
  const [reply] = await openReplies(await ask.run(written, makePorts()));
  expect(reply).toMatchObject({ id: 'ask.answer', to: 'room' });
});

test('/ask shows the button of what waits for Confirm below the answer', async () => {
  const words = { tool: 'Looks', by: 'Adam', name: 'Adam', s: 60 };
  const line = { id: 'tool.ask', with: words } as const;
  const confirmation = { line, button: 'tool.show:1' };
  const text = toOpenText('Press it.');
  const [shown] = await askWithOutcome({ kind: 'answered', text, confirmation });
  expect(shown).toMatchObject({
    id: 'ask.answer',
    lines: [line],
    buttons: ['tool.show:1'],
  });
});

test('/ask without a word is no question', async () =>
  expect(await ask.run(makeCall({ question: ' ?! ' }), makePorts())).toEqual([
    { id: 'say.empty' },
  ]));

test.each<[AskOutcome, string]>([
  [
    { kind: 'failed', line: { id: 'fail.llm' } },
    "I can't think right now: my chat model gives no answer that I can use.",
  ],
  [{ kind: 'failed', line: { id: 'stop.ok' } }, 'Stopped.'],
  [{ kind: 'nowhere' }, "I'm in no voice channel here. Call me with /join."],
])('/ask that ends with %j tells the caller alone: %s', async (asking, sentence) =>
  expect(readReply(await askWithOutcome(asking))).toEqual(['caller', sentence]),
);
