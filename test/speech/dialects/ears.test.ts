import { BotError } from '#src/base/errors.ts';
import { transcribeText } from '#test/contracts/transcriber-contract.ts';
import {
  makeHearing,
  makeUnsaid,
  shortSounds,
  unsaidTexts,
  wordyJson,
} from '#test/fakes/dialects/ear-servers.ts';
import { speakWords } from '#test/fakes/tone-words.ts';
import { openDialectBot } from './dialect-case.ts';

const { pcm, text } = speakWords('one two three');

test.each(Object.entries(wordyJson))(
  '%s: JSON of a recogniser is read to its words',
  async (_, body) => {
    await using bot = await openDialectBot(makeHearing(body));
    expect(await transcribeText(bot.transcriber, pcm)).toBe(text);
  },
);

test.each(Object.entries(shortSounds))(
  '%s: sound that is too short has no words, and the server did not fail',
  async (_, [status, body]) => {
    await using bot = await openDialectBot({
      refuses: [{ role: 'ears', times: 1, status, body }],
    });
    expect(await transcribeText(bot.transcriber, pcm)).toBe('');
    expect(bot.server.listRequests('ears')).toHaveLength(1);
    expect(bot.news.filter(({ kind }) => kind === 'failed')).toEqual([]);
    expect(await transcribeText(bot.transcriber, pcm)).toBe(text);
  },
);

test.each(Object.entries(unsaidTexts))(
  '%s with status 200 is a failure of a recogniser and nobody\u2019s words',
  async (_, body) => {
    await using bot = await openDialectBot(makeUnsaid(body));
    await expect(transcribeText(bot.transcriber, pcm)).rejects.toBeInstanceOf(BotError);
  },
);
