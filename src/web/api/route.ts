import type { z } from 'zod';
import type { Clock } from '#src/base/clock.ts';
import type { ProgramPorts } from '#src/features/command.ts';
import type { Asker } from '#src/ports/command-ports.ts';
import type { ApiScope, ApiToken } from '#src/web/api/tokens/token-store.ts';
import type { AccessParts } from './authorise.ts';
import type { FormBody } from './form-body.ts';

/** A request that was let in and read. */
export type ApiCall<Body, Query, Params> = {
  readonly token: ApiToken;
  readonly guildId: GuildId;
  /** The program, as sessions know who asks. */
  readonly asker: Asker;
  readonly ports: ProgramPorts;
  readonly body: Body;
  readonly query: Query;
  readonly params: Params;
  /** The body, where the route reads a form. */
  readonly form: FormBody;
  readonly encoders: AccessParts['encoders'];
  readonly events: AccessParts['events'];
  readonly clock: Clock;
  /** Aborted when the program has hung up. */
  readonly signal: AbortSignal;
  /** Cuts the connection; absent where there is none. */
  readonly cut?: () => void;
  /** Told of a bug of ours, which is no failure of the outside world. */
  onBug(error: unknown): void;
};

/** One operation with the schemas by which requests are checked. */
export type ApiRoute<
  Body extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Params extends z.ZodType = z.ZodType,
> = {
  readonly method: 'get' | 'post';
  /** Path with its parameters, say `/v1/servers/{server}/say`. */
  readonly path: string;
  /** A token needs it. */
  readonly scope: ApiScope;
  readonly body?: Body;
  /** The body is a form with a file of sound. */
  readonly form?: true;
  readonly query?: Query;
  readonly params?: Params;
  /** A `Response`, or a value that is sent as JSON. Errors: `ApiRefusal`, BotError. */
  run(
    call: ApiCall<z.output<Body>, z.output<Query>, z.output<Params>>,
  ): Promise<unknown>;
};

/** A route as the table holds it; its own types hold where it is written. */
export function defineRoute<
  Body extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodObject,
  Params extends z.ZodType = z.ZodObject,
>(route: ApiRoute<Body, Query, Params>): ApiRoute {
  return route as unknown as ApiRoute; // the schemas it is called with are its own
}
