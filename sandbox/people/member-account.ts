import { randomBytes } from 'node:crypto';
import { Gateway } from '#sandbox/gateway/gateway.ts';
import { lenientGatewayRules } from '#sandbox/gateway/gateway-shards.ts';
import type { Dispatch } from '#sandbox/gateway/gateway-wire.ts';
import { makeGuildRoutes, makeSelfRoutes } from '#sandbox/rest/rest-guilds.ts';
import { RestServer } from '#sandbox/rest/rest-server.ts';
import { seatBot, unseatBot } from '#sandbox/world/seat-requests.ts';
import type { Member, World } from '#sandbox/world/world.ts';
import type { WorldChanges } from '#sandbox/world/world-changes.ts';
import type { WorldSeats } from '#sandbox/world/world-seats.ts';

/** The login of a program that sits in a member's seat. */
export interface MemberAccount extends AsyncDisposable {
  /** Token with which the program logs in. */
  readonly token: string;
  /** Address that the program uses in place of `https://discord.com/api`. */
  readonly apiUrl: string;
  /**
   * Sends an event. Presses and commands are for the bot alone: nothing else comes
   * without an intent or a session.
   */
  dispatch(event: Dispatch): void;
}

type AccountDeps = {
  readonly world: World;
  readonly seats: WorldSeats;
  readonly changes: WorldChanges;
};

/** Opens REST and a gateway that treat one member as the bot. */
export async function openMemberAccount(
  { user }: Member,
  { world: wholeWorld, seats, changes }: AccountDeps,
): Promise<MemberAccount> {
  const guilds = wholeWorld.guilds.filter(({ members }) => members.has(user.id));
  const world: World = { ...wholeWorld, bot: user, guilds };
  const token = `member.${randomBytes(24).toString('hex')}`;
  const gateway = new Gateway({
    world,
    token,
    heartbeatMs: 41_250,
    resumeMs: 180_000,
    rules: lenientGatewayRules,
    privileged: [],
    onVoiceState: (session, request) => seatBot(world, seats, session, request),
    onSessionEnd: (session) => unseatBot(world, seats, session),
  });
  const routes = [
    ...makeSelfRoutes(world, gateway, [], changes),
    ...makeGuildRoutes(world),
  ];
  const rest = new RestServer({ token, clock: world.clock, routes, isLimited: false });
  const port = await rest.listen();
  gateway.listen(rest.server, port);
  return {
    token,
    apiUrl: `http://127.0.0.1:${port}/api`,
    dispatch(event) {
      if (event.intent !== undefined || event.sessionId) gateway.dispatch(event);
    },
    async [Symbol.asyncDispose]() {
      gateway.close();
      await rest.close();
    },
  };
}
