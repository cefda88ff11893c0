import { fileURLToPath } from 'node:url';
import { realClock } from '#src/base/clock.ts';
import { Espeak, findEspeak } from '#src/speech/local/voices/espeak.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';
import { collectSound, testSynthesizer } from '#test/contracts/synthesizer-contract.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const program = [
  process.execPath,
  fileURLToPath(new URL('../../../fakes/espeak-ng.ts', import.meta.url)),
] as const;
const never = new AbortController().signal;

async function openEspeak(clock: Parameters<typeof Espeak.open>[1] = realClock) {
  const espeak = await Espeak.open(program, clock);
  if (!espeak) throw new Error('the program of the tests did not start');
  return espeak;
}

let espeak: Espeak;
beforeAll(async () => {
  espeak = await openEspeak();
});
const german = { language: 'de-AT', pitch: 1, speed: 1 };
const speaker: Synthesizer = {
  synthesize: (text, _voice, signal) => espeak.speak(text, german, signal),
};

testSynthesizer('eSpeak NG', () => speaker);

test('the languages are those that the program reads, without the ones in Chinese characters', () => {
  expect(espeak.languages).toEqual(['de', 'en', 'fr', 'nb', 'no', 'pt']);
});

test.each(['--version', '-v en "hello"', '--voices'])(
  'a text that looks like an option is spoken: %s',
  async (text) => {
    const { samples } = await collectSound(speaker, text);
    expect(samples.length).toBeGreaterThan(5_000);
  },
);

test('a sentence is heard while its end is still made', async () => {
  for await (const { samples } of espeak.speak('endless', german, never)) {
    expect(samples.length).toBeGreaterThan(0);
    break;
  }
});

function readProcessId([low = 0, high = 0]: Int16Array) {
  return high * 32_768 + low;
}

function isRunning(processId: number) {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}

test.each(['an abort', 'nobody who reads on'])(
  'the program ends with %s',
  async (end) => {
    const leaving = new AbortController();
    let processId = 0;
    const speaking = async () => {
      for await (const { samples } of espeak.speak('endless', german, leaving.signal)) {
        processId ||= readProcessId(samples);
        expect(isRunning(processId)).toBe(true);
        if (end !== 'an abort') break;
        leaving.abort(new Error('stop'));
      }
    };
    if (end === 'an abort') await expect(speaking()).rejects.toThrow('stop');
    else await speaking();
    await expect.poll(() => isRunning(processId)).toBe(false);
  },
);

test('a program that is silent for ten seconds is ended, and the failure says so', async () => {
  const clock = new VirtualClock();
  const slow = await openEspeak(clock);
  const speaking = collectSound(
    { synthesize: (text, _, signal) => slow.speak(text, german, signal) },
    'silent',
  );
  const failing = expect(speaking).rejects.toMatchObject({
    code: 'speech.failed',
    message: 'eSpeak NG is silent.',
  });
  await clock.advance(10_000);
  await failing;
});

test('each clause has its sounds, without marks of other languages', async () => {
  expect(await espeak.toIpa(['ha loː', 'vɛlt'], 'de', never)).toEqual([
    'ha loː',
    'vɛlt',
  ]);
});

test('a program that does not start, or lists nothing, is none', async () => {
  expect(await Espeak.open(['/no/such/program'], realClock)).toBeUndefined();
  expect(await Espeak.open([process.execPath, '-e', ''], realClock)).toBeUndefined();
  expect(findEspeak('/no/such/folder:./bin')).toBeUndefined();
});
