import { expect, test } from 'vitest';
import { embedded } from '#src/provider/served-by.ts';
import type { Heard } from '#src/session/spending.ts';
import { meteredTranscriber } from '#src/session/spending-meters.ts';
import type { Listening, Took, Transcriber, Transcript } from '#src/speech/ports.ts';

const never = new AbortController().signal;
const second = new Int16Array(16_000);
const told = (ms: number): Took => ({ by: embedded, count: { kind: 'heard', ms } });

/** One that hears while somebody speaks, and answers as told. */
function streaming(settle: Listening['settle']): Transcriber {
  return {
    transcribe: () => {
      throw new Error('It listens.');
    },
    listen: () => ({ push: () => undefined, settle, [Symbol.dispose]: () => undefined }),
  };
}

function listening(settle: Listening['settle'], signal = never) {
  const heard: (readonly [ms: number, took: Took | undefined])[] = [];
  const metered = meteredTranscriber(streaming(settle), (ms, _, took) => heard.push([ms, took]));
  return { heard, ear: metered.listen?.(() => undefined, signal) ?? expect.fail() };
}

const answering = (...texts: readonly Transcript[]) => {
  const left = [...texts];
  return async () => left.shift() ?? { text: '' };
};

test('of sound that streams the count of the server is paid, not its length as well', async () => {
  const { ear, heard } = listening(answering({ text: 'a', took: told(900) }));
  ear.push(second);
  await ear.settle(never);
  ear[Symbol.dispose]();
  expect(heard).toEqual([[1_000, told(900)]]);
});

test('a transcript that several wait for is paid once', async () => {
  const same = { text: 'a', took: told(900) };
  const { ear, heard } = listening(answering(same, same));
  ear.push(second);
  await Promise.all([ear.settle(never), ear.settle(never)]);
  ear[Symbol.dispose]();
  expect(heard).toEqual([[1_000, told(900)]]);
});

test('what no transcript came of is paid by its length at the end', async () => {
  const { ear, heard } = listening(() => Promise.reject(new Error('left')));
  ear.push(second);
  await expect(ear.settle(never)).rejects.toThrow('left');
  expect(heard).toEqual([]);
  ear.push(second);
  ear[Symbol.dispose]();
  expect(heard).toEqual([[2_000, undefined]]);
});

test('words that come after the end are paid already', async () => {
  const late = Promise.withResolvers<Transcript>();
  const leaving = new AbortController();
  const { ear, heard } = listening(() => late.promise, leaving.signal);
  ear.push(second);
  const words = ear.settle(never);
  leaving.abort(new Error('left'));
  late.resolve({ text: 'a', took: told(900) });
  await words;
  ear[Symbol.dispose]();
  expect(heard).toEqual([[1_000, undefined]]);
});

test('of an utterance that is sent whole, what the server counts is told, and of a cut one its length', async () => {
  const heard: Parameters<Heard>[] = [];
  const whole: Transcriber = {
    async *transcribe() {
      yield { kind: 'partial', text: 'a' };
      yield { kind: 'final', transcript: { text: 'a', took: told(900) } };
    },
  };
  const metered = meteredTranscriber(whole, (...asked) => void heard.push(asked));
  const pcm = { samples: second, rateHz: 16_000, channels: 1 } as const;
  for await (const _ of metered.transcribe(pcm, never)) break;
  for await (const _ of metered.transcribe(pcm, never));
  expect(heard).toEqual([
    [1_000, 1_000, undefined],
    [1_000, 0, told(900)],
  ]);
});
