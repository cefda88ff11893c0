import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getModelFolder } from '#src/speech/local/folders.ts';
import { checkDataFiles, checkDataFolder } from '#src/startup/data-folder-checks.ts';
import {
  checkChatModel,
  checkLocalVoices,
  checkModelFiles,
  listModelFolders,
  listOtherVoices,
} from '#src/startup/model-checks.ts';
import { checkLoopback, checkPort } from '#src/startup/network-checks.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import { installEspeak } from '#test/fakes/optional-packages.ts';
import { runProgram } from '#test/fakes/run-program.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';

const place = { name: 'PAGE_PORT', host: '127.0.0.1' };

test('a port in use is told with what the page does then, unless a bot of this folder has it', async () => {
  await using server = await openListeningServer(createServer());
  const port = { ...place, port: server.port };
  expect(await checkPort({ ...port, movesOn: true }, false)).toMatchObject({
    verdict: 'differs',
    reason: `127.0.0.1:${server.port} is in use, so the page takes the next free one`,
    mend: expect.stringContaining('PAGE_PORT'),
  });
  expect(await checkPort({ ...port, movesOn: true }, true)).toMatchObject({
    verdict: 'ok',
  });
  expect(await checkLoopback()).toMatchObject({ verdict: 'ok' });
});

test('DATA_DIR is refused where it is a file or may not be written, and is not made', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-startup-'));
  try {
    const data = join(folder, 'data');
    expect(await checkDataFolder(data)).toMatchObject({ verdict: 'ok' });
    await writeFile(data, '');
    expect(await checkDataFolder(join(data, 'sandbox'))).toMatchObject({
      reason: `${data} is no folder`,
    });
    await rm(data);
    await mkdir(data);
    await chmod(data, 0o500);
    const isRoot = process.getuid?.() === 0;
    expect((await checkDataFolder(data)).verdict).toBe(isRoot ? 'ok' : 'missing');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a file that the bot cannot read and write is named, and programs refuse a closed folder in the same words', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-startup-'));
  try {
    expect(await checkDataFiles([folder, join(folder, 'none')])).toMatchObject({
      verdict: 'ok',
    });
    const page = join(folder, 'sandbox-page.json');
    await writeFile(page, '{}', { mode: 0o000 });
    const isRoot = process.getuid?.() === 0;
    expect((await checkDataFiles([folder])).verdict).toBe(isRoot ? 'ok' : 'missing');
    expect(runProgram('backup', { DATA_DIR: join(page, 'data') })).toMatchObject({
      status: 78,
      stderr: expect.stringMatching(/^folder: .* is no folder\n {2}mend: /),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

const { engines: local } = readGoodSettings({});
const { engines: served } = readGoodSettings({ OPENAI_API_KEY: 'sk-key' });

test('all models that the settings load are examined, and what is loaded late stops no start', () => {
  const listFolders = (engines: typeof local) =>
    listModelFolders(engines).map(({ folder, isLate }) => [
      folder.split('/').at(-1),
      isLate,
    ]);
  expect(listFolders(local)).toEqual([
    ['whisper-base-int4', false],
    ['piper-joe-int8', false],
    ['g2p-english', false],
    ['smart-turn-v3.2-merged-silence', true],
  ]);
  expect(listFolders(served)).toEqual([
    ['smart-turn-v3.2-merged-silence', true],
    ['whisper-base-int4', true],
  ]);
});

test('a folder of the operator has to be there', async () => {
  const folder = '/nowhere/voice';
  expect(await checkModelFiles({ folder, isLate: false })).toMatchObject({
    verdict: 'missing',
    reason: '/nowhere/voice is not there',
  });
});

test('a folder without rows in models/SHA256SUMS is no whole model', async () => {
  const unlisted = getModelFolder('README.md');
  expect(await checkModelFiles({ folder: unlisted, isLate: false })).toMatchObject({
    verdict: 'missing',
    reason: 'models/SHA256SUMS does not name README.md',
  });
  const folder = fileURLToPath(import.meta.resolve('#package.json'));
  expect(await checkModelFiles({ folder, isLate: false })).toMatchObject({
    verdict: 'missing',
    reason: expect.stringContaining('cannot be read (ENOTDIR'),
  });
});

test('a voice that the local engine does not have is named, unless another model speaks by that name', () => {
  const listReasons = (settings: Readonly<Record<string, string>>) =>
    checkLocalVoices(readGoodSettings(settings).engines).map(({ reason }) => reason);
  expect(listReasons({ SPEECH_VOICE: 'deep' })).toEqual([]);
  expect(listReasons({ SPEECH_VOICE: 'nova' })).toEqual([
    'SPEECH_VOICE: the local voice is not called nova, and speaks as natural',
  ]);
  expect(
    listReasons({ SPEECH_VOICE: 'nova', REALTIME_BASE_URL: 'http://127.0.0.1:9/v1' }),
  ).toEqual([]);
});

test('where a file of a chat model and a server for chat are set, the start names which one wins', () => {
  const listFindings = (settings: Readonly<Record<string, string>>) =>
    checkChatModel(readGoodSettings(settings).engines).map(({ reason }) => reason);
  const file = { CHAT_MODEL_FILE: 'qwen2.5-0.5b' };
  const server = { CHAT_COMPLETION_BASE_URL: 'http://127.0.0.1:9/v1' };
  expect(listFindings({ ...file, ...server })).toEqual([
    'CHAT_MODEL_FILE wins, and the server of CHAT_COMPLETION_BASE_URL is not asked',
  ]);
  expect(listFindings(file)).toEqual([]);
  expect(listFindings({ ...server, CHAT_COMPLETION_MODEL: 'm' })).toEqual([]);
});

test('the doctor lists what speaks other languages on this machine', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-startup-'));
  try {
    const settings = { DATA_DIR: folder, PATH: installEspeak(folder) };
    const [alone] = await listOtherVoices(readGoodSettings({ ...settings, PATH: '' }));
    expect(alone?.reason).toContain('English alone is spoken here');
    const [plain] = await listOtherVoices(readGoodSettings(settings));
    expect(plain?.reason).toBe('English is built in, and 6 languages by eSpeak NG');
    const joe = join(getModelFolder('piper-joe-int8'), 'en_US-joe-medium.onnx');
    await mkdir(join(folder, 'voices'));
    for (const ending of ['', '.json'])
      await cp(`${joe}${ending}`, join(folder, 'voices', `mine.onnx${ending}`));
    const [fetched] = await listOtherVoices(readGoodSettings(settings));
    expect(fetched?.reason).toMatch(/mine \(en-US\) by Piper, and 6 languages/);
    const silent = await listOtherVoices(readGoodSettings({ ...settings, PATH: '' }));
    expect(silent).toMatchObject([
      { verdict: 'differs', mend: 'install it, as by apt install espeak-ng' },
    ]);
    const server = { SPEECH_BASE_URL: 'http://127.0.0.1:9/v1' };
    expect(await listOtherVoices(readGoodSettings({ ...settings, ...server }))).toEqual(
      [],
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('the doctor says of the local voice that its training goes back to recordings with a licence for research', async () => {
  const folder = getModelFolder('piper-joe-int8');
  expect(await checkModelFiles({ folder, isLate: false })).toMatchObject({
    verdict: 'ok',
    reason: expect.stringMatching(/^piper-joe-int8 is whole; .*research/),
  });
});
