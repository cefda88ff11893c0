import { audit } from '#commands/privacy/audit.ts';
import { toGuildId } from '#src/base/ids.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import { formatText } from '#src/texts/texts.ts';
import { inLounge, makePorts, manager } from '#test/commands/command-ports.ts';
import { openRoom } from '#test/conversation/setup/open-room.ts';
import {
  adam,
  eva,
  makePerson,
  passTime,
  type SessionFixture,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { openReplies } from '#test/fakes/opened-replies.ts';

/** 3.6 s and 1.6 s, with their silence. */
const [longSpeech, shortSpeech] = ['human-cards-005', 'human-cards-004'] as const;
const nobodySpoke = 'In the last minute nobody whom I may hear spoke in Lounge.';
const heading = 'Spoken in the last minute in Lounge, of the people whom I may hear:';

/** Adam speaks for long, and Eva shortly, at once. */
async function openTalk() {
  const room = await openRoom();
  const fromMs = room.clock.nowMs();
  const spoken = await Promise.all([
    sayWords(longSpeech, adam, fromMs),
    sayWords(shortSpeech, eva, fromMs),
  ]);
  await passTime(room, 6_000, spoken.flat());
  return room;
}

/** Lines that a manager reads who asks who spoke. */
async function askWhoSpoke(
  { sessions }: Pick<SessionFixture, 'sessions'>,
  over: Parameters<typeof makePorts>[0] = {},
  call = manager,
) {
  const findSession = (): VoiceSession | undefined =>
    sessions.findSession(toGuildId('g'));
  const asked = { ...inLounge, ...call, inputs: { speaking: 'true' } };
  const replies = await audit.run(asked, makePorts({ findSession, ...over }));
  const [{ lines = [], to = 'caller', ...first }] = await openReplies(replies);
  expect(to).toBe('caller');
  return [first, ...lines].map(({ id, with: fields }) => formatText(id, fields));
}

test('a manager reads who spoke in the last minute, and for how many seconds, and nothing after it', async () => {
  const room = await openTalk();
  const [first, ...people] = await askWhoSpoke(room);
  expect(first).toBe(heading);
  expect(people).toEqual([
    expect.stringMatching(/^Adam: [234] s$/),
    expect.stringMatching(/^Eva: [12] s$/),
  ]);
  await passTime(room, 50_000);
  expect(await askWhoSpoke(room)).toHaveLength(3);
  await passTime(room, 12_000);
  expect(await askWhoSpoke(room)).toEqual([nobodySpoke]);
});

test('of a person who speaks on, only the last minute counts', async () => {
  const room = await openTalk();
  await passTime(room, 34_000);
  await passTime(room, 25_000, await sayWords(shortSpeech, adam, room.clock.nowMs()));
  expect(await askWhoSpoke(room)).toEqual([
    heading,
    expect.stringMatching(/^Adam: [12] s$/),
  ]);
});

test('who says no stands no longer among those who spoke, and who was never heard does not stand there', async () => {
  const room = await openTalk();
  const ben = makePerson('Ben');
  await passTime(room, 2_000, await sayWords(longSpeech, ben, room.clock.nowMs()));
  await room.privacy.deny(toGuildId('g'), adam.id);
  expect(await askWhoSpoke(room)).toEqual([
    heading,
    expect.stringMatching(/^Eva: [12] s$/),
  ]);
});

test('who spoke is told to managers alone, and only if they may open the channel', async () => {
  const room = await openTalk();
  expect(await askWhoSpoke(room, {}, inLounge)).toEqual([formatText('perm.manage')]);
  const barred = await askWhoSpoke(room, { canOpen: async () => false });
  expect(barred).toEqual([formatText('perm.room', { channel: 'Lounge' })]);
  const nowhere = await askWhoSpoke(room, { findSession: () => undefined });
  expect(nowhere).toEqual([formatText('leave.nowhere')]);
});
