import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine } from '#src/engines/engines.ts';
import { collectSound } from '#test/contracts/synthesizer-contract.ts';
import { installEspeak } from '#test/fakes/install-espeak.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'parley-speech-'));
afterAll(() => rmSync(dataDir, { recursive: true }));

async function openSpeech(stack: AsyncDisposableStack, searchPath: string) {
  const told: string[] = [];
  const report = ({ mend, what }: { what: string; mend: string }) =>
    told.push(`${what}; ${mend}`);
  const options = { dataDir, searchPath, report };
  const choice = { kind: 'local', model: '' } as const;
  const speech = await openEngine('text to speech', choice, stack, options);
  return { speech, told };
}

test('where eSpeak NG speaks a language plainly, its operator is offered a voice by name, size and licence, once', async () => {
  await using stack = new AsyncDisposableStack();
  const { speech, told } = await openSpeech(stack, await installEspeak(dataDir));
  expect(speech.voices?.languages).toContain('de');
  for (const language of ['de-DE', 'de-AT', 'nb'])
    await collectSound(speech, 'Guten Tag', { language });
  expect(told).toEqual([
    'somebody talks in German, which only eSpeak NG speaks here; npm run setup fetches Thorsten (63 MB, CC0-1.0), which speaks from the next sentence on',
  ]);
  expect(speech.describeSpeaker?.('de')).toBe('eSpeak NG');
});

test('without eSpeak NG the language is refused, and the offer says what it needs', async () => {
  await using stack = new AsyncDisposableStack();
  const { speech, told } = await openSpeech(stack, '/no/such/folder');
  expect(speech.languages).toEqual(['en']);
  await expect(
    collectSound(speech, 'Bonjour', { language: 'fr' }),
  ).rejects.toMatchObject({ code: 'speech.no_voice' });
  expect(told).toEqual([
    'somebody talks in French, which no voice here speaks; npm run setup fetches Siwis (63 MB, CC-BY-4.0), which speaks from the next sentence on; it needs eSpeak NG, as by apt install espeak-ng, and a restart',
  ]);
});
