import { ask, askAbout } from '#commands/ask.ts';
import { openAskWindow as askWindow } from '#commands/panel-buttons.ts';
import { toMessageId, toPersonId } from '#src/base/ids.ts';
import type { Public } from '#src/base/public.ts';
import type { TypedRequests } from '#src/features/typed/typed-requests.ts';
import { toOpenText } from '#src/people/confidential-text.ts';
import type { TalkState } from '#src/ports/talk-guide.ts';
import { adam, callAs, inLounge, makePorts } from './command-ports.ts';

const sound = {
  url: 'https://cdn.test/a.ogg',
  name: 'voice-message.ogg',
  durationMs: 2000,
};
/** Message of Ben, without text. */
const message = {
  messageId: toMessageId('m'),
  author: 'Ben',
  authorId: toPersonId('ben'),
  isBot: false,
  text: ' ',
};

const german = callAs({ locale: 'de' });

/** Request to the bot, and its answer. */
function asking() {
  const asked: Parameters<Public<TypedRequests>['askQuestion']>[] = [];
  const hears = makePorts({
    at: () => undefined,
    askQuestion: async (...all) => {
      asked.push(all);
      return { kind: 'answered', text: toOpenText('Five.') };
    },
  });
  return { asked, hears };
}

test('a recording may be asked about by its link, which counts before a file', async () => {
  const { asked, hears } = asking();
  const link = ' https://cdn.test/talk.mp3?key=secret ';
  const inputs = { link, question: 'What is said?' };
  await ask.run({ ...adam, inputs }, hears);
  const recording = { url: link.trim(), name: 'cdn.test' };
  expect(asked).toEqual([['g', 'What is said?', adam.caller, 'text', { recording }]]);
  await ask.run({ ...adam, sound, inputs }, hears);
  expect(asked[1]).toEqual(asked[0]);
});

test('Ask about this answers whoever picked it, about what somebody else wrote', async () => {
  const { asked, hears } = asking();
  const asks = { ...message, text: ' Dinner at eight? ' };
  expect(await askAbout.run({ ...german, message: asks }, hears)).toEqual([
    { id: 'ask.answer', with: { answer: 'Five.' }, to: 'caller' },
  ]);
  const quoted = { author: 'Ben', text: 'Dinner at eight?' };
  const question = 'Sag mir in ein paar Sätzen etwas dazu.';
  expect(asked).toEqual([
    ['g', question, german.caller, 'text', { quoted, sentBy: 'Ben' }],
  ]);
  expect(askAbout.shownTo).toBeUndefined();
});

test('a picture is asked about from both doors, with a question of the asker’s language where none is typed', async () => {
  const { asked, hears } = asking();
  const file = { url: 'https://cdn.test/a.png', name: 'a.png' };
  const [question, pictures] = ['Sag mir in ein paar Sätzen etwas dazu.', [file]];
  await ask.run({ ...german, file, inputs: {} }, hears);
  await ask.run({ ...german, file, sound, inputs: { question: 'Why?' } }, hears);
  await askAbout.run({ ...german, message: { ...message, pictures } }, hears);
  expect(asked).toEqual([
    ['g', question, german.caller, 'text', { pictures }],
    ['g', 'Why?', german.caller, 'text', { pictures, recording: sound }],
    ['g', question, german.caller, 'text', { pictures, sentBy: 'Ben' }],
  ]);
  const inputs = { question: 'Why?', about: 'this' };
  const [reply] = await ask.run({ ...german, file, inputs }, hears);
  expect(reply).toMatchObject({ id: 'fail.picture' });
});

test('a message without words or sound is nothing to ask about', async () => {
  const { asked, hears } = asking();
  const nothing = [{ id: 'say.empty' }];
  expect(await askAbout.run({ ...adam, message }, hears)).toEqual(nothing);
  expect([await askAbout.run(adam, hears), asked]).toEqual([nothing, []]);
});

const person = (standing: 'unasked' | 'no') => ({
  people: [{ id: toPersonId('adam'), name: 'Adam', standing }],
});

test.each<[string, Partial<TalkState>, string, readonly string[]]>([
  [
    'has not agreed',
    person('unasked'),
    'join.ok.ask',
    ['consent.always', 'consent.never'],
  ],
  ['said no', person('no'), 'join.ok.ask', ['consent.always', 'consent.never']],
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
  for (const over of [{ at: () => undefined }, { help: { talk: undefined } }]) {
    expect((await askWindow(inLounge, makePorts(over)))[0].id).toBe('leave.nowhere');
  }
});
