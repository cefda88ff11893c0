import { ask, askAbout } from '#commands/ask.ts';
import { readAloud } from '#commands/read-aloud.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { toGuildId, toMessageId, toPersonId } from '#src/base/ids.ts';
import type { CommandCall } from '#src/features/command.ts';
import { type MessageContent, sealContent } from '#src/ports/authored-content.ts';
import type { SoundFile } from '#src/sources/recordings.ts';
import { makePorts } from '#test/commands/command-ports.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { openReplies } from '#test/fakes/opened-replies.ts';

const g = toGuildId('g');
const voice = { url: 'https://cdn.test/v.ogg', name: 'voice-message.ogg' };
const photo = { url: 'https://cdn.test/a.png', name: 'a.png' };
const pcm: Pcm = {
  samples: new Int16Array(16_000).fill(9),
  rateHz: 16_000,
  channels: 1,
};

/** Adam calls the bot to the Lounge, where Eva sits. Zoe is elsewhere, and nobody asked her. */
async function openRoom({ joins = true, over = {}, waits = false } = {}) {
  const fetched: SoundFile[] = [];
  const gate = Promise.withResolvers<void>();
  if (!waits) gate.resolve();
  const fetchFile = async (file: SoundFile) => {
    fetched.push(file);
    await gate.promise;
  };
  const fixture = openSessionFixture({
    transcriber: new FakeTranscriber({ texts: ['my secret'] }),
    recordings: {
      read: async (_, file) => await fetchFile(file).then(() => pcm),
      readPictures: async (_, [file]) =>
        await fetchFile(file ?? expect.fail()).then(() => [
          'data:image/png;base64,iV==',
        ]),
    },
    ...over,
  });
  if (joins) await fixture.sessions.join(lounge, adam.id);
  await passSomeTime(fixture, 100);
  return { fixture, fetched, arrive: gate.resolve };
}

/** Lets time pass, also where the bot sits nowhere. */
async function passSomeTime(fixture: SessionFixture, ms: number) {
  if (fixture.sessions.findSession(g)) return await passTime(fixture, ms);
  for (let passed = 0; passed < ms; passed += 20) await fixture.clock.advance(20);
}

function makeCall(overs: Partial<CommandCall>): CommandCall {
  const caller = { ...adam, locale: 'en', mayManage: false, channel: lounge } as const;
  return { guildId: g, caller, placeId: lounge.channelId, inputs: {}, ...overs };
}

function pickMessage(
  content: Partial<MessageContent>,
  { id, name } = eva,
): CommandCall {
  const message = {
    ...sealContent({ text: '', ...content }),
    messageId: toMessageId('m'),
    author: name,
    authorId: id,
    isBot: false,
  };
  return makeCall({ message });
}

async function runCommand(
  command: Pick<typeof askAbout, 'run'>,
  { featurePorts, sessions }: SessionFixture,
  call: CommandCall,
) {
  const ports = { ...makePorts(), features: featurePorts };
  const session = sessions.findSession(g);
  const findChannel = () => session?.channel;
  Object.assign(ports.sessions, { at: findChannel, findSession: () => session });
  const [reply] = await openReplies(await command.run(call, ports));
  return reply.id;
}

/** Adam asks about a message. Time passes until he reads the reply. */
async function askAboutIt(fixture: SessionFixture, call: CommandCall) {
  const reply = runCommand(askAbout, fixture, call);
  await passSomeTime(fixture, 2_000);
  return await reply;
}

const readPrompts = ({ chat }: SessionFixture) => JSON.stringify(chat.asked);

const answers: Readonly<Record<string, (fixture: SessionFixture) => Promise<unknown>>> =
  {
    'said no': ({ privacy }) => privacy.deny(g, eva.id),
    'was forgotten': async (fixture) => {
      const forgetting = fixture.privacy.forget(g, eva.id);
      await passSomeTime(fixture, 3_000);
      await forgetting;
    },
    'is blocked': ({ settings }) =>
      settings.setSetting(g, 'blocked', '<@100000000000000001>'),
  };
const blocked = { ...eva, id: toPersonId('100000000000000001') };

for (const [answer, reach] of Object.entries(answers)) {
  test.each([
    ['a voice message', { text: 'my test was bad', recording: voice }],
    ['words', { text: 'my test was bad' }],
    ['a picture', { pictures: [photo] }],
    ['a forwarded line', { text: 'my test was bad', isForwarded: true } as const],
  ])(
    `%s of a person who ${answer} reaches no model and is not read aloud`,
    async (_, content) => {
      const { fetched, fixture } = await openRoom();
      const author = answer === 'is blocked' ? blocked : eva;
      await reach(fixture);
      const id = answer === 'is blocked' ? 'read.refused.blocked' : 'read.refused';
      expect(await askAboutIt(fixture, pickMessage(content, author))).toBe(id);
      expect(await runCommand(readAloud, fixture, pickMessage(content, author))).toBe(
        id,
      );
      expect([fetched, fixture.chat.asked]).toEqual([[], []]);
    },
  );
}

test('a voice message of a person who was never asked is not fetched, but typed words may be asked about', async () => {
  const { fetched, fixture } = await openRoom();
  const call = pickMessage({ text: 'dinner at eight', recording: voice });
  expect(await askAboutIt(fixture, call)).toBe('read.refused.unheard');
  expect([fetched, fixture.chat.asked]).toEqual([[], []]);
  expect(await askAboutIt(fixture, pickMessage({ text: 'dinner at eight' }))).toBe(
    'ask.answer',
  );
  expect(readPrompts(fixture)).toContain('dinner at eight');
});

test('the policy notice lets the bot hear a voice message only of a person who sits there', async () => {
  const { fetched, fixture } = await openRoom({
    over: { consent: { policy: 'notice' } },
  });
  const zoe = { ...eva, id: toPersonId('zoe'), name: 'Zoe' };
  expect(await askAboutIt(fixture, pickMessage({ recording: voice }, zoe))).toBe(
    'read.refused.unheard',
  );
  expect(fetched).toEqual([]);
  expect(await askAboutIt(fixture, pickMessage({ recording: voice }))).toBe(
    'ask.answer',
  );
  expect(fetched).toEqual([voice]);
});

test('a pause for all counts for voice messages', async () => {
  const { fetched, fixture } = await openRoom();
  await fixture.privacy.allow(g, eva.id);
  fixture.sessions.pauseHearing(g, true);
  expect(await askAboutIt(fixture, pickMessage({ recording: voice }))).toBe(
    'privacy.paused',
  );
  expect(fetched).toEqual([]);
});

test('where the bot sits nowhere, the stored answer counts, and an unreadable one is no yes', async () => {
  const { fetched, fixture } = await openRoom({ joins: false });
  const call = pickMessage({ recording: voice });
  expect(await askAboutIt(fixture, call)).toBe('read.refused.unheard');
  await fixture.privacy.allow(g, eva.id);
  expect(await askAboutIt(fixture, call)).toBe('ask.answer');
  expect(fetched).toEqual([voice]);
  fixture.stores.consents.trouble = 'unreadable';
  expect(await askAboutIt(fixture, call)).toBe('read.refused.unread');
  expect(await askAboutIt(fixture, pickMessage({ text: 'dinner' }))).toBe(
    'read.refused.unread',
  );
  fixture.stores.consents.trouble = undefined;
  await fixture.privacy.deny(g, eva.id);
  expect(await askAboutIt(fixture, call)).toBe('read.refused');
  expect(fetched).toEqual([voice]);
});

test.each([true, false])(
  'a no that comes while a voice message is fetched ends the work (bot sits there: %s)',
  async (joins) => {
    const { arrive, fetched, fixture } = await openRoom({ joins, waits: true });
    await fixture.privacy.allow(g, eva.id);
    const reply = runCommand(
      askAbout,
      fixture,
      pickMessage({ recording: voice, text: 'my test' }),
    );
    await passSomeTime(fixture, 500);
    await fixture.privacy.deny(g, eva.id);
    arrive();
    await passSomeTime(fixture, 2_000);
    expect(await reply).toBe('read.refused');
    expect([fetched, fixture.chat.asked]).toEqual([[voice], []]);
  },
);

test('a no that comes while a voice message is recognised keeps the words from the model', async () => {
  const clock = { current: undefined as SessionFixture['clock'] | undefined };
  const transcriber = new FakeTranscriber({
    texts: ['my secret'],
    tookMs: 1_000,
    clock: {
      sleep: (ms, signal) => (clock.current ?? expect.fail()).sleep(ms, signal),
    } as SessionFixture['clock'],
  });
  const { fixture } = await openRoom({ over: { transcriber } });
  clock.current = fixture.clock;
  await fixture.privacy.allow(g, eva.id);
  const reply = runCommand(askAbout, fixture, pickMessage({ recording: voice }));
  await passSomeTime(fixture, 500);
  expect(transcriber.heard).toHaveLength(1);
  await fixture.privacy.deny(g, eva.id);
  await passSomeTime(fixture, 3_000);
  expect([await reply, readPrompts(fixture)]).toEqual(['read.refused', '[]']);
});

test('a no that comes while the model answers takes the answer back', async () => {
  const questions: string[] = [];
  const gate = Promise.withResolvers<void>();
  const chat = {
    async *reply(messages: unknown) {
      questions.push(JSON.stringify(messages));
      await gate.promise;
      yield { kind: 'text', text: 'Her test was bad.' } as const;
    },
  };
  const { fixture } = await openRoom({ over: { chat } });
  const reply = runCommand(askAbout, fixture, pickMessage({ text: 'my test was bad' }));
  await passSomeTime(fixture, 500);
  expect(questions).toHaveLength(1);
  await fixture.privacy.deny(g, eva.id);
  gate.resolve();
  await passSomeTime(fixture, 1_000);
  expect(await reply).toBe('read.refused');
});

test('forwarded sound has no author to ask, so it is not heard', async () => {
  const { fetched, fixture } = await openRoom();
  await fixture.privacy.allow(g, eva.id);
  const call = pickMessage({ recording: voice, isForwarded: true });
  expect(await askAboutIt(fixture, call)).toBe('read.refused.forwarded');
  expect(fetched).toEqual([]);
});

test('a person who said no is answered about typed words and pictures, but their recording is not heard', async () => {
  const { fetched, fixture } = await openRoom();
  await fixture.privacy.deny(g, adam.id);
  const inputs = { question: 'What is it?', answer: 'text' };
  const reply = runCommand(ask, fixture, makeCall({ sound: voice, inputs }));
  await passSomeTime(fixture, 1_000);
  expect([await reply, fetched]).toEqual(['read.refused', []]);
  const shown = runCommand(ask, fixture, makeCall({ file: photo, inputs }));
  await passSomeTime(fixture, 1_000);
  expect([await shown, fetched]).toEqual(['ask.answer', [photo]]);
});

test.each([
  'https://cdn.discordapp.com/attachments/1/2/voice-message.ogg?ex=1',
  'https://media.discordapp.net/attachments/1/2/voice-message.ogg',
])('a link to the file of a message is no way around its author: %s', async (link) => {
  const { fetched, fixture } = await openRoom();
  const inputs = { question: 'What is it?', answer: 'text', link };
  expect(await runCommand(ask, fixture, makeCall({ inputs }))).toBe(
    'read.refused.link',
  );
  expect(fetched).toEqual([]);
});
