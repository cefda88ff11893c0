import type { z } from 'zod';
import type { Clock } from '#src/base/clock.ts';
import type { GuildId } from '#src/base/ids.ts';
import type { ProgramPorts } from '#src/features/command.ts';
import type { Asker } from '#src/ports/command-ports.ts';
import type { ApiScope, ApiToken } from '#src/stores/api-tokens.ts';
import type { AccessDeps } from './authorise.ts';
import type { FormBody } from './form-body.ts';
import type { BodyStream } from './request-body.ts';

/** An authorised request to a route, with its validated body, query and path. */
export type ApiCall<Body, Query, Params> = {
  readonly token: ApiToken;
  readonly guildId: GuildId;
  readonly asker: Asker;
  readonly ports: ProgramPorts &
    Pick<AccessDeps, 'encoders' | 'events' | 'requestRules'>;
  readonly body: Body;
  readonly query: Query;
  readonly params: Params;
  readonly form: FormBody;
  /** The body of a route with `sound`, still unread. */
  readonly sound: BodyStream | undefined;
  readonly clock: Clock;
  readonly connection: {
    /** Aborted when the program hangs up. */
    readonly signal: AbortSignal;
    /** Cuts the connection, if there is one. */
    readonly cut?: () => void;
    /** Reports an error of ours, which the program cannot mend. */
    onBug(error: unknown): void;
  };
};

/** One route of the HTTP API. Write it with `defineRoute`, and add it to `allRoutes`. */
export type ApiRoute<
  Body extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Params extends z.ZodType = z.ZodType,
> = {
  readonly method: 'get' | 'post';
  /** Like `/v1/servers/{server}/say`. */
  readonly path: string;
  readonly scope: ApiScope;
  /** One sentence of the description at `/openapi.json`. */
  readonly summary: string;
  readonly body?: Body;
  /** Fields of a form with a recording in `file`. The route parses them itself. */
  readonly form?: z.ZodType;
  /** The body is a sound of any length, which the route reads as it comes. */
  readonly sound?: true;
  readonly query?: Query;
  readonly params?: Params;
  /**
   * Runs the route. Returns a `Response`, or a value for JSON. Throws `ApiRefusal` or
   * BotError.
   */
  run(
    call: ApiCall<z.output<Body>, z.output<Query>, z.output<Params>>,
  ): Promise<unknown>;
};

/** Keeps the types of a route while it is written. */
export function defineRoute<
  Body extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodObject,
  Params extends z.ZodType = z.ZodObject,
>(route: ApiRoute<Body, Query, Params>): ApiRoute {
  return route as unknown as ApiRoute; // the schemas it is called with are its own
}
