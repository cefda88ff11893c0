import type { GuildId } from '#src/base/ids.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import { AutomaticJoins, followTool } from './automatic-joins.ts';
import { SeatReturn } from './seat-return.ts';

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
    openShard({ deps, sessions, signal, sharedDeps }) {
      const automaticJoins = new AutomaticJoins(deps, sessions, signal);
      const checkGuild = (guildId: GuildId) => automaticJoins.checkGuild(guildId);
      const seatReturn = new SeatReturn(
        deps,
        sessions,
        sharedDeps.seatStore,
        signal,
        checkGuild,
      );
      return {
        ports: { automaticJoins },
        async onGuildsArrived(guildIds) {
          const seatedIds = await seatReturn.onGuildsArrived(guildIds);
          for (const guildId of guildIds)
            if (!seatedIds.has(guildId)) checkGuild(guildId);
          return seatedIds;
        },
        onGuildChanged: checkGuild,
        createSession({ voiceChannel }) {
          let wasEntered = false;
          return {
            onChange(hasEntered) {
              wasEntered ||= hasEntered;
            },
            async onEnd(reason) {
              if (wasEntered && reason === 'refused')
                void seatReturn.onSessionGivenUp(voiceChannel.channel.guildId);
              return {};
            },
          };
        },
      };
    },
  }),
};
