import type { Feature } from '#src/features/contract/feature.ts';
import { arrivalsSetting, SessionArrivals } from './session-arrivals.ts';

/**
 * Tells a channel who comes and who leaves.
 *
 * @example
 * import { arrivalsFeature } from '#src/features/arrivals/arrivals-feature.ts';
 *
 * arrivalsFeature.settings?.map(({ key }) => key); // ['arrivals']
 */
export const arrivalsFeature: Feature = {
  name: 'arrivals',
  settings: [arrivalsSetting],
  open: () => ({
    openShard: ({ deps }) => ({
      ports: {},
      createSession: (session) => new SessionArrivals(session, deps.clock),
    }),
  }),
};
