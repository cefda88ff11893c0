import { ask, askAbout } from '#commands/ask.ts';
import { openAskWindow as askWindow } from '#commands/panel-buttons.ts';
import { toMessageId, toPersonId } from '#src/base/ids.ts';
import type { Public } from '#src/base/public.ts';
import type { TypedRequests } from '#src/features/typed/typed-requests.ts';
import { toOpenText } from '#src/people/owned.ts';
import { type PickedMessage, sealContent } from '#src/ports/authored-content.ts';
import type { TalkState } from '#src/ports/talk-guide.ts';
import { openReplies } from '#test/fakes/opened-replies.ts';
import { adam, callAs, inLounge, makePorts } from './command-ports.ts';

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
