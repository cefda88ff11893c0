import { openEngines } from '#src/app/engines/open-engines.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import { collectSound } from '#test/contracts/synthesizer-contract.ts';
import { transcribeText } from '#test/contracts/transcriber-contract.ts';
import {
  heardText,
  openRealtimeDialect,
  type RealtimeDialect,
} from '#test/fakes/dialects/realtime-dialect.ts';
import {
  recogniserDialects,
  refuseNamed,
  talkDialects,
} from '#test/fakes/dialects/realtime-dialects.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { speakWords } from '#test/fakes/tone-words.ts';
import { listRows } from '#test/properties.ts';

const sentence = 'The quick brown fox jumps.';
const spoken = speakWords('nova one two three');
const nowhere = 'http://127.0.0.1:9/v1';

/** The bot's voice and recogniser under settings for a server of a dialect. */
async function openBot(dialect: RealtimeDialect, path = '/v1', login = '') {
  const server = await openRealtimeDialect(dialect, (text) => ({ text }), makeTone);
  const isAzure = dialect.refuseUpgrade !== undefined;
  const address = isAzure ? '/openai?api-version=2025-04-01-preview' : path;
  const baseUrl = `${server.origin.replace('//', `//${login}`)}${address}`;
  const makeRoleSettings = (name: string) => {
    return {
      [`${name}_BACKEND`]: 'realtime',
      [`${name}_BASE_URL`]: baseUrl,
      [`${name}_MODEL`]: 'talker',
      [`${name}_API_KEY`]: 'hunter22',
    };
  };
  const settings = {
    ...makeRoleSettings('SPEECH'),
    ...makeRoleSettings('TRANSCRIPTION'),
    SPEECH_VOICE: 'marin',
    CHAT_COMPLETION_BASE_URL: nowhere,
  };
  const engines = await openEngines(readGoodSettings(settings), () => {});
  return {
    ...engines,
    calls: server.calls,
    async [Symbol.asyncDispose]() {
      await engines[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

test.each(listRows(talkDialects))(
  '$title: a sentence is read at its own rate',
  async (dialect) => {
    await using bot = await openBot(dialect);
    for (let n = 0; n < 2; n++) {
      const { rateHz, samples } = await collectSound(bot.synthesizer, sentence);
      const toneMs = makeTone(sentence, 24_000).length / 24;
      expect(Math.abs((samples.length / rateHz) * 1000 - toneMs)).toBeLessThan(20);
    }
  },
);

test.each([
  ['session.audio.output.voice'],
  ['session.audio.output.format'],
  ['response.conversation'],
  ['response.input'],
  ['response.tools'],
  ['response.max_output_tokens'],
])('a voice without %s reads all the same', async (param) => {
  await using bot = await openBot(refuseNamed(param));
  for (let n = 0; n < 2; n++)
    expect(await collectSound(bot.synthesizer, sentence)).toEqual({
      samples: makeTone(sentence, 24_000),
      rateHz: 24_000,
      channels: 1,
    });
});

test.each(listRows(recogniserDialects))(
  '$title: what is said is recognised, each utterance of a connection of its own',
  async (dialect) => {
    await using bot = await openBot(dialect);
    for (let n = 0; n < 2; n++)
      expect(await transcribeText(bot.transcriber, spoken.pcm)).toBe(heardText);
    const soundMs = (spoken.pcm.samples.length / 16_000) * 1000;
    const commits = bot.calls.flatMap((call) => call.commits).filter((ms) => ms > 0);
    expect(commits).toHaveLength(2);
    for (const ms of commits) expect(Math.abs(ms - soundMs)).toBeLessThan(120);
  },
);

test.each([
  ['/v1?tenant=a', '/v1/realtime?tenant=a&model=talker'],
  ['/v1/realtime?tenant=a', '/v1/realtime?tenant=a&model=talker'],
  ['/api/realtime?model=other', '/api/realtime?model=other'],
  [
    '/openai/deployments/talker?api-version=1',
    '/openai/realtime?api-version=1&deployment=talker',
  ],
])(
  'the address %s is asked at %s, with user and password as Basic',
  async (path, url) => {
    const [openAi = expect.fail()] = talkDialects;
    await using bot = await openBot(openAi, path, 'ana:pa%40ss@');
    await collectSound(bot.synthesizer, sentence);
    const call = bot.calls.find(({ commands }) => commands.length > 0);
    expect(call?.url).toBe(url);
    expect(call?.headers.authorization).toBe(
      `Basic ${Buffer.from('ana:pa@ss').toString('base64')}`,
    );
    expect(call?.headers['api-key']).toBe('hunter22');
  },
);
