import { getVoiceConnection } from '@discordjs/voice';
import { voiceOpcodes } from '#sandbox/voice/voice-opcodes.ts';
import { realClock } from '#src/base/clock.ts';
import { findDaveSession } from '#src/discord/link/voice-library.ts';
import type { VoiceLink } from '#src/ports/voice-link.ts';
import {
  makeToneFrames,
  openFileLogin,
  openLinkSetup,
  waitUntil,
} from '#test/discord/setup/sandbox-login.ts';
import { openPeoplesSession } from '#test/native/discord/libdave.ts';
import { shareOwnTime } from '#test/scenarios/setup/shared-time.ts';

const never = new AbortController().signal;
/** Frames that are on their way, or that a change of keys may cost. */
const framesOfChange = 25;

// People speak for most of the time.
let time: Disposable;
beforeAll(() => {
  time = shareOwnTime();
});
afterAll(() => time[Symbol.dispose]());

const login = openFileLogin(1, undefined, openPeoplesSession);
/** Voice of each person that could be opened, and the end of the link. */
function listenToLink(link: VoiceLink) {
  const log = { voices: new Map<string, number>(), error: undefined as unknown };
  void (async () => {
    try {
      for await (const { speakerId, opus } of link.receivePackets(never))
        if (opus.length > 3)
          log.voices.set(speakerId, (log.voices.get(speakerId) ?? 0) + 1);
    } catch (error) {
      log.error = error;
    }
  })();
  return log;
}

/** The library's session under the open link, and how often it was thrown away since. */
function watchSession() {
  const { lobby, client } = login();
  const connection = getVoiceConnection(lobby.guildId, client.application.id);
  const dave = connection && findDaveSession(connection);
  if (!dave) throw new Error('no end-to-end session');
  const log = { failures: 0, resets: 0 };
  const countReset = () => log.resets++;
  const noteLine = (line: string) => {
    if (line.startsWith('Failed to decrypt')) log.failures++;
  };
  dave.on('invalidateTransition', countReset).on('debug', noteLine);
  onTestFinished(
    () => void dave.off('invalidateTransition', countReset).off('debug', noteLine),
  );
  return log;
}

/** The bot talks without a pause; `lost`: frames that left and Ann did not hear sealed. */
function talkOn(link: VoiceLink) {
  const { heard } = login().sandbox.person('Ann');
  const frames = makeToneFrames(login().codec, 50);
  const sinceMs = realClock.nowMs();
  let [n, left] = [0, 0];
  link
    .playFrames({
      pullFrame: () => frames[n++ % 50],
      markSent: () => left++,
      isIdle: false,
    })
    .wake();
  const countReached = () =>
    heard.frames.filter(({ atMs, sealed }) => sealed && atMs >= sinceMs).length;
  return { countLost: () => left - countReached() };
}

const makeSpeech = (seconds: number) => {
  const samples = Int16Array.from(
    { length: 24_000 * seconds },
    (_, n) => 8_000 * Math.sin(n / 9),
  );
  return { samples, rateHz: 24_000, channels: 1 as const };
};

type Member = ReturnType<ReturnType<typeof login>['sandbox']['person']>;

async function joinLobby(person: Member) {
  await person.join('Lobby', never);
  await person.settled(AbortSignal.timeout(30_000));
}

/** Waits until so many packets with a voice of this person could be opened. */
async function untilHeard(
  { voices }: ReturnType<typeof listenToLink>,
  { id }: Member,
  packets = 45,
) {
  await waitUntil(() => (voices.get(id) ?? 0) >= packets);
}

/** Waits until this person is heard at all. From then on no frame of a second may be lost, however busy the machine is. */
async function expectHeard(log: ReturnType<typeof listenToLink>, person: Member) {
  const countVoices = () => log.voices.get(person.id) ?? 0;
  for (const voicesBefore = countVoices(); countVoices() === voicesBefore; )
    await person.say(makeSpeech(0.02), never);
  const heardCount = countVoices();
  await person.say(makeSpeech(1), never);
  await untilHeard(log, person, heardCount + 50);
}

async function openWithBen() {
  const setup = await openLinkSetup(login(), () => true);
  const ben = login().sandbox.person('Ben');
  await joinLobby(ben);
  const log = listenToLink(setup.link);
  const session = watchSession();
  return {
    ...setup,
    ben,
    log,
    session,
    async [Symbol.asyncDispose]() {
      await ben.leave();
      await setup[Symbol.asyncDispose]();
    },
  };
}

// Proves: Voice is encrypted end to end by fake (the library of Discord's clients)
test('a proposal to add somebody who was never announced ends nothing', async () => {
  await using setup = await openWithBen();
  const { faults, sandbox } = login();
  const ann = sandbox.person('Ann');
  const speaking = ann.say(makeSpeech(1), never);
  for (let n = 0; n < 20; n++) {
    faults.proposeStranger(sandbox.botId);
    await realClock.sleep(10, never);
  }
  await speaking;
  await untilHeard(setup.log, ann);
  expect([setup.log.error, setup.session.resets]).toEqual([undefined, 0]);
});

test('a newcomer who is announced after the proposal is heard, and nobody is interrupted', async () => {
  await using setup = await openLinkSetup(login(), () => true);
  const { faults, sandbox } = login();
  const [ann, ben] = [sandbox.person('Ann'), sandbox.person('Ben')];
  const log = listenToLink(setup.link);
  const session = watchSession();
  const talk = talkOn(setup.link);
  faults.delayMessage(sandbox.botId, 'arrival', 150);
  faults.delayMessage(ann.id, 'commit', 250);
  await joinLobby(ben);
  await Promise.all([ann, ben].map((person) => person.say(makeSpeech(1), never)));
  for (const person of [ann, ben]) await untilHeard(log, person);
  expect([log.error, session.resets]).toEqual([undefined, 0]);
  expect(talk.countLost()).toBeLessThanOrEqual(framesOfChange);
  await ben.leave();
});

test('a bot that lost the group and was let in again follows the next change of it', async () => {
  await using setup = await openLinkSetup(login(), () => true);
  const { faults, sandbox } = login();
  const [ann, ben] = [sandbox.person('Ann'), sandbox.person('Ben')];
  const log = listenToLink(setup.link);
  const session = watchSession();
  // Ann commits while the bot does not know Ben yet.
  faults.delayMessage(sandbox.botId, 'arrival', 1_000);
  await joinLobby(ben);
  await ben.say(makeSpeech(1), never);
  await untilHeard(log, ben, 1);
  await ben.leave();
  await ann.settled(AbortSignal.timeout(30_000));
  await ann.say(makeSpeech(1), never);
  await untilHeard(log, ann);
  expect([log.error, session.resets]).toEqual([undefined, 1]);
});

test('somebody who comes and goes while others are in mid-sentence costs at most the frames of a change of keys', async () => {
  await using setup = await openLinkSetup(login(), () => true);
  const { faults, sandbox } = login();
  const [ann, ben] = [sandbox.person('Ann'), sandbox.person('Ben')];
  faults.delayMessage(ann.id, 'commit', 150);
  const log = listenToLink(setup.link);
  const session = watchSession();
  const speaking = ann.say(makeSpeech(4), never);
  const hearMore = () => untilHeard(log, ann, (log.voices.get(ann.id) ?? 0) + 15);
  for (let n = 0; n < 2; n++) {
    await hearMore();
    await joinLobby(ben);
    await hearMore();
    await ben.leave();
  }
  await speaking;
  await untilHeard(log, ann, 190);
  expect([log.error, session.resets]).toEqual([undefined, 0]);
});

test('padding on all voice, and bursts of nothing but padding, are no failures and cost no voice', async () => {
  await using setup = await openWithBen();
  const { faults, sandbox } = login();
  faults.pad(sandbox.botId, { bytes: 7, every: 10, burst: 50 });
  const ann = sandbox.person('Ann');
  await ann.say(makeSpeech(1), never);
  await untilHeard(setup.log, ann);
  expect(setup.log.error).toBeUndefined();
  expect(setup.session).toEqual({ failures: 0, resets: 0 });
});

test('packets of a camera, 500 a second, keep nobody from being heard', async () => {
  await using setup = await openWithBen();
  const { faults, sandbox } = login();
  const ann = sandbox.person('Ann');
  const speaking = ann.say(makeSpeech(1), never);
  for (let n = 0; n < 100; n++) {
    for (let packet = 0; packet < 5; packet++) faults.forge(sandbox.botId, 'camera');
    await realClock.sleep(10, never);
  }
  await speaking;
  await untilHeard(setup.log, ann);
  expect(setup.session.resets).toBe(0);
});

test.each([
  ['none', 0],
  ['mostly', 135],
  ['damaged', 0],
] as const)(
  'of somebody whose client seals wrongly (%s) only what is sealed well is heard (%d of 150 frames), and it costs others no frame',
  async (sealing, frames) => {
    await using setup = await openWithBen();
    const { ben, link, log, session } = setup;
    const ann = login().sandbox.person('Ann');
    const talk = talkOn(link);
    ben.useMicrophone({ profile: 'gate', sealing });
    await ben.say(makeSpeech(3), never);
    await ann.say(makeSpeech(1), never);
    await untilHeard(log, ann);
    expect([log.error, session.resets]).toEqual([undefined, 0]);
    expect(Math.abs((log.voices.get(ben.id) ?? 0) - frames)).toBeLessThanOrEqual(2);
    expect(talk.countLost()).toBeLessThanOrEqual(framesOfChange);
    ben.useMicrophone({ profile: 'gate' });
    await ben.say(makeSpeech(1), never);
    await untilHeard(log, ben);
  },
);

const orders = ['person', 'bot'] as const;
test.each(orders.flatMap((first) => orders.map((author) => [first, author] as const)))(
  'each hears the other where the %s comes first and the %s commits',
  async (first, author) => {
    const { faults, sandbox } = login();
    const ann = sandbox.person('Ann');
    faults.delayMessage(author === 'bot' ? ann.id : sandbox.botId, 'commit', 250);
    await using setup = await openLinkSetup(login(), () => true, first);
    const log = listenToLink(setup.link);
    const talk = talkOn(setup.link);
    await ann.say(makeSpeech(2), never);
    await untilHeard(log, ann, 50); // of 100, on a busy machine
    await expectHeard(log, ann);
    expect(log.error).toBeUndefined();
    expect(talk.countLost()).toBeLessThanOrEqual(framesOfChange);
  },
);

test.each([
  ['commit', 'bot', voiceOpcodes.announceCommit],
  ['welcome', 'bot', voiceOpcodes.welcome],
  ['commit', 'speaker', voiceOpcodes.announceCommit],
] as const)(
  'after a damaged %s to the %s everybody is soon heard again, and so is a newcomer',
  async (_, to, opcode) => {
    await using setup = await openWithBen();
    const { ben, log, session } = setup;
    const { faults, sandbox } = login();
    const cleo = sandbox.person('Cleo');
    const speaking = ben.say(makeSpeech(2), never);
    await untilHeard(log, ben, 30);
    const damaged = Buffer.concat([Buffer.of(0, 0, opcode, 0, 9), Buffer.alloc(99, 1)]);
    faults.send(to === 'bot' ? sandbox.botId : ben.id, damaged);
    await speaking;
    await expectHeard(log, ben);
    await joinLobby(cleo);
    await expectHeard(log, cleo);
    expect([log.error, session.resets]).toEqual([undefined, to === 'bot' ? 1 : 0]);
    await cleo.leave();
  },
);

test('a call that loses its end-to-end encryption in mid-sentence and gets it back is heard', async () => {
  await using setup = await openWithBen();
  const { ben, log, session } = setup;
  const { faults, sandbox } = login();
  const speaking = ben.say(makeSpeech(4), never);
  for (const version of [0, 1] as const) {
    await untilHeard(log, ben, (log.voices.get(ben.id) ?? 0) + 40);
    faults.changeVersion(sandbox.botId, version);
  }
  await speaking;
  await ben.settled(AbortSignal.timeout(30_000));
  await expectHeard(log, ben);
  const talk = talkOn(setup.link);
  await login().sandbox.person('Ann').say(makeSpeech(1), never);
  expect([log.error, session.resets]).toEqual([undefined, 0]);
  expect(talk.countLost()).toBeLessThanOrEqual(framesOfChange);
});
