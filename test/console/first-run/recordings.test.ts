import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { checkRecordings } from '#src/console/first-run/wav-files.ts';

const good = 'test/fixtures/speech/human-something.wav';

test('recordings are named by their full paths, in order', async () => {
  expect(await checkRecordings([good, good])).toEqual([resolve(good), resolve(good)]);
});

test.each([
  ['nowhere.wav', /nowhere\.wav cannot be read: there is no such file\.$/],
  ['test', /test is not a file, or is larger than 64 MiB\.$/],
  ['/dev/zero', /^\/dev\/zero is not a file/],
  ['package.json', /package\.json cannot be spoken: The sound is not a WAV file\.$/],
])('%s is refused in one sentence', async (path, sentence) => {
  await expect(checkRecordings([good, path])).rejects.toThrow(sentence);
});
