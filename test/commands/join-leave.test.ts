import { agreeToMove, join } from '#commands/join.ts';
import { leave } from '#commands/leave.ts';
import { stop } from '#commands/stop.ts';
import type { ChannelFacts } from '#src/people/join-rules.ts';
import type { JoinOutcome } from '#src/ports/command-ports.ts';
import type { MoveAgreement } from '#src/sessions/move-requests.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import { formatText, type TextLine } from '#src/texts/texts.ts';
import { healthyFacts } from '#test/fakes/channel-facts.ts';
import {
  adam,
  den,
  inLounge,
  makePorts,
  manager,
  type PortOverrides,
} from './command-ports.ts';
import { readReply } from './run-typed.ts';

const nowhere = { at: () => undefined };
const consents = ['consent.always', 'consent.never'];

test('/join puts the panel into the channel and tells the caller that calling meant yes', async () =>
  expect(await join.run(inLounge, makePorts(nowhere))).toEqual([
    { id: 'panel.elsewhere', to: 'room', panel: true },
    { id: 'consent.brief', lines: [{ id: 'panel.privacy' }], buttons: consents },
  ]));

test('/join where it sits already posts the panel anew', async () => {
  const joining: JoinOutcome = { kind: 'already', consent: 'brief' };
  const full: ChannelFacts = { ...healthyFacts, limit: 1 };
  const replies = await join.run(
    inLounge,
    makePorts({ join: async () => joining, findChannelFacts: () => full }),
  );
  expect(replies[0]).toEqual({ id: 'panel.elsewhere', to: 'room', panel: true });
});

test('/join says when it could not read who agreed', async () => {
  const joining: JoinOutcome = { kind: 'joined', consent: 'brief', unread: true };
  expect(
    (await join.run(inLounge, makePorts({ join: async () => joining })))[1],
  ).toEqual({
    id: 'consent.brief',
    lines: [{ id: 'panel.privacy' }, { id: 'privacy.unread' }],
    buttons: consents,
  });
});

test('/join follow:true says that it follows', async () => {
  const call = { ...inLounge, inputs: { follow: 'true' } };
  const [, reply] = await join.run(call, makePorts(nowhere));
  expect(reply?.lines).toEqual([{ id: 'tool.follow.on' }, { id: 'panel.privacy' }]);
});

/** Adam calls the bot into a channel of which this is known. */
function joinWhere(some: Partial<ChannelFacts>) {
  const facts = { ...healthyFacts, ...some };
  return join.run(inLounge, makePorts({ ...nowhere, findChannelFacts: () => facts }));
}

const untilMs = Date.UTC(2026, 10, 20, 17, 5);

test.each<[Partial<ChannelFacts>, string]>([
  [
    { mayView: false },
    'I lack View Channel in Lounge. Whoever manages the channel can give it to my role there; then run /join again.',
  ],
  [
    { mayConnect: false },
    'I lack Connect in Lounge. Whoever manages the channel can give it to my role there; then run /join again.',
  ],
  [
    { maySpeak: false },
    'I lack Speak in Lounge. Whoever manages the channel can give it to my role there; then run /join again.',
  ],
  [
    { limit: 5, members: 5 },
    'Lounge is full (5/5). A manager can raise the limit, or give my role Move Members; then run /join again.',
  ],
  [
    { callerMayEnter: false },
    "You can't enter Lounge yourself, so I don't come there for you. Pick a channel that you can enter.",
  ],
  [
    { isAfk: true },
    'Lounge is the AFK channel; nobody can talk there. Go to another voice channel and run /join.',
  ],
  [
    { timedOutUntilMs: untilMs },
    "I'm timed out until 2026-11-20 17:05 UTC. Run /join after that, or once a moderator has ended the timeout.",
  ],
])('/join with %j tells the caller alone: %s', async (facts, sentence) =>
  expect(readReply(await joinWhere(facts))).toEqual(['caller', sentence]),
);

test.each<Partial<ChannelFacts>>([
  { kind: 'stage', maySpeak: false },
  { kind: 'stage', isCertain: false, mayView: false },
  { isCertain: false, mayView: false },
])('/join tries a stage, and where rights are unknown: %j', async (some) => {
  const [first] = await joinWhere(some);
  expect(first).toMatchObject({ to: 'room', panel: true });
});

test.each<PortOverrides>([
  {},
  { help: { talk: { addressing: 'name', bot: 'Captain' } } },
  { help: { talk: { isPaused: true } } },
])(
  '/join in %j leaves it to the panel to name the channel and its people',
  async (overrides) => {
    const [first] = await join.run(inLounge, makePorts(overrides));
    expect(first).toEqual({ id: 'panel.elsewhere', to: 'room', panel: true });
  },
);

test('/join into a channel that is gone asks for another', async () => {
  const gone = makePorts({ findChannelFacts: () => undefined });
  expect(await join.run(inLounge, gone)).toEqual([{ id: 'join.none' }]);
});

test.each<[JoinOutcome, string]>([
  [{ kind: 'busy', other: den }, "I'm in Den. Join that channel first."],
  [
    { kind: 'timeout', nextTryMs: 5000 },
    "Discord doesn't connect me. If I'm not there in 5 s, run /join again.",
  ],
  [
    { kind: 'resting', nextTryMs: 60_000 },
    "Discord doesn't connect me. If I'm not there in 60 s, run /join again.",
  ],
  [
    { kind: 'barred', restMs: 480_000 },
    "Discord doesn't connect me. If I'm not there in 480 s, run /join again.",
  ],
  [
    { kind: 'lost', nextTryMs: 1000 },
    "Discord doesn't connect me. If I'm not there in 1 s, run /join again.",
  ],
  [
    { kind: 'refused' },
    "Discord didn't connect me to the voice channel, and I have stopped trying. Wait a minute, then run /join. If that fails too, tell my operator.",
  ],
  [
    { kind: 'no-voice' },
    "Voice doesn't work on the machine I run on. I told the operator; run /join again when it is fixed.",
  ],
  [{ kind: 'sent-away' }, "I'm not in Lounge any more. Run /join to call me back."],
  [{ kind: 'failed', code: 'bug' }, "That didn't work (bug). Try again."],
])('/join that ends with %j says: %s', async (joining, sentence) => {
  const { clock, ...given } = makePorts({ join: async () => joining });
  const replying = join.run(inLounge, { ...given, clock });
  await clock.advance(9_000);
  expect(readReply(await replying)).toEqual(['caller', sentence]);
});

test('/join where the bot may not write in the chat tells the caller what is missing there, and which right', async () => {
  const joining: JoinOutcome = { kind: 'joined', consent: 'brief' };
  const listReplies = async (mayWrite: boolean) =>
    await join.run(
      inLounge,
      makePorts({
        join: async () => joining,
        findChannelFacts: () => ({ ...healthyFacts, mayWrite }),
      }),
    );
  const [, remark] = await listReplies(false);
  const line = { id: 'join.unwritable', with: { channel: 'Lounge' } } as const;
  expect(remark?.to).toBeUndefined();
  expect(remark?.lines).toContainEqual(line);
  expect(formatText(line.id, line.with)).toContain('Send Messages');
  const [, usual] = await listReplies(true);
  expect(usual?.lines).not.toContainEqual(line);
});

test('/join from another channel says that the people there were asked', async () => {
  const joining: JoinOutcome = { kind: 'busy', other: den, isAsked: true };
  const [reply] = await join.run(inLounge, makePorts({ join: async () => joining }));
  expect(reply).toEqual({
    id: 'perm.room',
    with: { channel: 'Den' },
    lines: [{ id: 'move.asked', with: { n: 10 } }],
  });
});

test('a person who presses Move reads for whom the bot waits, that it has moved, or that nobody calls it', async () => {
  const agreements: readonly [MoveAgreement, TextLine][] = [
    [{ kind: 'over' }, { id: 'confirm.over' }],
    [
      { kind: 'waiting', names: ['Ben', 'Eva'] },
      { id: 'move.waiting', with: { names: 'Ben, Eva' } },
    ],
    [
      { kind: 'moved', to: den },
      { id: 'moved', with: { channel: 'Den' } },
    ],
  ];
  for (const [agreement, line] of agreements) {
    const call = { ...inLounge, inputs: { about: 'den' } };
    const moveRequests = { agree: async () => agreement };
    expect(await agreeToMove(call, makePorts({ moveRequests }))).toEqual([line]);
  }
});

test('/join whose first try fails says that it sits there, once a later one within eight seconds has succeeded', async () => {
  let session: VoiceSession | undefined;
  const joined: JoinOutcome = { kind: 'joined', consent: 'brief' };
  const { clock, ...given } = makePorts({
    join: async () => ({ kind: 'timeout', nextTryMs: 1_000 }),
    findSession: () => session,
  });
  const replying = join.run(inLounge, { ...given, clock });
  await clock.advance(3_900);
  session = { getJoinOutcome: () => joined } as unknown as VoiceSession;
  await clock.advance(100);
  expect((await replying)[0]).toMatchObject({ to: 'room', panel: true });
});

test('/leave belongs to the people in the channel and to those who manage the server', async () => {
  expect(await leave.run(adam, makePorts())).toEqual([
    { id: 'perm.room', with: { channel: 'Lounge' } },
  ]);
  for (const call of [manager, inLounge])
    expect((await leave.run(call, makePorts()))[0].id).toBe('leave.ok');
});

test('/stop stops speech unless told otherwise, and says so in private', async () => {
  const questions: string[] = [];
  const stopping = makePorts({
    stopSpeaking: () => {
      questions.push('speech');
      return { kind: 'stopped', paused: [] };
    },
    changeTracks: (_guildId, _caller, { kind: action }, track) => {
      questions.push(`${action} ${track}`);
      return [{ kind: 'changed', change: 'stop', track: 'main' }];
    },
  });
  for (const what of [undefined, 'everything', 'sounds']) {
    const inputs: Record<string, string> = what ? { what } : {};
    expect(await stop.run({ ...inLounge, inputs }, stopping)).toEqual([
      { id: 'stop.ok' },
    ]);
  }
  expect(questions).toEqual(['speech', 'speech', 'stop all', 'stop all']);
});

test('/stop says when nothing is playing, and is for those in the channel', async () => {
  expect(
    await stop.run(
      inLounge,
      makePorts({ stopSpeaking: () => ({ kind: 'nothing', paused: [] }) }),
    ),
  ).toEqual([{ id: 'stop.silent' }]);
  expect((await stop.run(adam, makePorts()))[0].id).toBe('perm.room');
});
