import type { Feature } from '#src/features/contract/feature.ts';
import { AutomaticJoins, followMe } from './automatic-joins.ts';
import { SeatReturn } from './seat-return.ts';

type SeatPorts = {
  readonly automaticJoins: AutomaticJoins;
};

/** Seats: the bot returns where a former run sat, and joins channels without a call. */
export const seats: Feature<SeatPorts> = {
  name: 'seats',
  tools: [followMe],
  open: () => ({
    shard({ parts, sessions, signal, sources }) {
      const uncalled = new AutomaticJoins(parts, sessions, signal);
      const check = (guildId: GuildId) => uncalled.check(guildId);
      const seatReturn = new SeatReturn(parts, sessions, sources.seatStore, signal, check);
      return {
        ports: { automaticJoins: uncalled },
        async arrived(guildIds) {
          const decided = await seatReturn.arrived(guildIds);
          for (const guildId of guildIds) if (!decided.has(guildId)) check(guildId);
          return decided;
        },
        changed: check,
        session({ place }) {
          let wasEntered = false;
          return {
            changed(hasEntered) {
              wasEntered ||= hasEntered;
            },
            async ended(why) {
              if (wasEntered && why === 'refused') void seatReturn.givenUp(place.channel.guildId);
              return {};
            },
          };
        },
      };
    },
  }),
};
