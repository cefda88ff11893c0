import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { getModelFolder } from '#src/speech/local/folders.ts';
import {
  checkModelFile,
  getModelRemedy,
} from '#src/speech/local/process/model-files.ts';

test('a model file that is not that of this version is refused with what to do, and a model of the operator is not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-models-'));
  const hash = createHash('sha256').update('a model').digest('hex');
  await writeFile(join(folder, 'SHA256SUMS'), `${hash}  listed.onnx\n`);
  const [listed, own] = [join(folder, 'listed.onnx'), join(folder, 'own.onnx')];
  await writeFile(own, 'any');
  await writeFile(listed, 'a model');
  await checkModelFile(own, folder);
  await checkModelFile(listed, folder);
  await rm(listed);
  await mkdir(listed);
  await expect(checkModelFile(listed, folder)).rejects.toMatchObject({
    code: 'speech.failed',
    message: expect.stringMatching(
      /^models\/listed\.onnx cannot be read \(EISDIR.*git checkout -- models/,
    ),
  });
  await rm(listed, { recursive: true });
  await writeFile(listed, 'A model');
  await expect(checkModelFile(listed, folder)).rejects.toMatchObject({
    code: 'speech.failed',
    message: expect.stringMatching(/^models\/listed\.onnx .*git checkout -- models/),
  });
});

test('models/SHA256SUMS names each file that the models are loaded from', async () => {
  const sums = await readFile('models/SHA256SUMS', 'utf8');
  const code = await Promise.all(
    [
      'process/whisper',
      'process/smart-turn',
      'process/turn-head',
      'english/phonemes',
    ].map((name) => readFile(`src/speech/local/${name}.ts`, 'utf8')),
  );
  const names = [...code.join('').matchAll(/folder, '([\w.-]+)'/g)].map(
    ([, name]) => name,
  );
  expect(names.length).toBe(8);
  for (const name of names) expect(sums).toContain(`/${name}\n`);
});

test('ONNX Runtime keeps nothing for its maker, who would be told of each start', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-telemetry-'));
  const toUrlSource = (path: string) => JSON.stringify(import.meta.resolve(path));
  const source = `
    const { openModel } = await import(${toUrlSource('#src/speech/local/process/sessions.ts')});
    await openModel(${JSON.stringify(getModelFolder('smart-turn-v3.2-merged-silence/smart-turn.onnx'))});`;
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', source], {
    cwd: folder,
    env: { HOME: folder, TMPDIR: folder },
  });
  expect(await readdir(folder)).toEqual([]);
});

test('a build without the local voice says how it gets a voice, and one with broken files where they come from', () => {
  const left = getModelRemedy('/app/models/piper-joe-int8/voice.onnx', false);
  expect(left).toMatch(/no voice of its own.*SPEECH_BASE_URL.*SPEECH_MODEL.*VOICE=joe/);
  const kept = join(getModelFolder('piper-joe-int8'), 'broken.onnx');
  expect(getModelRemedy(kept, false)).toContain('pull the image again');
  expect(getModelRemedy(kept, true)).toContain('git checkout -- models');
});
