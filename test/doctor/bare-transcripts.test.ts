import {
  type FakeRoute,
  openExaminedServer,
  runExamination,
} from './run-examination.ts';

const testSentence =
  'One two three four five six seven eight nine ten. This is how the voice of a server sounds.';

/** A recogniser that answers every clip with this text. */
const answerText =
  (text: string): FakeRoute =>
  (response) =>
    void response.writeHead(200, { 'content-type': 'text/plain' }).end(text);

/** Findings about such a recogniser. */
async function examineEars(text: string, settings: NodeJS.ProcessEnv = {}) {
  using server = await openExaminedServer({
    'POST /v1/audio/transcriptions': answerText(text),
  });
  const address = { TRANSCRIPTION_BASE_URL: `${server.origin}/v1` };
  return await runExamination([], { ...address, ...settings }, 50_000);
}

test('a recogniser that sends bare text is told by the words of the clip, and the setting mends it', async () => {
  const match = await examineEars(testSentence);
  expect(match.mendOf('recognise')).toBe('set TRANSCRIPTION_PLAIN_TEXT=true');
  const mended = await examineEars(testSentence, { TRANSCRIPTION_PLAIN_TEXT: 'true' });
  expect(mended.about('recognise')).toMatch(/^ok/);
});

test('an error in bare text is no transcript, and no setting is advised', async () => {
  const match = await examineEars('Internal Server Error');
  expect(match.about('recognise')).toMatch(/missing|failed|fail/);
  expect(match.mendOf('recognise')).not.toContain('set TRANSCRIPTION_PLAIN_TEXT');
});
