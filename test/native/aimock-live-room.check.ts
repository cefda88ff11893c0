import type { ShownMessage } from '#sandbox/interactions/interactions.ts';
import type { SandboxPerson } from '#sandbox/people/sandbox-person.ts';
import { realClock } from '#src/base/clock.ts';
import type { LiveReply } from '#test/fakes/providers/live-model.ts';
import { openLiveServer } from '#test/fakes/providers/live-sockets.ts';
import { buttonsOf, customId, firstAnswer } from '#test/scenarios/setup/asking.ts';
import { runBot } from '#test/scenarios/setup/bot-setup.ts';
import { createSayings } from '#test/scenarios/setup/captioning.ts';
import {
  callBot,
  expireSoon,
  hearAnswer,
  passSharedTime,
  retryUntilHeld,
  startOfSpeech,
} from '#test/scenarios/setup/scenario-setup.ts';
import { startAimock } from './start-aimock.ts';

const four = 'It is four in the afternoon, and the sun goes down.';
const story = 'Once upon a time there was a king who lived by the sea. '.repeat(6);
const said = createSayings([
  'Nova what time is it',
  'Nova tell me a story',
  'Nova go on',
  'Nova that is all for now',
  'shall we go at four',
]);
/** Longest time from a stop to the last sound that people hear: what the issue of live models promises. */
const stopMs = 300;

/** After an answer its asker need not say the name for a while, which is over by then. */
const answersWithoutNameMs = 10_000;

const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync());
let replies: readonly LiveReply[] = [];
/** Stands where OpenAI would: aimock judges both of us, and passes on what is right. */
const vendor = stack.use(await openLiveServer({ answer: (n) => replies[n] ?? {} }));
const aimock = stack.use(await startAimock(new URL(vendor.baseUrl).origin));
const room = stack.use(
  await runBot({
    providers: {
      ...said.providers,
      replies: [
        { match: 'that is all', call: { name: 'leave', argumentsJson: '{}' } },
        { match: /./, text: 'Shall I go? Press the button.' },
      ],
    },
    environment: {
      PIPELINE: 'live',
      LIVE_BASE_URL: aimock.baseUrl,
      LIVE_SILENCE_SECONDS: '5',
    },
  }),
);
const adam = await seatPerson('Adam');

async function seatPerson(name: string): Promise<SandboxPerson> {
  const person = room.sandbox.person(name);
  await person.join('Lounge', expireSoon());
  return person;
}

/** Adam says one of the sayings. */
async function saySound(text: Parameters<typeof said.getSound>[0]) {
  return await adam.say(said.getSound(text), expireSoon());
}

/** When Adam heard the bot last. */
function findLastSoundMs() {
  return adam.heard.frames.findLast(({ loud }) => loud)?.atMs ?? 0;
}

/** Commands of the newest session, which aimock has let through. */
function listCommands() {
  return vendor.sessions.at(-1)?.commands ?? [];
}

/** No session was ended by a refusal of aimock: each closes in order, once nothing is said. */
async function expectWholeSessions(sessions: number) {
  await retryUntilHeld(() => {
    expect(vendor.sessions).toHaveLength(sessions);
    const lastTypes = vendor.sessions.map(({ commands }) => commands.at(-1)?.type);
    expect(lastTypes).toEqual(lastTypes.map(() => 'session.close'));
  });
  const failures = room.bot.log.filter(({ msg }) => msg === 'a fallback is in use');
  expect(failures).toEqual([]);
}

// Proves: aimock by real (1.43.0: talking live in a room)
test('npm start with a live model answers a spoken question aloud', async () => {
  replies = [{ says: four }];
  await callBot({ ...room, uttered: [] }, adam);
  const { lastVoicedAtMs } = await saySound('Nova what time is it');
  const { firstAudibleAtMs, pcm } = await hearAnswer(adam, lastVoicedAtMs);
  expect(firstAudibleAtMs).toBeGreaterThan(lastVoicedAtMs);
  expect(pcm.samples.length / 48).toBeGreaterThan(four.length * 50);
  await expectWholeSessions(1);
});

test('a stop silences its answer within 300 ms, and the model is told what was heard of it', async () => {
  replies = [{ says: story }];
  const { lastVoicedAtMs } = await saySound('Nova tell me a story');
  await retryUntilHeld(() => expect(startOfSpeech(adam, lastVoicedAtMs)).toBeDefined());
  await passSharedTime(4_000);
  const stoppedAtMs = realClock.nowMs();
  await adam.command('stop').waitForAnswer(expireSoon());
  await passSharedTime(3_000);
  expect(findLastSoundMs() - stoppedAtMs).toBeLessThan(stopMs);
  replies = [{ says: four }];
  const again = await saySound('Nova go on');
  await hearAnswer(adam, again.lastVoicedAtMs);
  const told = JSON.stringify(listCommands()[0]);
  expect(told).toContain('Once upon a time');
  expect(told).not.toContain(story.slice(0, 200));
  await expectWholeSessions(3);
});

test('in a room of three it hears and says nothing until it is named', async () => {
  await seatPerson('Ben');
  await seatPerson('Cleo');
  await adam.settled(expireSoon());
  await expectWholeSessions(3);
  await passSharedTime(answersWithoutNameMs);
  replies = [{ says: four }];
  const { lastVoicedAtMs } = await saySound('shall we go at four');
  await passSharedTime(6_000);
  expect(vendor.sessions).toHaveLength(3);
  expect(findLastSoundMs()).toBeLessThan(lastVoicedAtMs);
  const named = await saySound('Nova what time is it');
  await hearAnswer(adam, named.lastVoicedAtMs);
  await expectWholeSessions(4);
});

/** Adam presses the first button of a message, and reads what comes back. */
async function pressFirst(message: ShownMessage) {
  const [[button = ''] = []] = buttonsOf(message);
  return await firstAnswer(adam.press(message, customId(button)));
}

test('its work with an effect waits for Confirm, and is done by the press of the asker', async () => {
  replies = [{ delegates: true, says: 'One moment.' }];
  await saySound('Nova that is all for now');
  const findOffer = () =>
    room.sandbox
      .messages('Lounge')
      .findLast((message) =>
        buttonsOf(message).some(([button]) => button.startsWith('tool.show')),
      );
  await retryUntilHeld(() => expect(findOffer()).toBeDefined());
  await passSharedTime(2_000);
  expect(room.sandbox.bot().channel).toBe('Lounge');
  const offer = findOffer() ?? expect.fail();
  await pressFirst(await pressFirst(offer));
  await retryUntilHeld(() => expect(room.sandbox.bot().channel).toBeUndefined());
  expect(listCommands()).toContainEqual(
    expect.objectContaining({ type: 'session.commentary.append' }),
  );
  await expectWholeSessions(5);
});
