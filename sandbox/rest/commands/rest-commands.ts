import {
  noContent,
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
import { command, commandList } from './command-schema.ts';

/** Limit of commands in one scope. Source: Discord docs, "Registering a Command". */
const commandLimit = 100;

/** Slash commands, global and of each server. Checked as Discord checks them. */
export function commandRoutes(world: World): readonly RestRoute[] {
  const paths = ['/applications/:app/commands', '/applications/:app/guilds/:guild/commands'];
  return paths.flatMap((path) => listRoutes(world, path).concat(singleRoutes(world, path)));
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
    {
      method: 'POST',
      path,
      answer: (call) =>
        inScope(world, call, (scope) =>
          withBody(command, call.body, (body) => {
            const former = scope.named(body);
            if (!former && scope.commands.length >= commandLimit) return refusals.tooManyCommands;
            const created = scope.registered(body);
            scope.replace([...scope.commands.filter((each) => each !== former), created]);
            return { status: former ? 200 : 201, body: commandJson(world, created) };
          }),
        ),
    },
  ];
}

function singleRoutes(world: World, listPath: string): RestRoute[] {
  const path = `${listPath}/:command`;
  const found = (call: RestCall, then: (scope: Scope, former: RegisteredCommand) => RestAnswer) =>
    inScope(world, call, (scope) => {
      const former = scope.commands.find(({ id }) => id === call.param('command'));
      return former ? then(scope, former) : refusals.unknownCommand;
    });
  return [
    {
      method: 'GET',
      path,
      answer: (call) => found(call, (_, former) => ok(commandJson(world, former))),
    },
    {
      method: 'PATCH',
      path,
      answer: (call) =>
        found(call, (scope, former) => {
          const changes = typeof call.body === 'object' ? call.body : {};
          return withBody(command, { ...former.body, ...changes }, (body) => {
            const changed = { ...former, version: world.ids.next(), body };
            scope.replace(scope.commands.map((each) => (each === former ? changed : each)));
            return ok(commandJson(world, changed));
          });
        }),
    },
    {
      method: 'DELETE',
      path,
      answer: (call) =>
        found(call, (scope, former) => {
          scope.replace(scope.commands.filter((each) => each !== former));
          return noContent;
        }),
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

  named({ name, type }: RegisteredBody): RegisteredCommand | undefined {
    return this.commands.find(({ body }) => body.name === name && body.type === type);
  }

  /** A command keeps its id as long as its name and type stay. */
  registered(body: RegisteredBody): RegisteredCommand {
    const { ids } = this.#world;
    const scope = this.#guildId === undefined ? {} : { guildId: this.#guildId };
    return { id: this.named(body)?.id ?? ids.next(), ...scope, version: ids.next(), body };
  }
}

function inScope(world: World, call: RestCall, then: (scope: Scope) => RestAnswer): RestAnswer {
  if (call.param('app') !== world.bot.id) return refusals.forbidden;
  const guildId = call.param('guild');
  if (guildId !== '' && !guildWithId(world, guildId)) return refusals.forbidden;
  return then(new Scope(world, guildId === '' ? undefined : guildId));
}
