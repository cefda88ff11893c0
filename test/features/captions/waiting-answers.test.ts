import { ask, maxAskMs } from '#commands/ask.ts';
import { findCommand, recapCommand } from '#commands/captions/transcript.ts';
import { showConfirmation } from '#commands/confirm.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { Command, CommandCall, OpenedReply } from '#src/features/command.ts';
import { tools } from '#src/features/features.ts';
import { formatText } from '#src/texts/texts.ts';
import { inLounge, makePorts } from '#test/commands/command-ports.ts';
import { openCaptioned, sayAll } from '#test/conversation/setup/captioned-session.ts';
import {
  adam,
  eva,
  findOffer,
  lounge,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, FakeChat, makeToolCall } from '#test/fakes/fake-chat.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { openReplies } from '#test/fakes/opened-replies.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const g = toGuildId('g');
const secret = 'tulip';
const point = { kind: 'point', text: `It is ${secret}.` };
const recapAnswer = JSON.stringify({
  points: [{ ...point, lines: [{ line: 1, words: 'tulip tulip' }] }],
});

/** Adam has said a secret, and the model takes more than half a second for each answer. */
async function openRoom(answer: ChatStep, texts = [`${secret} ${secret}`]) {
  const clock = new VirtualClock();
  const chat = new FakeChat([[{ waitMs: 600 }, answer]], clock);
  const transcriber = new FakeTranscriber({ texts });
  const fixture = await openCaptioned({ chat, tools, transcriber }, clock);
  await sayAll(fixture, adam);
  return { chat, fixture };
}

/** Eva runs a command, `happen` comes while it works, and she reads the replies. */
async function readLate(
  fixture: SessionFixture,
  command: Pick<Command, 'run'>,
  inputs: CommandCall['inputs'],
  happen: () => unknown,
) {
  const call = { ...inLounge, caller: { ...inLounge.caller, ...eva }, inputs };
  const { confirmations, featurePorts: features, sessions } = fixture;
  const ports = { ...makePorts({ at: () => lounge }), confirmations, features };
  Object.assign(ports.sessions, {
    canOpen: (...requests: Parameters<typeof sessions.canOpen>) =>
      sessions.canOpen(...requests),
  });
  const running = command.run(call, ports);
  await passTime(fixture, 300);
  await happen();
  await passTime(fixture, 1_000);
  const replies = await openReplies(await running, {
    personId: eva.id,
    placeId: lounge.channelId,
    mayOpen: (channelId) => sessions.canOpen(g, channelId, eva.id),
  });
  return replies.flatMap(listLines);
}

function listLines({ id, lines = [], with: values }: OpenedReply) {
  const others = lines.map((line) => formatText(line.id, line.with));
  return [formatText(id, values), ...others];
}

/** Roles let her open the Lounge no more, and she sits elsewhere. */
const dragEvaOut = ({ captionChats }: SessionFixture) =>
  captionChats.barred.add('eva lounge');
const forgetAdam = ({ privacy }: SessionFixture) => privacy.forget(g, adam.id);
const sayNo = ({ privacy }: SessionFixture) => privacy.deny(g, adam.id);

const about = { question: 'What is the secret?', about: 'this' };
const noSuchWords = [formatText('ask.unknown')];
const erased = [formatText('words.erased')];
const doors = [
  ['/ask about', ask, about, '[1]'],
  ['a recap', recapCommand, {}, recapAnswer],
] as const;

// Proves: Words of a channel come out only where its people read by fake
test.each(doors)(
  '%s that waits for a model is not read by a person who was dragged out meanwhile',
  async (_door, command, inputs, answer) => {
    const { fixture } = await openRoom(answer);
    const shownTexts = await readLate(fixture, command, inputs, () => undefined);
    expect(shownTexts.join()).toContain(secret);
    const late = await readLate(fixture, command, inputs, () => dragEvaOut(fixture));
    expect(late.join()).not.toContain(secret);
    expect(late).toHaveLength(1);
  },
);

test.each(
  doors.flatMap((door) =>
    [forgetAdam, sayNo].map((happen) => [...door, happen] as const),
  ),
)(
  '%s that was made of erased words is not read, and says so',
  async (_door, command, inputs, answer, happen) => {
    const { fixture } = await openRoom(answer);
    const shownTexts = await readLate(fixture, command, inputs, () => happen(fixture));
    expect(shownTexts).toEqual(erased);
  },
);

test('words of a forgotten person are found no more while the database cannot erase them', async () => {
  const { fixture } = await openRoom('[1]');
  const words = { words: secret };
  expect(
    (await readLate(fixture, findCommand, words, () => undefined)).join(),
  ).toContain(secret);
  fixture.stores.consents.trouble = 'unwritable';
  expect(await fixture.privacy.forget(g, adam.id)).toEqual({ kind: 'failed' });
  expect(await readLate(fixture, findCommand, words, () => undefined)).toEqual(
    noSuchWords,
  );
});

test('a private answer asks again as it leaves: after a move, and after an erasure', async () => {
  const { fixture } = await openRoom(`I know ${secret}.`);
  await passTime(fixture, 2_000);
  const inputs = { question: 'What did they say?', answer: 'only me' };
  const postTalk = async () => {
    fixture.sessions.findSession(g)?.loop.post({
      kind: 'exchanged',
      by: adam.id,
      name: 'Adam',
      words: secret,
      heard: secret,
    });
  };
  await postTalk();
  expect(await readLate(fixture, ask, inputs, () => undefined)).toEqual([
    `I know ${secret}.`,
  ]);
  expect(await readLate(fixture, ask, inputs, () => forgetAdam(fixture))).toEqual(
    erased,
  );
  await fixture.privacy.allow(g, adam.id);
  await postTalk();
  expect(await readLate(fixture, ask, inputs, () => dragEvaOut(fixture))).toEqual(
    noSuchWords,
  );
});

test('a call that waits for Confirm is over once words that it may hold were erased', async () => {
  const { fixture } = await openRoom(makeToolCall('post_text', { text: secret }));
  fixture.sessions.findSession(g)?.loop.post({
    kind: 'exchanged',
    by: adam.id,
    name: 'Adam',
    words: secret,
    heard: secret,
  });
  const asking = fixture.talk.askQuestion(g, 'Post that.', eva, 'voice');
  await passTime(fixture, 3_000);
  await asking;
  const offer = findOffer(fixture);
  const show = { run: showConfirmation };
  expect(
    (await readLate(fixture, show, { about: offer }, () => undefined)).join(),
  ).toContain(secret);
  await forgetAdam(fixture);
  expect(await readLate(fixture, show, { about: offer }, () => undefined)).toEqual([
    formatText('confirm.over'),
  ]);
});

test('a question is answered before its command is given up, also where the chat server answers nothing', async () => {
  const clock = new VirtualClock();
  const fixture = await openCaptioned(
    { chat: new FakeChat([['stall']], clock) },
    clock,
  );
  await sayAll(fixture);
  const request = { question: 'zebra', about: 'this' } as const;
  const fromMs = clock.nowMs();
  const answered = fixture.transcriptFor
    .askModel(toGuildId('g'), toPersonId('adam'), request)
    .then((foundOutcome) => ({
      found: foundOutcome,
      tookMs: clock.nowMs() - fromMs,
    }));
  await clock.advance(maxAskMs);
  const { found, tookMs } = await answered;
  expect(found).toMatchObject({ line: { id: 'fail.llm' } });
  expect(tookMs).toBeGreaterThan(30_000);
  expect(tookMs).toBeLessThan(maxAskMs);
});
