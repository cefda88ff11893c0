import type { GuildId } from '#src/base/ids.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import {
  type AutomaticJoins,
  createAutomaticJoins,
  followTool,
} from './automatic-joins.ts';
import { createSeatReturn } from './seat-return.ts';

type SeatPorts = {
  readonly automaticJoins: AutomaticJoins;
};

/**
 * Returns to the seats of a former run, and joins channels without a call.
 *
 * @example
 * import { seatsFeature } from '#src/features/seats/seats-feature.ts';
 *
 * seatsFeature.tools?.map(({ name }) => name); // ['follow']
 */
export const seatsFeature: Feature<SeatPorts> = {
  name: 'seats',
  tools: [followTool],
  open: () => ({
    openShard({ deps, sessions, signal, sources }) {
      const uncalled = createAutomaticJoins(deps, sessions, signal);
      const check = (guildId: GuildId) => uncalled.checkGuild(guildId);
      const seatReturn = createSeatReturn(
        deps,
        sessions,
        sources.seatStore,
        signal,
        check,
      );
      return {
        ports: { automaticJoins: uncalled },
        async onGuildsArrived(guildIds) {
          const decided = await seatReturn.onGuildsArrived(guildIds);
          for (const guildId of guildIds) if (!decided.has(guildId)) check(guildId);
          return decided;
        },
        onGuildChanged: check,
        createSession({ place }) {
          let wasEntered = false;
          return {
            onChange(hasEntered) {
              wasEntered ||= hasEntered;
            },
            async onEnd(why) {
              if (wasEntered && why === 'refused')
                void seatReturn.onSessionGivenUp(place.channel.guildId);
              return {};
            },
          };
        },
      };
    },
  }),
};
