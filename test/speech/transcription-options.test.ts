import { getDurationMs } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import { noGuild } from '#src/base/ids.ts';
import { openClient } from '#src/provider/api-client.ts';
import { createTranscriberChain } from '#src/speech/fallbacks/speech-chains.ts';
import { OpenAiTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import type { Transcriber, TranscriptionOptions } from '#src/speech/speech-engine.ts';
import { createPaidRecogniser } from '#src/spending/paid-engine.ts';
import { Reservation } from '#src/spending/reservation.ts';
import { makeChain } from '#test/fakes/fallback-chains.ts';
import {
  openTranscriptions,
  type TranscriptionsOptions,
} from '#test/fakes/providers/mock-transcriptions.ts';
import { readRecording } from './recordings.ts';

const { pcm } = readRecording('human-cards-004');
const never = new AbortController().signal;

async function openHearing(rules: TranscriptionsOptions) {
  const server = await openTranscriptions(rules);
  const client = openClient({ baseUrl: server.baseUrl });
  const own = { model: 'usual', models: ['usual', 'large'] };
  return { ...server, transcriber: new OpenAiTranscriber(client, own) };
}

async function transcriptOf(transcriber: Transcriber, options: TranscriptionOptions) {
  for await (const update of transcriber.transcribe(pcm, never, options))
    if (update.kind === 'final') return update.transcript;
  return expect.fail('There was no final.');
}

// OpenAI ends /audio/translations on 2027-02-26.
test.each<TranscriptionsOptions>([{}, { lacksBy: 410 }, { translates: ['large'] }])(
  'a server that does not translate with this model (%j) is asked to once; the words come as they were said',
  async (rules) => {
    await using server = await openHearing(rules);
    for (let n = 0; n < 2; n++) {
      const transcript = await transcriptOf(server.transcriber, { isTranslated: true });
      expect(transcript).toMatchObject({ text: 'hello' });
      expect(transcript.isTranslated).toBeUndefined();
    }
    const [first, ...others] = [
      '/audio/translations',
      ...Array(2).fill('/audio/transcriptions'),
    ];
    expect(server.listPaths()).toEqual([first, ...others]);
    await transcriptOf(server.transcriber, { isTranslated: true, model: 'large' });
    expect(server.listPaths()[3]).toBe('/audio/translations'); // it may with another
  },
);

test('behind fallbacks and a reservation options reach the server, and each request is paid for', async () => {
  await using server = await openHearing({ translates: ['large'] });
  const heardValues: number[] = [];
  const reservation = new Reservation({
    guildId: noGuild,
    hold: async () => undefined,
    pay: (_, work) =>
      void heardValues.push(...work.uses.map((use) => ('ms' in use ? use.ms : 0))),
  });
  const { chain } = makeChain('speech to text', [server.transcriber], realClock);
  const paid = createPaidRecogniser(createTranscriberChain(chain, false));
  const request = { isTranslated: true, model: 'large' };
  const transcript = await transcriptOf(paid.withReservation(reservation), request);
  expect(transcript.isTranslated).toBe(true);
  expect(heardValues).toEqual([getDurationMs(pcm)]);
});
