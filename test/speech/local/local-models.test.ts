import { noGuild } from '#src/base/ids.ts';
import { admitJob } from '#src/speech/local/jobs/admit-job.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

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

test('a model process that is silent for 90 s is killed, and another does the next', async () => {
  const failure = expect(runFolder('hang')).rejects.toThrow(
    'The local models were too slow and are restarted.',
  );
  await clock.advance(90_000);
  await failure;
  expect(await runFolder('next')).toBe('next as job 1');
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
