import { ask, askAbout } from '#commands/ask.ts';
import { openAskWindow as askWindow } from '#commands/panel-buttons.ts';
import { readAloud } from '#commands/read-aloud.ts';
import { say } from '#commands/say.ts';
import { play as playing } from '#commands/track/play.ts';
import { toMessageId, toPersonId } from '#src/base/ids.ts';
import type { PlayWaitOutcome } from '#src/base/play-end.ts';
import type { Public } from '#src/base/public.ts';
import type { CommandCall } from '#src/features/command.ts';
import type {
  AnnouncementOutcome,
  ChatReadAloud,
} from '#src/features/typed/chat-read-aloud.ts';
import type { TypedRequests } from '#src/features/typed/typed-requests.ts';
import { Owned, toOpenText } from '#src/people/owned.ts';
import { type PickedMessage, sealContent } from '#src/ports/authored-content.ts';
import type { AskOutcome, ConfirmOutcome } from '#src/ports/command-ports.ts';
import type { TalkState } from '#src/ports/talk-guide.ts';
import { formatText } from '#src/texts/texts.ts';
import { openReplies } from '#test/fakes/opened-replies.ts';
import { VirtualClock, waitUntilSettled } from '#test/fakes/virtual-clock.ts';
import { adam, callAs, endedSession, inLounge, makePorts } from './command-ports.ts';
import { readReply, runPressed } from './run-typed.ts';

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

const sound = {
  url: 'https://cdn.test/a.ogg',
  name: 'voice-message.ogg',
  durationMs: 2000,
};
/** Message of Ben. */
const message: PickedMessage = {
  messageId: toMessageId('m'),
  author: 'Ben',
  authorId: toPersonId('ben'),
  isBot: false,
  ...sealContent({ text: 'Dinner at eight?' }),
};

const german = callAs({ locale: 'de' });

/** Request to the bot, and its answer. */
function makeAsking() {
  const requests: Parameters<Public<TypedRequests>['askQuestion']>[] = [];
  const picked: Parameters<Public<TypedRequests>['askAboutMessage']>[] = [];
  const hears = makePorts({
    at: () => undefined,
    askAboutMessage: async (...all) => {
      picked.push(all);
      return { kind: 'answered', text: toOpenText('Five.') };
    },
    askQuestion: async (...all) => {
      requests.push(all);
      return { kind: 'answered', text: toOpenText('Five.') };
    },
  });
  return { asked: requests, hears, picked };
}

test('a recording may be asked about by its link', async () => {
  const { asked, hears } = makeAsking();
  const link = ' https://cdn.test/talk.mp3?key=secret ';
  const inputs = { link, question: 'What is said?' };
  await ask.run({ ...adam, inputs }, hears);
  const about = { link: link.trim() };
  expect(asked).toEqual([['g', 'What is said?', adam.caller, 'text', about]]);
  await ask.run({ ...adam, sound, inputs }, hears);
  expect(asked[1]?.[4]).toEqual({ ...about, recording: sound });
});

test('Ask about this answers whoever picked it, about what somebody else wrote', async () => {
  const { hears, picked } = makeAsking();
  const replies = await askAbout.run({ ...german, message }, hears);
  expect(await openReplies(replies)).toEqual([
    { id: 'ask.answer', with: { answer: 'Five.' }, to: 'caller' },
  ]);
  const question = 'Sag mir in ein paar Sätzen etwas dazu.';
  expect(picked).toEqual([['g', question, german.caller, message]]);
  expect(askAbout.shownTo).toBeUndefined();
});

test('a picture is asked about with a question of the asker’s language where none is typed', async () => {
  const { asked, hears } = makeAsking();
  const file = { url: 'https://cdn.test/a.png', name: 'a.png' };
  const [question, pictures] = ['Sag mir in ein paar Sätzen etwas dazu.', [file]];
  await ask.run({ ...german, file, inputs: {} }, hears);
  await ask.run({ ...german, file, sound, inputs: { question: 'Why?' } }, hears);
  expect(asked).toEqual([
    ['g', question, german.caller, 'text', { pictures }],
    ['g', 'Why?', german.caller, 'text', { pictures, recording: sound }],
  ]);
  const inputs = { question: 'Why?', about: 'this' };
  const [reply] = await ask.run({ ...german, file, inputs }, hears);
  expect(reply).toMatchObject({ id: 'fail.picture' });
});

test('a press without a message asks nothing', async () => {
  const { hears, picked } = makeAsking();
  expect([await askAbout.run(adam, hears), picked]).toEqual([
    [{ id: 'say.empty' }],
    [],
  ]);
});

const makePerson = (standing: 'unasked' | 'no') => ({
  people: [{ id: toPersonId('adam'), name: 'Adam', standing }],
});

test.each<[string, Partial<TalkState>, string, readonly string[]]>([
  [
    'has not agreed',
    makePerson('unasked'),
    'join.ok.ask',
    ['consent.always', 'consent.never'],
  ],
  ['said no', makePerson('no'), 'join.ok.ask', ['consent.always', 'consent.never']],
  ['is paused', { isPaused: true }, 'privacy.paused', ['pause:resume']],
  ['gets captions only', { mode: 'captions', isCaptioned: true }, 'captions.only', []],
  ['is answered commands only', { addressing: 'off' }, 'settings.addressing.off', []],
])('Ask opens no window for one who %s, and says why', async (_, talk, id, buttons) => {
  const opened: string[] = [];
  const openAskWindow = (_guildId: string, personId: string) =>
    void opened.push(personId);
  const [reply] = await askWindow(
    inLounge,
    makePorts({ openAskWindow, help: { talk } }),
  );
  expect([reply.id, reply.buttons, opened]).toEqual([id, buttons, []]);
  const [asked] = await askWindow(inLounge, makePorts({ openAskWindow }));
  expect([asked.id, opened]).toEqual(['panel.asked', ['adam']]);
});

test('Ask is for those in the channel', async () => {
  expect((await askWindow(adam, makePorts()))[0]).toEqual({
    id: 'perm.room',
    with: expect.anything(),
  });
  for (const overrides of [{ at: () => undefined }, { help: { talk: undefined } }]) {
    expect((await askWindow(inLounge, makePorts(overrides)))[0].id).toBe(
      'leave.nowhere',
    );
  }
});

async function pickMessage(
  call: CommandCall,
  outcome: AnnouncementOutcome = { kind: 'queued', position: 0, ended: endedSession },
) {
  const requests: Parameters<ChatReadAloud['read']>[] = [];
  const readMessage: ChatReadAloud['read'] = async (...all) => {
    requests.push(all);
    return outcome;
  };
  const [reply] = await readAloud.run(
    call,
    makePorts({ lines: { read: readMessage } }),
  );
  expect(reply.to).not.toBe('room');
  return { asked: requests, said: formatText(reply.id, reply.with) };
}

test.each<[AnnouncementOutcome, string]>([
  [{ kind: 'queued', position: 2, ended: endedSession }, 'Queued, 2 ahead.'],
  [
    { kind: 'full', limit: 3 },
    'The limit of 3 is reached. Try again later, or make room: /track queue track:voice.',
  ],
  [
    { kind: 'refused', line: { id: 'read.refused' } },
    'Its author said no to me, so I leave their messages alone. Only they can change that, by Hear me or /privacy allow.',
  ],
  [
    { kind: 'refused', line: { id: 'say.empty' } },
    'That contains nothing I can say (words) or answer (words, sound, pictures).',
  ],
  [
    { kind: 'refused', line: { id: 'muted.server' } },
    "I can't speak now: I am muted, or my role lacks Speak. A moderator can change that, or invite me to speak on a stage. Until then I answer in writing.",
  ],
  [{ kind: 'nowhere' }, "I'm in no voice channel here. Call me with /join."],
])('%j is answered in a sentence', async (outcome, sentence) =>
  expect((await pickMessage({ ...inLounge, message }, outcome)).said).toBe(sentence),
);

test('nothing is read for people who sit elsewhere', async () => {
  const outside = await pickMessage({ ...adam, message });
  expect([outside.asked, outside.said]).toEqual([
    [],
    "I'm in Lounge. Join that channel first.",
  ]);
});

const line = { id: 'track.line.idle', with: { track: 'voice', n: 40 } } as const;

test.each<[ConfirmOutcome, object]>([
  [
    { kind: 'completed', line },
    { ...line, to: 'room' },
  ],
  [{ kind: 'completed' }, { id: 'confirm.done', to: 'room' }],
  [{ kind: 'barred', line: { id: 'perm.manage' } }, { id: 'perm.manage' }],
  [
    { kind: 'other', name: 'Ben' },
    { id: 'confirm.other', with: { name: 'Ben' } },
  ],
  [{ kind: 'over' }, { id: 'confirm.over' }],
  [{ kind: 'failed' }, { id: 'store.unread' }],
])('a press on Confirm that ends as %j is answered', async (confirming, reply) => {
  const requests: unknown[] = [];
  const confirmCall = async (...all: unknown[]) => {
    requests.push(all);
    return confirming;
  };
  const call = { ...inLounge, inputs: { about: 'tool:a1' } };
  expect(await runPressed('confirm', call, { confirmCall })).toEqual([reply]);
  expect(requests).toEqual([['g', 'a1', 'adam']]);
});

test('a press on Show gives a private answer to its asker', async () => {
  const text = new Owned('Five.', { onlyFor: toPersonId('adam') });
  const showConfirmation = () => ({ kind: 'answered', text }) as const;
  const reply = { id: 'ask.answer', with: { answer: 'Five.' }, to: 'caller' };
  expect(await runPressed('tool.show', inLounge, { showConfirmation })).toEqual([
    reply,
  ]);
});

test('a press on No puts a sentence in the place of an offer, and nobody else can press it', async () => {
  const pressAgain = (kind: 'declined' | 'other' | 'over') =>
    runPressed('tool.decline', inLounge, {
      declineCall: () => ({ kind, name: 'Ben' }),
    });
  expect(await pressAgain('declined')).toEqual([
    { id: 'memory.declined', to: 'room', inPlace: true, buttons: [] },
  ]);
  expect(await pressAgain('other')).toEqual([
    { id: 'confirm.other', with: { name: 'Ben' } },
  ]);
  expect(await pressAgain('over')).toEqual([{ id: 'confirm.over' }]);
});
