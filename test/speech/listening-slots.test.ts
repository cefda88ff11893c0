import { expect, test } from 'vitest';
import { ListeningSlots } from '#src/speech/listening-slots.ts';
import type { Listening, Transcriber } from '#src/speech/ports.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';

const never = new AbortController().signal;
const sound = (value: number) => new Int16Array(320).fill(value);

/** A recogniser that takes sound while it is spoken and tells how much it got; it counts those that are open. */
class CountingTranscriber implements Transcriber {
  open = 0;

  async *transcribe() {
    yield { kind: 'final', transcript: { text: '' } } as const;
  }

  listen(): Listening {
    this.open++;
    let [heard, isOpen] = [0, true];
    return {
      push: (samples) => {
        heard += samples.length;
      },
      settle: async () => ({ text: `${heard} samples` }),
      [Symbol.dispose]: () => {
        if (isOpen) this.open--;
        isOpen = false;
      },
    };
  }
}

function openSlots(perProcess: number, perServer: number) {
  const transcriber = new CountingTranscriber();
  const slots = new ListeningSlots({ perProcess, perServer });
  let waits = 0;
  const listen = (guildId: string, signal = never) => {
    const onWait = () => void waits++;
    return slots.listen({ guildId, onWait }, transcriber, () => undefined, signal);
  };
  return { transcriber, listen, waits: () => waits };
}

test('a crowd in one server opens eight connections, and forty in all', () => {
  const transcriber = new CountingTranscriber();
  const slots = new ListeningSlots();
  const crowd = (guildId: string, size: number) => {
    for (let n = 0; n < size; n++) {
      slots.listen({ guildId, onWait: () => undefined }, transcriber, () => undefined, never);
    }
  };
  crowd('g', 25);
  expect(transcriber.open).toBe(8);
  for (let n = 0; n < 20; n++) crowd(`other ${n}`, 8);
  expect(transcriber.open).toBe(40);
});

test('an utterance beyond the limit waits with all of its sound until another has ended', async () => {
  const { transcriber, listen, waits } = openSlots(1, 1);
  const [first, second] = [listen('g'), listen('g')];
  second.push(sound(1));
  second.push(sound(2));
  const settling = second.settle(never);
  expect([transcriber.open, waits()]).toEqual([1, 1]);
  first[Symbol.dispose]();
  expect(await settling).toEqual({ text: '640 samples' });
  second.push(sound(3));
  expect(await second.settle(never)).toEqual({ text: '960 samples' });
  second[Symbol.dispose]();
  expect(transcriber.open).toBe(0);
});

test('a server that is full keeps no other server waiting', () => {
  const { transcriber, listen, waits } = openSlots(3, 1);
  const first = listen('g');
  listen('g');
  listen('other');
  expect([transcriber.open, waits()]).toEqual([2, 1]);
  first[Symbol.dispose]();
  expect(transcriber.open).toBe(2);
});

test('whoever ends while waiting, or is ended twice, leaves the limits as they are', async () => {
  const { transcriber, listen } = openSlots(1, 1);
  const leaving = new AbortController();
  const first = listen('g');
  const second = listen('g', leaving.signal);
  const settling = second.settle(never);
  leaving.abort(new Error('left'));
  await expect(settling).rejects.toThrow('left');
  second[Symbol.dispose]();
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  listen('g');
  listen('g');
  expect(transcriber.open).toBe(1);
});

test('recognisers that are sent whole utterances are not limited', async () => {
  const slots = new ListeningSlots({ perProcess: 0, perServer: 0 });
  const options = { guildId: 'g', onWait: () => expect.unreachable() };
  const transcriber = new FakeTranscriber({ texts: ['five'] });
  using listening = slots.listen(options, transcriber, () => undefined, never);
  listening.push(new Int16Array(16_000).fill(9_000));
  expect(await listening.settle(never)).toMatchObject({ text: 'five' });
});
