import { BotError } from '#src/base/errors.ts';
import { joinTexts } from '#test/contracts/pipeline-contract.ts';
import {
  makeCaller,
  makeNumbering,
  makeThinking,
  makeWriter,
  markedThoughts,
  numberedTexts,
  stageNotes,
  unknownCalls,
  writtenCalls,
} from '#test/fakes/dialects/word-servers.ts';
import { openDialectBot } from './dialect-case.ts';

test.each(Object.entries(numberedTexts))(
  'numbers and booleans as content are words: %s',
  async (hears, contents) => {
    await using bot = await openDialectBot(makeNumbering(contents));
    await bot.exchange({ hears, requests: 1 });
  },
);

test.each(Object.entries(markedThoughts))(
  '%s: of marked thoughts only the last words count',
  async (_, text) => {
    for (const pieceChars of [1, 7, 999]) {
      await using bot = await openDialectBot(makeWriter(text, pieceChars));
      await bot.exchange({ hears: 'Earl Grey.', requests: 1 });
    }
  },
);

test.each(Object.entries(writtenCalls))(
  '%s: a call that the server left in the text runs once, and nothing of it is spoken',
  async (_, text) => {
    for (const pieceChars of [1, 7, 999]) {
      await using bot = await openDialectBot(makeCaller(text, pieceChars));
      await bot.exchange({ hears: 'The lamp is on.', ran: 1, requests: 2 });
      expect(bot.listHabits().join()).toContain('tool');
    }
  },
);

test.each(Object.entries(unknownCalls))(
  'a call in marks that nobody has met runs once or is told, and nothing of it is spoken: %s',
  async (_, text) => {
    for (const pieceChars of [1, 7, 999]) {
      await using bot = await openDialectBot(makeCaller(text, pieceChars));
      const { parts, error } = await bot.answer('hello');
      const [words, ran] = [joinTexts(parts).trim(), bot.host.ran.length];
      const failed = error instanceof BotError ? '' : error;
      const told = error instanceof BotError;
      expect([[words, ran, failed]]).toEqual([
        told ? ['', 0, ''] : ['The lamp is on.', 1, undefined],
      ]);
    }
  },
);

test.each(Object.entries(stageNotes))(
  'a note for the voice is not read as words: %s',
  async (text, utterance) => {
    await using bot = await openDialectBot(makeWriter(text));
    await bot.answer('hello');
    const spoken = bot.server.listRequests('speech').map(({ body }) => body.input);
    expect(spoken.join(' ')).toBe(utterance);
  },
);

test.each([
  ['reasoning_effort', 400],
  ['reasoning_effort', 422],
  ['chat_template_kwargs', 400],
  ['none', 400],
  ['none', 500],
] as const)(
  'thoughts are asked off by %s, and what is refused with %d is given up and remembered',
  async (field, status) => {
    await using bot = await openDialectBot(makeThinking(field, status));
    await bot.exchange({ hears: 'Earl Grey.' });
    expect(bot.server.listRequests('chat').length).toBeLessThanOrEqual(3);
    await bot.exchange({ hears: 'Earl Grey.', requests: 1 });
  },
);
