import type { World } from '#sandbox/world/world.ts';
import type { Changes } from '#sandbox/world/world-changes.ts';
import { withGuild } from './rest-place.ts';
import { noContent, type RestRoute } from './rest-route.ts';

/** The bot leaves a server. */
export function memberRoutes(world: World, changes: Changes): readonly RestRoute[] {
  return [
    {
      method: 'DELETE',
      path: '/users/@me/guilds/:guild',
      answer: (call) =>
        withGuild(world, call, (guild) => {
          changes.removeBot(guild);
          return noContent;
        }),
    },
  ];
}
