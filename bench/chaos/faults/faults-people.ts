import { setTimeout as wait } from 'node:timers/promises';
import type { ChaosFault } from './fault.ts';

/** Faults that people cause themselves. */
export const peopleFaults: readonly ChaosFault[] = [
  {
    name: 'somebody says no and talks on',
    kind: 'people',
    async start(_, { agreeing }) {
      const carl = agreeing[2];
      await carl?.agree(false);
      for (let n = 0; n < 3; n++) await carl?.ask();
    },
    stop: (_, { agreeing }) => agreeing[2]?.agree(true),
  },
  {
    name: 'somebody forgets themselves',
    kind: 'people',
    async start(_, { agreeing }) {
      await agreeing[3]?.agree(false);
      await agreeing[3]?.ask();
      await agreeing[3]?.agree(true);
    },
  },
  {
    name: 'people leave and come',
    kind: 'people',
    async start(_, { agreeing }) {
      for (const talker of agreeing.slice(1)) await talker.standUp();
      await wait(1_000);
      for (const talker of agreeing.slice(1)) await talker.sitDown();
    },
  },
  {
    name: 'listening paused and resumed',
    kind: 'people',
    async start(_, { agreeing }) {
      await agreeing[0]?.command('privacy pause');
    },
    async stop(_, { agreeing }) {
      await agreeing[0]?.command('privacy resume');
    },
  },
  {
    name: 'everybody calls it at once',
    kind: 'people',
    async start(_, { agreeing }) {
      await Promise.all(agreeing.map((talker) => talker.command('join')));
    },
  },
  {
    name: 'sent away and called again',
    kind: 'people',
    async start(_, { agreeing }) {
      await agreeing[0]?.command('leave');
    },
  },
];
