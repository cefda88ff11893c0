import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { chooseVoices } from '#setup/choose-voices.ts';
import { readEnvFile } from '#setup/env-file.ts';
import { SettingEdits } from '#setup/setting-edits.ts';
import { SetupQuestions } from '#setup/setup-questions.ts';
import { realClock } from '#src/base/clock.ts';
import type { FetchableVoice } from '#src/downloads/voice-catalogue.ts';
import { serveFile } from '#test/fakes/file-server.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'parley-choose-'));
afterAll(() => rmSync(dataDir, { recursive: true }));

const content = Buffer.from('files of a voice');
const described = {
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
};
const thorsten: FetchableVoice = {
  name: 'de_DE-thorsten-medium',
  speaker: 'Thorsten',
  language: 'de-DE',
  folder: 'voices/de',
  model: described,
  description: described,
  licence: 'CC0-1.0',
  source: 'https://example.org/card',
  lookedUp: '2026-11-30: by this test',
};
const file = join(dataDir, 'voices', thorsten.name, `${thorsten.name}.onnx`);
const [enter, down] = ['\r', '\u001b[B'];

/** Somebody at a terminal, who answers one question after the other. */
function sitDown(host: string) {
  const input = new PassThrough();
  let [shown, seen] = ['', 0];
  const output = new Writable({
    write(chunk, _encoding, done) {
      shown += stripVTControlCharacters(`${chunk}`);
      done();
    },
  });
  const read = readEnvFile(join(dataDir, '.env'));
  if (read.kind === 'refused') throw new Error(read.reason);
  const environment = { DATA_DIR: dataDir, LOCAL_MODEL_HOST: host, PATH: '' };
  const edits = new SettingEdits(read.file, environment);
  const ask = new SetupQuestions({ input, output });
  const ended = chooseVoices({ ask, clock: realClock, edits, voices: [thorsten] });
  return {
    ended,
    shown: () => shown,
    async answer(question: string, typed: string) {
      await expect
        .poll(() => shown.indexOf(question, seen), { timeout: 15_000 })
        .toBeGreaterThanOrEqual(0);
      seen = shown.indexOf(question, seen) + question.length;
      input.write(typed);
    },
  };
}

const fetchIt = 'German: Thorsten (0 MB, CC0-1.0)';

test('a voice is fetched by one answer, told what it needs, and removed by another', async () => {
  await using server = await serveFile(content);
  const terminal = sitDown(server.address);
  await terminal.answer(fetchIt, enter);
  await terminal.answer('; it is here: remove it', down + enter);
  await terminal.ended;
  expect(readFileSync(file)).toEqual(content);
  expect(terminal.shown()).toContain('These voices need eSpeak NG');
  expect(terminal.shown()).toContain('speaks German with it from the next sentence on');
  const later = sitDown(server.address);
  await later.answer('; it is here: remove it', enter);
  await later.answer('Thorsten was removed.', down + enter);
  await later.ended;
  expect(existsSync(file)).toBe(false);
}, 30_000);

test('what cannot be fetched is one sentence, and changes nothing', async () => {
  await using server = await serveFile(content, 'wrong content');
  const terminal = sitDown(server.address);
  await terminal.answer(fetchIt, enter);
  await terminal.answer('It was removed. Nothing was changed.', down + enter);
  await terminal.ended;
  expect(existsSync(file)).toBe(false);
}, 30_000);
