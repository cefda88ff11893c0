import { createServer } from 'node:http';
import { admitChosenLanguage } from '#src/base/language/expected-language.ts';
import { withTranscriptionOptions } from '#src/speech/hints.ts';
import { RealtimeTranscriber } from '#src/speech/realtime/realtime-transcriber.ts';
import { transcribeText } from '#test/contracts/transcriber-contract.ts';
import { attachRealtime } from '#test/fakes/providers/mock-realtime.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { hearWords, speakWords } from '#test/fakes/tone-words.ts';

const five = speakWords('one two three four five');
const server = createServer();
const mock = attachRealtime(server, { hears: hearWords });
const served = await openListeningServer(server, () => mock.dropAll());
const baseUrl = `${served.origin}/v1`;

beforeEach(() => mock.set({ trouble: undefined }));
afterAll(() => served[Symbol.asyncDispose]());

function openTranscriber(model: string) {
  const [transcriber, from] = [
    new RealtimeTranscriber({ baseUrl, model }),
    mock.calls.length,
  ];
  return {
    transcriber,
    addHints: (...hints: readonly string[]) =>
      withTranscriptionOptions(transcriber, { hints }),
    /** Updates to its connections, in order. */
    listUpdates: () => mock.calls.slice(from).flatMap(({ updates }) => updates),
    [Symbol.dispose]: () => transcriber[Symbol.dispose](),
  };
}

const expectReported = (transcription: object) =>
  expect.objectContaining({
    audio: { input: expect.objectContaining({ transcription }) },
  });

test.each([
  ['gpt-live-transcribe', { keywords: ['Nova', 'Ana'] }],
  ['gpt-realtime-whisper', { prompt: 'Nova, Ana.' }],
])('%s is told which words to expect, for each utterance', async (model, fields) => {
  using opened = openTranscriber(model);
  for (const item of [opened.addHints('Nova', 'Ana'), opened.transcriber])
    expect(await transcribeText(item, five.pcm)).toBe(five.text);
  expect(opened.listUpdates()).toEqual([
    expectReported({ model }),
    expectReported({ model, ...fields }),
    expectReported({ model }),
  ]);
});

test.each(['gpt-live-transcribe', 'gpt-realtime-whisper'])(
  '%s is told no language that was guessed, and the one that somebody set',
  async (model) => {
    using opened = openTranscriber(model);
    const guess = {
      kind: 'likely',
      languages: [{ language: 'fr', weight: 4 }],
      others: 1,
    } as const;
    const set = { kind: 'set', language: admitChosenLanguage('de-AT') } as const;
    for (const language of [guess, set])
      await transcribeText(
        withTranscriptionOptions(opened.transcriber, { language }),
        five.pcm,
      );
    const isList = model === 'gpt-live-transcribe';
    expect(opened.listUpdates()).toEqual([
      expectReported({ model }),
      expectReported({
        model,
        ...(isList ? { languages: ['de'] } : { language: 'de' }),
      }),
    ]);
  },
);

test.each(['refuses-hints', 'refuses-hints-namelessly', 'drops-at-hints'] as const)(
  'a server that %s is heard all the same, and told only once',
  async (trouble) => {
    mock.set({ trouble });
    using opened = openTranscriber('gpt-live-transcribe');
    const isLost = trouble === 'drops-at-hints';
    if (isLost)
      await expect(transcribeText(opened.addHints('Nova'), five.pcm)).rejects.toThrow();
    for (let n = isLost ? 1 : 0; n < 3; n++)
      expect(await transcribeText(opened.addHints('Nova', `Ana ${n}`), five.pcm)).toBe(
        five.text,
      );
    const hinted = opened
      .listUpdates()
      .filter((update) => JSON.stringify(update).includes('keywords'));
    expect(hinted).toHaveLength(1);
  },
);
