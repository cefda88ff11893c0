import { readSpeech } from '#test/audio/recorded-speech.ts';
import { readBotEnvironment } from '#test/deploy/compose-files.ts';
import {
  openServers,
  type RecipeStands,
} from '#test/fakes/dialects/provider-recipes.ts';
import { openServer } from '#test/fakes/dialects/server-forms.ts';
import { openLiteLlm } from '#test/fakes/dialects/vendor-dialects.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callIn,
  expireSoon,
  hearAnswer,
  openOwnScenario,
  playScenario,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';

const answer = 'The Millau Viaduct, I think.';
/** Variables of `.env` where nothing is set, and the key of the proxy that `deploy/README.md` has put there. */
const dotEnv = {
  TRANSCRIPTION_BASE_URL: '',
  CHAT_COMPLETION_BASE_URL: '',
  SPEECH_BASE_URL: '',
};

/** One question and its answer, as somebody in the channel hears it, through the servers of a compose file. */
async function expectAnswered(file: string, stands: RecipeStands, env = {}) {
  const behind = {
    hears: () => 'Nova, what is the tallest bridge 1!',
    replies: [{ match: /^/, text: answer }],
  };
  await using kitchen = await openServers(
    await readBotEnvironment(file),
    stands,
    behind,
  );
  const environment = { ...dotEnv, ...kitchen.environment, ...env };
  await using setup = await openOwnScenario({ environment });
  const adam = await callIn(setup, 'Adam');
  const { firstPacketAtMs } = await adam.say(
    readSpeech('human-cards-001'),
    expireSoon(),
  );
  const { pcm } = await hearAnswer(adam, firstPacketAtMs);
  await expectAlike(pcm, toneOf([answer]));
}

playScenario(
  'people talk with the bot of each compose file through its own servers',
  async () => {
    const local = {
      'http://speaches:8000': openServer('speaches'),
      'http://ollama:11434': openServer('ollama'),
    };
    const key = { OPENAI_API_KEY: 'sk-the-proxys' };
    const proxy = { 'http://litellm:4000': openLiteLlm };
    await Promise.all([
      expectAnswered('compose.local.yaml', local),
      expectAnswered('compose.proxy.yaml', proxy, key),
      expectAnswered('compose.proxy.yaml', proxy, { ...key, PIPELINE: 'audio-model' }),
    ]);
  },
);
