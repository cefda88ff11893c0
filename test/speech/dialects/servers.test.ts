import { expect, test } from 'vitest';
import { openEngines } from '#src/app/engines/engines.ts';
import { chained } from '#src/pipeline/chained.ts';
import { good } from '#test/config/read-settings.ts';
import { drain, FakeHost, said, soundedTexts, textOf, turnOf } from '#test/contracts/pipeline.ts';
import { soundOf } from '#test/contracts/synthesizer.ts';
import { textOf as wordsOf } from '#test/contracts/transcriber.ts';
import { openServer, roles, serverForms, settingsFor } from '#test/fakes/dialects/servers.ts';
import { tone } from '#test/fakes/providers/sound.ts';
import { hearWords, speakWords } from '#test/fakes/spoken-words.ts';

const never = new AbortController().signal;
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
const servers = [...serverForms].map(([name, form]) => ({ name, form, ...form }));

/** The bot's engines behind a server; Ollama and Kokoro-FastAPI stand in where it does not think or speak. */
async function openSet(name: string, more = {}, failsAfter?: number) {
  await using stack = new AsyncDisposableStack();
  const environments = [];
  for (const one of ['whisper.cpp', 'ollama', 'kokoro-fastapi', name]) {
    const form = serverForms.get(one);
    const fails = one === name ? { failsAfter } : {};
    const { origin } = stack.use(await openServer(one)({ ...behind, ...fails }));
    environments.push(form && settingsFor(form, origin));
  }
  const config = good(Object.assign({}, ...environments, more));
  const engines = stack.use(await openEngines(config, () => {}));
  const pipeline = chained({ chat: engines.chat('Nova'), synthesizer: engines.synthesizer });
  const host = new FakeHost();
  host.release();
  const opened = stack.move();
  return {
    ...engines,
    host,
    answer: (words: string) =>
      drain(pipeline.answer(turnOf(said(words)), host, never)[Symbol.asyncIterator]()),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

test.each(servers)(
  '$title: what is said is heard, thought and spoken',
  async ({ name, speech }) => {
    await using set = await openSet(name);
    expect(await wordsOf(set.transcriber, spoken.pcm)).toBe(spoken.text);
    const { parts, error } = await set.answer(spoken.text);
    expect([error, textOf(parts)]).toEqual([undefined, answer]);
    expect(soundedTexts(parts)).toEqual(['Two of them.', 'The other one is on its way.']);
    const hz = Object.values(speech?.models ?? { kokoro: 24_000 })[0];
    const { samples, rateHz } = await soundOf(set.synthesizer, 'Two of them.');
    expect([rateHz, samples]).toEqual([hz, tone('Two of them.', rateHz)]);
  },
);

test.each(servers.filter(({ chat }) => chat))(
  '$title: a tool that is called runs',
  async ({ name }) => {
    await using set = await openSet(name);
    const { parts, error } = await set.answer('again');
    expect([error, textOf(parts)]).toEqual([undefined, 'The lamp is on.']);
    expect(set.host.ran).toMatchObject([{ name: 'lamp', argumentsJson: '{"on":true}' }]);
  },
);

test.each(servers.filter(({ chat }) => chat))(
  '$title: an error before the first word is $chat.failsAs, and behind words the answer broke off',
  async ({ name, chat }) => {
    await using failing = await openSet(name, {}, 0);
    const { parts, error } = await failing.answer(spoken.text);
    expect([textOf(parts), error]).toMatchObject(['', { code: chat?.failsAs }]);
    await using breaking = await openSet(name, {}, 3);
    const broken = await breaking.answer(spoken.text);
    expect([textOf(broken.parts), broken.error]).toMatchObject([
      'Two of them.',
      { code: 'provider.truncated' },
    ]);
  },
);

const refusing = servers.flatMap(({ name, form, title }) =>
  roles.flatMap(([role, setting]) =>
    form[role]?.refusal ? { name, role, setting, title, ...form[role].refusal } : [],
  ),
);

test.each(refusing)(
  '$title: an unknown model of $role is an error $status',
  async ({ name, role, setting, status }) => {
    await using set = await openSet(name, { [`${setting}_MODEL`]: 'nobody' });
    const asked = {
      chat: async () => Promise.reject((await set.answer(spoken.text)).error),
      transcription: () => wordsOf(set.transcriber, spoken.pcm),
      speech: () => soundOf(set.synthesizer, answer),
    };
    await expect(asked[role]()).rejects.toMatchObject({
      code: 'provider.refused',
      about: { status },
    });
  },
);

test.each(servers.filter(({ transcription }) => transcription?.stream))(
  '$title: words that are asked for as a stream are heard',
  async ({ name }) => {
    await using set = await openSet(name, { TRANSCRIPTION_MODEL: 'gpt-4o-transcribe' });
    expect(await wordsOf(set.transcriber, spoken.pcm)).toBe(spoken.text);
  },
);
