import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDotEnv } from '#src/config/dot-env.ts';
import { readGoodSettings, readMistakes } from './read-settings.ts';

const key = { OPENAI_API_KEY: 'k' };

test('with local no address and no key is used', () => {
  const { speech, transcription } = readGoodSettings({
    ...key,
    TRANSCRIPTION_BACKEND: 'local',
  }).engines;
  expect(transcription).toEqual({
    kind: 'local',
    model: '',
    voice: undefined,
    language: undefined,
  });
  expect(speech).toMatchObject({ kind: 'remote' });
  expect(
    readGoodSettings({ ...key, SPEECH_BACKEND: 'local', SPEECH_VOICE: 'Joe' }).engines
      .speech,
  ).toMatchObject({
    kind: 'local',
    voice: 'Joe',
  });
});

test('the path of a folder is a local model, and is never sent to a vendor', () => {
  const fields = { ...key, TRANSCRIPTION_LANGUAGE: 'de' };
  for (const model of ['./models/mine', '/srv/models/mine'])
    expect(
      readGoodSettings({ ...fields, TRANSCRIPTION_MODEL: model }).engines.transcription,
    ).toMatchObject({
      kind: 'local',
      model,
      language: 'de',
    });
});

test('local takes no name of a model', () =>
  expect(
    readMistakes({
      ...key,
      TRANSCRIPTION_BACKEND: 'local',
      TRANSCRIPTION_MODEL: 'whisper-1',
    }),
  ).toEqual([
    'TRANSCRIPTION_MODEL: local takes the path of a folder, which begins with . or /',
  ]));

test('an old .env says embedded for local, and is told so in one line', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'parley-env-')), '.env');
  writeFileSync(
    path,
    'SPEECH_FALLBACK_BASE_URL=embedded\nSPEECH_BASE_URL=http://one/v1\n',
  );
  const lines: string[] = [];
  const environment = {};
  loadDotEnv((line) => lines.push(line), path, environment);
  expect(lines).toEqual(['SPEECH_FALLBACK_BASE_URL: embedded is called local now.']);
  expect(readGoodSettings(environment).engines.fallbacks.speech).toMatchObject({
    kind: 'local',
  });
});
