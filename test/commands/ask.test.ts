import { expect, test } from 'vitest';
import { ask } from '#commands/ask.ts';
import { askAbout } from '#commands/ask-about.ts';
import type { Public } from '#src/base/public.ts';
import type { CommandCall } from '#src/conversation/command.ts';
import { TypedRequests } from '#src/features/typed/typed-requests.ts';
import { openText } from '#src/people/confidential-text.ts';
import { adam, inLounge, ports } from './ports.ts';

const sound = { url: 'https://cdn.test/a.ogg', name: 'voice-message.ogg', durationMs: 2000 };
const asker = { id: 'adam', name: 'Adam' };
/** Message of Ben, without text. */
const message = {
  messageId: 'm',
  author: 'Ben',
  authorId: 'ben',
  isBot: false,
  text: ' ',
  sounds: [],
};

/** Request to the bot, and its answer. */
function asking(
  answer: Awaited<ReturnType<Public<TypedRequests>['ask']>> = {
    kind: 'answered',
    text: openText('Five.'),
  },
) {
  const asked: Parameters<Public<TypedRequests>['ask']>[] = [];
  const hears = ports({
    at: () => undefined,
    ask: async (...all) => {
      asked.push(all);
      return answer;
    },
  });
  return { asked, hears };
}

test('a recording may be asked about, with a question or without one', async () => {
  const { asked, hears } = asking();
  await ask.run({ ...adam, sound, words: { question: ' What is said? ' } }, hears);
  const replies = await ask.run({ ...adam, sound }, hears);
  expect(asked).toEqual([
    ['g', 'What is said?', asker, 'text', { recording: sound }],
    ['g', '', asker, 'text', { recording: sound }],
  ]);
  expect(replies).toEqual([{ id: 'ask.answer', with: { answer: 'Five.' }, to: 'room' }]);
});

test('a recording may be asked about by its link, of which others read its host alone', async () => {
  const { asked, hears } = asking();
  const link = ' https://cdn.test/talk.mp3?key=secret ';
  const words = { link, question: 'What is said?' };
  await ask.run({ ...adam, words }, hears);
  const recording = { url: link.trim(), name: 'cdn.test' };
  expect(asked).toEqual([['g', 'What is said?', asker, 'text', { recording }]]);
  const reported = ask.meanwhile?.({ ...adam, words: { link } });
  expect(reported).toMatchObject({ with: { question: 'cdn.test' } });
  expect(await ask.run({ ...adam, sound, words }, hears)).toEqual([
    { id: 'ask.link.both', to: 'caller' },
  ]);
  expect(asked).toHaveLength(1);
});

test('a recording is answered aloud, in writing or to the caller alone, as asked', async () => {
  const { asked, hears } = asking();
  const lounge = ports({ ask: hears.port(TypedRequests).ask });
  const said: unknown[] = [];
  for (const answer of ['voice', 'text', 'only me']) {
    const replies = await ask.run({ ...inLounge, sound, words: { answer } }, lounge);
    said.push(replies[0].to);
  }
  expect(asked.map(([, , , how]) => how)).toEqual(['voice', 'text', 'text']);
  expect(said).toEqual(['room', 'room', 'caller']);
});

test('an answer may be a file, with its words beside it', async () => {
  const wav = Buffer.from('RIFF');
  const { asked, hears } = asking({ kind: 'answered', text: openText('Five.'), wav });
  const words = { question: 'How many?', answer: 'file' };
  expect(await ask.run({ ...adam, words }, hears)).toEqual([
    {
      id: 'ask.answer',
      with: { answer: 'Five.' },
      to: 'room',
      files: [{ name: 'answer.wav', bytes: wav }],
    },
  ]);
  expect(asked.map(([, , , how]) => how)).toEqual(['file']);
});

test('while it listens to a recording it names the question, or else the file', () => {
  const meanwhile = (call: Partial<CommandCall>) => ask.meanwhile?.({ ...adam, ...call });
  expect(meanwhile({ sound, words: { question: 'Who?' } })?.with).toEqual({ question: 'Who?' });
  expect(meanwhile({ sound })?.with).toEqual({ question: 'voice-message.ogg' });
});

test('neither a question nor a recording is no question', async () => {
  const { asked, hears } = asking();
  for (const words of [{}, { question: ' ?! ' }]) {
    const replies = await ask.run({ ...adam, words }, hears);
    expect(replies).toEqual([{ id: 'ask.empty', to: 'caller' }]);
  }
  expect(asked).toEqual([]);
});

test('what is wrong with a recording only its sender reads', async () => {
  const line = { id: 'ask.bad.too_long', with: { max: 120 } } as const;
  const { hears } = asking({ kind: 'failed', line });
  expect(await ask.run({ ...adam, sound }, hears)).toEqual([{ ...line, to: 'caller' }]);
});

test('Ask about this answers whoever picked it, about what somebody else wrote', async () => {
  const { asked, hears } = asking();
  const asks = { ...message, text: ' Dinner at eight? ' };
  const call = { ...adam, callerLocale: 'de', message: asks } as const;
  const replies = await askAbout.run(call, hears);
  expect(replies).toEqual([{ id: 'ask.answer', with: { answer: 'Five.' }, to: 'caller' }]);
  const quoted = { author: 'Ben', text: 'Dinner at eight?' };
  const question = 'Sag mir in ein paar Sätzen etwas dazu.';
  expect(asked).toEqual([['g', question, asker, 'text', { quoted }]]);
  expect(askAbout.shownTo).toBe('caller');
});

test('Ask about this listens to a voice message', async () => {
  const { asked, hears } = asking();
  await askAbout.run({ ...adam, message: { ...message, text: '', sounds: [sound] } }, hears);
  expect(asked[0]?.[4]).toEqual({ recording: sound, recordedBy: 'Ben' });
});

test('a message without words or sound is nothing to ask about', async () => {
  const { asked, hears } = asking();
  const nothing = [{ id: 'ask.about.nothing', to: 'caller' }];
  expect(await askAbout.run({ ...adam, message }, hears)).toEqual(nothing);
  expect(await askAbout.run(adam, hears)).toEqual(nothing);
  expect(asked).toEqual([]);
});
