import { BotError } from '#src/base/errors.ts';
import { collectSound } from '#test/contracts/synthesizer-contract.ts';
import { transcribeText } from '#test/contracts/transcriber-contract.ts';
import {
  earlierChats,
  endlessSizes,
  foreignFiles,
  makeCut,
  makeEndless,
  makeFiles,
  makeForeign,
  makeTagged,
  makeUnlabelled,
  taggedTexts,
} from '#test/fakes/dialects/earlier-servers.ts';
import { makeWriter } from '#test/fakes/dialects/word-servers.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { speakWords } from '#test/fakes/tone-words.ts';
import { expectTone, openDialectBot } from './dialect-case.ts';

test.each(Object.entries(earlierChats))(
  'of an answer with %s right words are heard, and a break is told',
  async (_, { makeAnswer, again, hears, ...expected }) => {
    await using bot = await openDialectBot(makeAnswer());
    const turn = { style: { instructions: 'Your name is Nova.', voice: {} } };
    await bot.exchange({ turn, hears, ...expected });
    if (again !== undefined) await bot.exchange({ turn, hears: again });
  },
);

const wavSettings = { SPEECH_FORMAT: 'wav' };
const utterance = 'Two of them.';

test.each(endlessSizes)(
  'a WAV file with the size %d goes on until its end',
  async (size) => {
    await using bot = await openDialectBot(makeEndless(size), wavSettings);
    await bot.exchange({ hears: 'Two of them. So.' });
  },
);

test('nothing is heard of what stands behind endless samples', async () => {
  const list = 'LIST\x1a\0\0\0INFOISFT\x0e\0\0\0Lavf61.7.100\0\0';
  await using bot = await openDialectBot(makeEndless(0xffffffff, list), wavSettings);
  await bot.exchange({ hears: 'Two of them. So.' });
});

test('a file for each sentence in one body is one sound', async () => {
  await using bot = await openDialectBot(makeFiles(), wavSettings);
  const whole = await collectSound(bot.synthesizer, `${utterance} And one.`);
  const lengths = [utterance, ' And one.'].map(
    (text) => makeTone(text, whole.rateHz).length,
  );
  expect(whole.samples).toHaveLength(lengths.reduce((sum, one) => sum + one, 0));
});

test.each(Object.entries(foreignFiles))(
  '%s in the place of samples is a failure, and no noise',
  async (_, head) => {
    await using bot = await openDialectBot(makeForeign(head));
    await expect(collectSound(bot.synthesizer, utterance)).rejects.toBeInstanceOf(
      BotError,
    );
    expect((await bot.answer('hello')).parts.map(({ kind }) => kind)).not.toContain(
      'audio',
    );
  },
);

test('samples without a label have the rate of SPEECH_RATE_HZ', async () => {
  await using bot = await openDialectBot(makeUnlabelled(22_050), {
    SPEECH_RATE_HZ: '22050',
  });
  const pcm = await collectSound(bot.synthesizer, utterance);
  expect(pcm.rateHz).toBe(22_050);
  expectTone(pcm, utterance);
});

test.each(Object.entries(taggedTexts))(
  '%s: tags and events of a recogniser are no words',
  async (_, text) => {
    await using bot = await openDialectBot(makeTagged(text));
    const spoken = speakWords('one two three');
    expect(await transcribeText(bot.transcriber, spoken.pcm)).toBe(spoken.text);
  },
);

test.each([
  ['Tom &amp; Jerry&#39;s :smile: day.', /&amp;|&#39;|:smile:/],
  ['It is $x^2$ [1] and \u30104:0\u2020source\u3011 so.', /\$|\[1\]|\u3010/],
  ['~~~\nconst a = 1;\n~~~\nThat is the code.', /~|const/],
])('what no voice can say is not read letter by letter: %s', async (text, mark) => {
  await using bot = await openDialectBot(makeWriter(text));
  await bot.answer('hello');
  const inputs = bot.server.listRequests('speech').map(({ body }) => `${body.input}`);
  expect(inputs.join(' ')).not.toMatch(mark);
  expect(inputs).not.toEqual([]);
});

test('an answer that was cut at its limit is spoken up to its last whole sentence', async () => {
  await using bot = await openDialectBot(makeCut('Earl Grey. It is a bla'));
  await bot.answer('hello');
  const inputs = bot.server.listRequests('speech').map(({ body }) => body.input);
  expect(inputs).toEqual(['Earl Grey.']);
  expect(bot.listHabits().join()).toContain('longest length');
});

test.each([
  '\u1019\u1004\u103a\u1039\u1002\u101c\u102c\u1015\u102b\u104b \u1000\u1031\u102c\u1004\u103a\u1038\u1010\u101a\u103a\u104b',
  '\u12a0\u12ce\u1362 \u1325\u1229 \u1290\u12cd\u1362',
])('sentences of scripts of their own are clauses of their own: %s', async (text) => {
  await using bot = await openDialectBot(makeWriter(text));
  await bot.answer('hello');
  const inputs = bot.server.listRequests('speech').map(({ body }) => body.input);
  expect(inputs).toEqual(text.split(/(?<=[\u104b\u1362]) /));
});
