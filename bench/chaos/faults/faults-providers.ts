import type { Endpoint } from '#test/fakes/providers/mock-settings.ts';
import { usualPace } from '#test/fakes/providers/providers.ts';
import type { EndpointTrouble } from '#test/fakes/providers/trouble.ts';
import type { ChaosFault } from './fault.ts';

const endpoints: readonly Endpoint[] = ['transcriptions', 'chat', 'speech'];
const troubles: readonly EndpointTrouble[] = [
  ...(['html', 'bad-key', 'rate-limited', 'error-500', 'silent', 'stalled', 'dropped'] as const),
  ...(['cut', 'empty', 'not-json', 'wrong-type', 'redirect'] as const),
];

const slow = {
  recogniseMs: 3_000,
  firstTokenMs: 3_000,
  tokensPerSecond: 8,
  firstSoundMs: 2_000,
  soundSpeed: 0.8,
};

/** The servers that hear, think and speak, in every way such servers go wrong. */
export const providerFaults: readonly ChaosFault[] = [
  ...endpoints.flatMap((endpoint) =>
    troubles.map(
      (trouble): ChaosFault => ({
        name: `${endpoint} ${trouble}`,
        kind: 'providers',
        start: ({ providers }) => providers.set({ trouble: { [endpoint]: trouble } }),
        stop: ({ providers }) => providers.set({ trouble: {} }),
      }),
    ),
  ),
  ...(['error-500', 'cut', 'silent'] as const).map(
    (trouble): ChaosFault => ({
      name: `all providers ${trouble}`,
      kind: 'providers',
      start: ({ providers }) =>
        providers.set({ trouble: { transcriptions: trouble, chat: trouble, speech: trouble } }),
      stop: ({ providers }) => providers.set({ trouble: {} }),
    }),
  ),
  {
    name: 'all providers slow',
    kind: 'providers',
    start: ({ providers }) => providers.set({ pace: slow }),
    stop: ({ providers }) => providers.set({ pace: usualPace }),
  },
];
