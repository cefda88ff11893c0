import {
  ok,
  type RestAnswer,
  type RestCall,
  type RestRoute,
  refusals,
  withBody,
} from '#sandbox/rest/rest-route.ts';
import {
  guildWithId,
  type RegisteredBody,
  type RegisteredCommand,
  type World,
} from '#sandbox/world/world.ts';
import { commandJson } from '#sandbox/world/world-json.ts';
import { commandList } from './command-schema.ts';

/** Slash commands, global and of each server. Checked as Discord checks them. */
export function commandRoutes(world: World): readonly RestRoute[] {
  const paths = ['/applications/:app/commands', '/applications/:app/guilds/:guild/commands'];
  return paths.flatMap((path) => listRoutes(world, path));
}

function listRoutes(world: World, path: string): RestRoute[] {
  return [
    {
      method: 'GET',
      path,
      answer: (call) =>
        inScope(world, call, (scope) => ok(scope.commands.map((each) => commandJson(world, each)))),
    },
    {
      method: 'PUT',
      path,
      answer: (call) =>
        inScope(world, call, (scope) =>
          withBody(commandList, call.body, (bodies) => {
            const commands = bodies.map((body) => scope.registered(body));
            scope.replace(commands);
            return ok(commands.map((each) => commandJson(world, each)));
          }),
        ),
    },
  ];
}

/** The commands of one scope: global, or of one server. */
class Scope {
  readonly commands: readonly RegisteredCommand[];
  readonly #world: World;
  readonly #guildId: string | undefined;

  constructor(world: World, guildId: string | undefined) {
    this.#world = world;
    this.#guildId = guildId;
    this.commands = world.commands.filter((each) => each.guildId === guildId);
  }

  replace(commands: readonly RegisteredCommand[]): void {
    const others = this.#world.commands.filter((each) => each.guildId !== this.#guildId);
    this.#world.commands = [...others, ...commands];
  }

  /** A command keeps its id as long as its name and type stay. */
  registered(body: RegisteredBody): RegisteredCommand {
    const { ids } = this.#world;
    const scope = this.#guildId === undefined ? {} : { guildId: this.#guildId };
    const former = this.commands.find(
      (each) => each.body.name === body.name && each.body.type === body.type,
    );
    return { id: former?.id ?? ids.next(), ...scope, version: ids.next(), body };
  }
}

function inScope(world: World, call: RestCall, then: (scope: Scope) => RestAnswer): RestAnswer {
  if (call.param('app') !== world.bot.id) return refusals.forbidden;
  const guildId = call.param('guild');
  if (guildId !== '' && !guildWithId(world, guildId)) return refusals.forbidden;
  return then(new Scope(world, guildId === '' ? undefined : guildId));
}
