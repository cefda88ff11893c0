import { setTimeout as wait } from 'node:timers/promises';
import type { Forgery, PathFaults, VoiceFaults } from '#sandbox/voice/voice-ports.ts';
import type { ChaosFault } from './fault.ts';

const closeCodes = [
  ...[1000, 1001, 1006, 4001, 4002, 4003, 4004, 4005, 4006, 4009, 4011, 4012],
  ...[4014, 4015, 4016, 4017, 4020, 4021, 4022],
];

type Path = { readonly up?: PathFaults; readonly down?: PathFaults; readonly leastMs?: number };

/** A dead path is told after 12 s at the latest: then somebody has to say so. */
const noticedMs = 20_000;
const paths: Readonly<Record<string, Path>> = {
  'UDP dead': both({ dead: true }),
  'UDP dead for 20 s': { ...both({ dead: true }), leastMs: noticedMs },
  'UDP dead upwards': { up: { dead: true } },
  'UDP dead downwards': { down: { dead: true } },
  'UDP loses a tenth': both({ loss: 0.1 }),
  'UDP loses a third': both({ loss: 0.33 }),
  'UDP out of order': both({ reorder: 0.3 }),
  'UDP doubled': both({ duplicates: 0.5 }),
  'UDP late and unsteady': both({ delayMs: 60, jitterMs: 100 }),
};

/** By datagrams a second. */
const floods: Readonly<
  Record<string, { readonly kinds: readonly Forgery['datagram'][]; readonly perSecond: number }>
> = {
  'UDP flooded with junk': { kinds: ['junk'], perSecond: 1_500 },
  'UDP forged packets': { kinds: ['bad tag', 'short', 'junk'], perSecond: 300 },
};
const floodEveryMs = 20;

const voice: Readonly<Record<string, (faults: VoiceFaults, botId: string) => void>> = {
  'voice server hangs': (faults, botId) => {
    faults.connections('hang');
    faults.close(botId, 4006);
  },
  'voice server refuses': (faults, botId) => {
    faults.connections('refuse');
    faults.close(botId, 1006);
  },
  'voice resume refused': (faults, botId) => {
    faults.closeAt(botId, 'resume', 4006, 1);
    faults.close(botId, 1006);
  },
  'IP discovery unanswered': (faults, botId) => {
    faults.ignoreDiscovery(botId, 3);
    faults.close(botId, 4006);
  },
  'voice session without a key': (faults, botId) => {
    faults.late(botId, 'description', 4_000);
    faults.close(botId, 4006);
  },
  'speaking events withheld': (faults, botId) => faults.late(botId, 'speaking', 3_000),
  'DAVE late': (faults, botId) => {
    faults.late(botId, 'dave', 3_000);
    faults.close(botId, 4006);
  },
  'DAVE withheld': (faults, botId) => {
    faults.late(botId, 'dave', Number.POSITIVE_INFINITY);
    faults.close(botId, 4006);
  },
};

/** Voice gateway, UDP and end-to-end encryption, at the bot's own end. */
export const voiceFaults: readonly ChaosFault[] = [
  ...closeCodes.map(
    (code): ChaosFault => ({
      name: `voice closes ${code}`,
      kind: 'voice',
      start: ({ sandbox }) => sandbox.faults.voice.close(sandbox.botId, code),
    }),
  ),
  ...Object.entries(paths).map(
    ([name, { up, down, leastMs }]): ChaosFault => ({
      name,
      kind: 'udp',
      leastMs,
      isMute: leastMs === undefined && (up?.dead === true || down?.dead === true),
      start({ sandbox }) {
        sandbox.faults.voice.network(sandbox.botId, { up, down });
      },
    }),
  ),
  ...Object.entries(floods).map(([name, flood]) => flooding(name, flood)),
  ...Object.entries(voice).map(
    ([name, happen]): ChaosFault => ({
      name,
      kind: 'voice',
      start: ({ sandbox }) => happen(sandbox.faults.voice, sandbox.botId),
    }),
  ),
  {
    name: 'DAVE resets',
    kind: 'people',
    async start(_, { agreeing }) {
      for (const talker of [...agreeing.slice(2), ...agreeing.slice(2)]) {
        await talker.standUp();
        await wait(200);
        await talker.sitDown();
      }
    },
  },
  {
    name: 'somebody sends noise for Opus',
    kind: 'people',
    start: ({ sandbox }, { agreeing }) =>
      garble(true, sandbox.faults.voice, agreeing[1]?.person.id),
    stop: ({ sandbox }, { agreeing }) =>
      garble(false, sandbox.faults.voice, agreeing[1]?.person.id),
  },
];

function both(way: PathFaults): { readonly up: PathFaults; readonly down: PathFaults } {
  return { up: way, down: way };
}

function garble(on: boolean, faults: VoiceFaults, personId: string | undefined): void {
  if (personId !== undefined) faults.garble(personId, on);
}

function flooding(
  name: string,
  {
    kinds,
    perSecond,
  }: { readonly kinds: readonly Forgery['datagram'][]; readonly perSecond: number },
): ChaosFault {
  let timer: NodeJS.Timeout | undefined;
  return {
    name,
    kind: 'udp',
    start({ sandbox }) {
      timer = setInterval(() => {
        for (let n = 0; n < (perSecond * floodEveryMs) / 1_000; n++) {
          const datagram = kinds[n % kinds.length] ?? 'junk';
          const from = n % 2 === 0 ? 'server' : 'stranger';
          sandbox.faults.voice.forge(sandbox.botId, { from, datagram });
        }
      }, floodEveryMs);
    },
    stop: () => clearInterval(timer),
  };
}
