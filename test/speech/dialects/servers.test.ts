import { joinTexts, listSoundedTexts } from '#test/contracts/pipeline-contract.ts';
import { collectSound } from '#test/contracts/synthesizer-contract.ts';
import { transcribeText as wordsOf } from '#test/contracts/transcriber-contract.ts';
import { openServers } from '#test/fakes/dialects/provider-recipes.ts';
import { openServer, serverForms } from '#test/fakes/dialects/server-forms.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { hearWords, speakWords } from '#test/fakes/tone-words.ts';
import { openBotDoors } from './bot-doors.ts';

const answer = 'Two of them. The other one is on its way.';
const behind = {
  hears: hearWords,
  replies: [
    { match: 'again', call: { name: 'lamp', argumentsJson: '{"on":true}' } },
    { match: 'done', text: 'The lamp is on.' },
    { match: /./, text: answer },
  ],
};
const spoken = speakWords('nova one two three');
const servers = [...serverForms].map(([name, form]) => ({ name, ...form }));

/** The bot behind a server; others stand in where it does not hear, think or speak. */
async function openBot(name: string, overrides = {}, failsAfter?: number) {
  const names = ['whisper.cpp', 'ollama', 'kokoro-fastapi', name];
  const settings = names.map((one) => serverForms.get(one)?.settings);
  const stands = Object.fromEntries(
    names.map((one) => [`http://${one}`, openServer(one)]),
  );
  const failing = { ...behind, failsAfter };
  const kitchen = await openServers(
    Object.assign({}, ...settings, overrides),
    stands,
    failing,
  );
  return await openBotDoors(kitchen.environment, kitchen);
}

test.each(servers)(
  '$title: what is said is heard, thought and spoken, and a tool that is called runs',
  async ({ name, transcription }) => {
    // By this name the bot asks for words as a stream.
    const streamed = transcription?.stream && {
      TRANSCRIPTION_MODEL: 'gpt-4o-transcribe',
    };
    await using bot = await openBot(name, streamed);
    expect(await wordsOf(bot.transcriber, spoken.pcm)).toBe(spoken.text);
    const { parts, error } = await bot.answer(spoken.text);
    expect([error, joinTexts(parts)]).toEqual([undefined, answer]);
    expect(listSoundedTexts(parts)).toEqual([
      'Two of them.',
      'The other one is on its way.',
    ]);
    const { samples, rateHz } = await collectSound(bot.synthesizer, 'Two of them.');
    expect(samples).toEqual(makeTone('Two of them.', rateHz));
    expect(joinTexts((await bot.answer('again')).parts)).toBe('The lamp is on.');
    expect(bot.host.ran).toMatchObject([behind.replies[0]?.call]);
  },
);

test.each(servers.filter(({ chat }) => chat))(
  '$title: an error before the first word is $chat.failsAs, and behind words the answer broke off',
  async ({ name, chat }) => {
    for (const [count, words, code] of [
      [0, '', chat?.failsAs],
      [3, 'Two of them.', 'provider.truncated'],
    ] as const) {
      await using bot = await openBot(name, {}, count);
      const { parts, error } = await bot.answer(spoken.text);
      expect([joinTexts(parts), error]).toMatchObject([words, { code }]);
    }
  },
);

const roles = [
  ['chat', 'CHAT_COMPLETION_MODEL'],
  ['transcription', 'TRANSCRIPTION_MODEL'],
  ['speech', 'SPEECH_MODEL'],
] as const;
const refusing = servers.flatMap(({ name, title, ...form }) =>
  roles.flatMap(([role, setting]) => {
    const { model } = form[role]?.takes ?? {};
    return model ? { name, title, role, setting, status: model.status } : [];
  }),
);

test.each(refusing)(
  '$title: an unknown model of $role is an error $status',
  async ({ name, role, setting, status }) => {
    await using bot = await openBot(name, { [setting]: 'nobody' });
    const request = {
      chat: async () => Promise.reject((await bot.answer('Hi.')).error),
      transcription: () => wordsOf(bot.transcriber, spoken.pcm),
      speech: () => collectSound(bot.synthesizer, answer),
    };
    await expect(request[role]()).rejects.toMatchObject({
      code: 'provider.refused',
      about: { status },
    });
  },
);
