import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { listenRateHz } from '#src/audio/pcm.ts';
import { noGuild } from '#src/base/ids.ts';
import { getModelFolder } from '#src/speech/local/folders.ts';
import { admitJob } from '#src/speech/local/jobs/admit-job.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { leaveConstantsInFile } from '#src/speech/local/process/mapped-constants.ts';
import {
  checkModelFile,
  getModelRemedy,
} from '#src/speech/local/process/model-files.ts';
import { cutModel } from '#src/speech/local/process/model-graph.ts';
import { BoundedTurnModel, SmartTurnModel } from '#src/speech/local/turn-model.ts';
import { readSpeech } from '#test/audio/recorded-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import manifest from '#test/fixtures/speech/manifest.json' with { type: 'json' };

const entry = new URL('./obedient-models.ts', import.meta.url);
const staying = new AbortController().signal;
const clock = new VirtualClock();
const models = new LocalModels({ clock, entry });
afterAll(() => models[Symbol.asyncDispose]());

/** Runs a job that does what `folder` says. */
const runFolder = (folder: string, signal = staying, by = models) =>
  by.runJob(
    admitJob({
      kind: 'end-of-turn',
      folder,
      work: { samples: new Int16Array(1) },
      guildId: noGuild,
      urgency: 'turn',
    }),
    signal,
  );

test('a model process that dies gives its work up, and another does the next', async () => {
  expect(await runFolder('next')).toBe('next as job 1');
  await expect(runFolder('die')).rejects.toMatchObject({
    code: 'speech.failed',
    retryable: true,
  });
  expect(await runFolder('next')).toBe('next as job 1');
});

test('a process that is killed takes no job along, and its first death is told', async () => {
  const onDeath = vi.fn();
  const maxRunning = { ofServer: 1, ofAll: 1 };
  await using killed = new LocalModels({ clock, entry, maxRunning, onDeath });
  for (let death = 0; death < 2; death++) {
    const answers = ['wait', 'next'].map((folder) =>
      runFolder(folder, staying, killed),
    );
    const { processId = 0 } = killed;
    process.kill(processId, 'SIGKILL');
    expect(await Promise.all(answers)).toEqual(['wait as job 1', 'next as job 2']);
  }
  expect(onDeath).toHaveBeenCalledTimes(1);
});

test('a job that nobody wants any more is not run again after a death', async () => {
  await using killed = new LocalModels({ clock, entry });
  const leaving = new AbortController();
  const failure = expect(runFolder('wait', leaving.signal, killed)).rejects.toThrow(
    'left',
  );
  const { processId = 0 } = killed;
  leaving.abort(new Error('left'));
  await failure;
  process.kill(processId, 'SIGKILL');
  await expect.poll(() => killed.processId).toBeUndefined();
  expect(await runFolder('next', staying, killed)).toBe('next as job 1');
});

test('a model process that is silent for 90 s is killed, and another does the next', async () => {
  const failure = expect(runFolder('hang')).rejects.toThrow(
    'The local models were too slow and are restarted.',
  );
  await clock.advance(90_000);
  await failure;
  expect(await runFolder('next')).toBe('next as job 1');
});

test('a process that hangs takes only what ran along', async () => {
  const maxRunning = { ofServer: 1, ofAll: 1 };
  await using hanging = new LocalModels({ clock, entry, maxRunning });
  const failure = expect(runFolder('hang', staying, hanging)).rejects.toThrow(
    'too slow',
  );
  const waiting = runFolder('next', staying, hanging);
  await clock.advance(90_000);
  await failure;
  expect(await waiting).toBe('next as job 1');
});

test('a job that fails keeps its reason, and ends nothing else', async () => {
  await expect(runFolder('fail')).rejects.toMatchObject({ code: 'speech.unspeakable' });
  expect(await runFolder('next')).toBe('next as job 3');
});

test('a job that nobody wants any more is let go at once, and keeps no process in danger', async () => {
  const leaving = new AbortController();
  const failure = expect(runFolder('stay', leaving.signal)).rejects.toThrow('left');
  leaving.abort(new Error('left'));
  await failure;
  expect(await runFolder('next')).toBe('next as job 4');
  await clock.advance(90_000);
  expect(await runFolder('next')).toBe('next as job 5');
});

test('closed models refuse, and let nobody wait', async () => {
  const closing = new LocalModels({ clock, entry });
  const waiting = runFolder('stay', staying, closing);
  const failure = expect(waiting).rejects.toThrow('The local models are closed.');
  await closing[Symbol.asyncDispose]();
  await failure;
  await expect(closing.loadModel('speak', 'next')).rejects.toThrow('closed');
});

test('a folder without a model is refused in one sentence', async () => {
  await using real = new LocalModels();
  await expect(real.loadModel('transcribe', 'no-such-folder')).rejects.toMatchObject({
    code: 'speech.failed',
    message:
      'no-such-folder holds no Whisper model: encoder.onnx, decoder.onnx and tokens.txt.',
  });
});

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

test('parts of a model give the same numbers as the whole, each in a shorter run, and so does one whose constants stay in the file', async () => {
  const folder = getModelFolder('whisper-base-int4');
  const file = await readFile(`${folder}/encoder.onnx`);
  const pieces = cutModel(file, /^\/(blocks\.[1-9]\d*|ln_post)\//);
  expect(pieces).toHaveLength(7);
  expect(cutModel(file, /no such node/)).toHaveLength(1);
  const levels = Float32Array.from({ length: 80 * 50 }, (_, n) => Math.sin(n));
  const mel = new Tensor('float32', levels, [1, 80, 50]);
  const encodeMel = async (models: readonly Uint8Array[]) => {
    let values: Record<string, Tensor> = { mel };
    for (const model of models) {
      const session = await InferenceSession.create(model, {
        graphOptimizationLevel: 'disabled',
        intraOpNumThreads: 1,
        extra: { session: { model_external_initializers_file_folder_path: folder } },
      });
      values = await session.run(values);
    }
    return values.n_layer_cross_v?.data;
  };
  const numbers = await encodeMel([file]);
  expect(await encodeMel(pieces)).toEqual(numbers);
  const light = leaveConstantsInFile(file, 'encoder.onnx');
  expect(light.length).toBeLessThan(file.length / 4);
  expect(await encodeMel([light])).toEqual(numbers);
});

test('Smart Turn hears that a sentence is over, and that half of it is not', async () => {
  await using models = new LocalModels();
  const failures: string[] = [];
  const model = new SmartTurnModel(models, (why) => failures.push(why));
  const { samples } = readSpeech('human-something');
  const whole = await model.judge({ guildId: noGuild, samples }, staying);
  const half = await model.judge(
    { guildId: noGuild, samples: samples.subarray(0, samples.length / 2) },
    staying,
  );
  expect(whole).toBeGreaterThan(0.8);
  expect(half).toBeLessThan(-0.8);
  expect(failures).toEqual([]);
});

test('silence that is merged before short sound turns few judgements', async () => {
  await using models = new LocalModels();
  const model = new SmartTurnModel(models, expect.unreachable);
  const turned: string[] = [];
  for (const { file } of manifest) {
    const { samples } = readSpeech(file.replace('.wav', ''));
    const after = new Int16Array(8 * 16_000);
    const sound = samples.subarray(-after.length);
    after.set(sound, after.length - sound.length);
    const [short = 0, long = 0] = [
      await model.judge({ guildId: noGuild, samples: sound }, staying),
      await model.judge({ guildId: noGuild, samples: after }, staying),
    ];
    if (short > 0 !== long > 0) turned.push(file);
  }
  expect(turned.length).toBeLessThanOrEqual(2);
});

test('a turn model that does not load says so once, and is not asked again', async () => {
  const entry = new URL('./obedient-models.ts', import.meta.url);
  const models = new LocalModels({ entry });
  await models[Symbol.asyncDispose]();
  const failures: string[] = [];
  const model = new SmartTurnModel(models, (why) => failures.push(why));
  model.load();
  expect(
    await model.judge({ guildId: noGuild, samples: new Int16Array(160) }, staying),
  ).toBeUndefined();
  expect(
    await model.judge({ guildId: noGuild, samples: new Int16Array(160) }, staying),
  ).toBeUndefined();
  expect(failures).toEqual(['The local models are closed.']);
});

test('judgements take a quarter of a core in the long run, and the rest is left to words and silence, counted', async () => {
  const clock = new VirtualClock();
  let skipped = 0;
  const smartTurn = { load: () => undefined, judge: async () => 1 };
  const model = new BoundedTurnModel(smartTurn, clock, () => skipped++);
  const sound = { guildId: noGuild, samples: new Int16Array(20 * listenRateHz) };
  const countJudged = async (pauses: number) => {
    const skippedBefore = skipped;
    const judged = await Promise.all(
      Array.from({ length: pauses }, () => model.judge(sound, staying)),
    );
    expect(judged.filter((logit) => logit === undefined)).toHaveLength(
      skipped - skippedBefore,
    );
    return pauses - (skipped - skippedBefore);
  };
  // One of 8 s takes 154 ms.
  expect(await countJudged(30)).toBe(10);
  await clock.advance(60_000);
  expect(await countJudged(30)).toBe(10);
  let judged = 0;
  for (let second = 0; second < 60; second++) {
    await clock.advance(1_000);
    judged += await countJudged(5);
  }
  expect(judged * 154).toBeGreaterThan(0.22 * 60_000);
  expect(judged * 154).toBeLessThan(0.26 * 60_000);
});
