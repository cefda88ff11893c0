import { channel, otherChannel } from '#bench/chaos/chaos-setup.ts';
import type { RestFault } from '#sandbox/rest/rest-faults.ts';
import type { Faults } from '#sandbox/sandbox-faults.ts';
import type { ChaosFault } from './fault.ts';

const always = Number.POSITIVE_INFINITY;
const messages = { method: 'POST', path: '/channels/:channel/messages' } as const;

const rest: Readonly<Record<string, RestFault>> = {
  'REST slow': { delayMs: 2_500, times: always },
  'REST hanging': { delayMs: 30_000, times: always },
  'REST messages hanging': { ...messages, delayMs: 30_000, times: always },
  'REST 429': { status: 429, retryAfterMs: 1_500, times: 5 },
  'REST 429 global': { status: 429, retryAfterMs: 2_000, scope: 'global', times: 3 },
  'REST 429 on messages': {
    ...messages,
    status: 429,
    retryAfterMs: 4_000,
    scope: 'shared',
    times: 3,
  },
  'REST 500': { status: 500, times: always },
  'REST 502': { status: 502, times: always },
  'REST 503 once done': { status: 503, tookEffect: true, times: 4 },
  'REST cut': { status: 'cut', times: always },
};

/** Momentary gateway faults, unless `heal` ends them. */
const gateway: Readonly<Record<string, (faults: Faults) => void>> = {
  'gateway cut': (faults) => faults.dropGateway(),
  'gateway cut thrice': (faults) => {
    for (const ms of [0, 1_500, 3_000]) setTimeout(() => faults.dropGateway(), ms);
  },
  'gateway asks to reconnect': (faults) => faults.askToReconnect(),
  'gateway session invalid, resumable': (faults) => faults.invalidateSessions(true),
  'gateway session invalid': (faults) => faults.invalidateSessions(false),
  'gateway sessions end': (faults) => faults.endSessions(),
  'gateway closes 4000': (faults) => faults.closeGateway(4000),
  'gateway closes 4009': (faults) => faults.closeGateway(4009),
  'gateway heartbeats unanswered': (faults) => faults.ignoreHeartbeats(),
  'interactions come twice': (faults) =>
    faults.event({ event: 'INTERACTION_CREATE', copies: 2, times: always }),
  'interactions come late': (faults) =>
    faults.event({ event: 'INTERACTION_CREATE', delayMs: 2_000, times: always }),
  'voice states come late': (faults) =>
    faults.event({ event: 'VOICE_STATE_UPDATE', delayMs: 2_000, times: always }),
  'voice states come twice': (faults) =>
    faults.event({ event: 'VOICE_STATE_UPDATE', copies: 2, times: always }),
};

const seat: Readonly<Record<string, (faults: Faults) => void>> = {
  'kicked from the channel': (faults) => faults.disconnectBot(),
  'moved to another channel': (faults) => faults.moveBot(otherChannel),
  'voice server replaced': (faults) => faults.replaceVoiceServer(3_000),
  'kicked, and seats ignored': (faults) => {
    faults.ignoreSeats(2);
    faults.disconnectBot();
  },
};

const permissions: readonly ChaosFault[] = [
  {
    name: 'muted by a moderator',
    kind: 'rights',
    start: ({ sandbox }) => sandbox.guild().mute('Nova', true),
    stop: ({ sandbox }) => sandbox.guild().mute('Nova', false),
  },
  {
    name: 'deafened by a moderator',
    kind: 'rights',
    start: ({ sandbox }) => sandbox.guild().deafen('Nova', true),
    stop: ({ sandbox }) => sandbox.guild().deafen('Nova', false),
  },
  {
    name: 'channel closed, then kicked',
    kind: 'seat',
    start({ sandbox }) {
      sandbox.guild().permit(channel, '@everyone', { deny: ['connect'] });
      sandbox.faults.disconnectBot();
    },
    stop: ({ sandbox }) => sandbox.guild().permit(channel, '@everyone', { allow: ['connect'] }),
  },
];

/** REST, gateway and seat: what Discord itself does. */
export const discordFaults: readonly ChaosFault[] = [
  ...Object.entries(rest).map(
    ([name, fault]): ChaosFault => ({
      name,
      kind: 'rest',
      start: ({ sandbox }) => sandbox.faults.rest(fault),
    }),
  ),
  ...alike('gateway', gateway),
  ...alike('seat', seat),
  ...permissions,
];

function alike(
  kind: string,
  all: Readonly<Record<string, (faults: Faults) => void>>,
): ChaosFault[] {
  return Object.entries(all).map(([name, happen]) => ({
    name,
    kind,
    start: ({ sandbox }) => happen(sandbox.faults),
  }));
}
