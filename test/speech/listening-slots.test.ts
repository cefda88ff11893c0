import { expect, test } from 'vitest';
import { ListeningSlots } from '#src/speech/listening-slots.ts';
import type { Listening, Transcriber } from '#src/speech/ports.ts';

const never = new AbortController().signal;
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

test('a server that is full keeps no other server waiting', () => {
  const { transcriber, listen, waits } = openSlots(3, 1);
  const first = listen('g');
  listen('g');
  listen('other');
  expect([transcriber.open, waits()]).toEqual([2, 1]);
  first[Symbol.dispose]();
  expect(transcriber.open).toBe(2);
});
