import { type Context, Hono } from 'hono';
import { z } from 'zod';
import manifest from '#package.json' with { type: 'json' };
import type { Clock } from '#src/base/clock.ts';
import { toGuildId, toProgramId } from '#src/base/ids.ts';
import { createUseLimit } from '#src/features/contract/interaction-limits.ts';
import { allRoutes } from '#src/web/api/routes/routes.ts';
import { respondWithRefusal } from '#src/web/http/http-refusal.ts';
import { createRefusal, reportRefusal, reportWhileConnected } from './api-refusal.ts';
import {
  type AccessSource,
  type ApiDoor,
  authoriseRequest,
  requestsPerToken,
} from './authorise.ts';
import { describeApi } from './describe-api.ts';
import { readFormBody } from './form-body.ts';
import {
  checkBody,
  createBodyReservations,
  createStreamReservations,
  maxSoundBytes,
  openBodyStream,
  readJsonBody,
  requestJsonLimits,
} from './request-body.ts';
import type { ApiRoute } from './route.ts';

/** Objects that the HTTP API needs. */
export type ApiDeps = AccessSource & {
  readonly clock: Clock;
  /** Reports an error of ours, which the program cannot mend. */
  onBug(error: unknown): void;
};

/** Gets the longest body of a request, in bytes. Undefined for a path outside the API, endless for a sound that plays as it comes. */
export function getBodyLimitBytes(path: string): number | undefined {
  if (!path.startsWith('/v1/')) return undefined;
  if (/\/tracks\/[^/]+\/sound$/.test(path)) return Number.POSITIVE_INFINITY;
  const isForm = /\/audio\/(transcriptions|translations)$/.test(path);
  return isForm ? maxSoundBytes : requestJsonLimits.bytes;
}

const descriptionPath = '/openapi.json';

/** Creates the HTTP API below `/v1`, with all routes and their description. Mount it in a server for HTTP. */
export function createApi(apiDeps: ApiDeps): Hono {
  const app = new Hono();
  const deps = {
    ...apiDeps,
    takeUse: createUseLimit(requestsPerToken, 60),
    reserveBody: createBodyReservations(),
    reserveStream: createStreamReservations(),
  };
  app.onError((error, context) => {
    const onBug = reportWhileConnected(deps.onBug, context.req.raw.signal);
    const { facts } = reportRefusal(error, onBug);
    if (facts.retryAfterS !== undefined)
      context.header('retry-after', `${facts.retryAfterS}`);
    if (facts.status === 401) context.header('www-authenticate', 'Bearer');
    return respondWithRefusal(context, facts);
  });
  // What may be asked is no secret, and generators of clients bring no token.
  app.get(descriptionPath, (context) =>
    context.json(describeApi(allRoutes, manifest.version)),
  );
  for (const route of allRoutes)
    app.on(route.method.toUpperCase(), toHonoPath(route), (context) =>
      performRoute(route, context, deps),
    );
  for (const [path, routes] of Map.groupBy(allRoutes, toHonoPath))
    app.all(path, (context) => refuseMethod(context, routes));
  app.all('/v1/responses/*', refuseResponses);
  app.all('/v1/*', () => {
    throw createRefusal(
      404,
      'not_found',
      'There is no such operation: see docs/http.md.',
    );
  });
  return app;
}

/** Converts `/v1/servers/{server}/say` to `/v1/servers/:server/say`. */
function toHonoPath({ path }: ApiRoute) {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

/**
 * There is no Responses API. OpenAI's has no sound (https://platform.openai.com/docs/guides/audio), and it continues a
 * conversation that the server has stored, which the bot does not do for programs.
 */
function refuseResponses(): never {
  throw createRefusal(
    404,
    'not_found',
    'There is no Responses API here: send the conversation to POST /v1/chat/completions, which also takes and gives sound.',
  );
}

function refuseMethod(context: Context, routes: readonly ApiRoute[]): never {
  const methods = routes.map(({ method }) => method.toUpperCase()).join(', ');
  context.header('allow', methods);
  const sentence = `${context.req.method} does nothing at this path: send ${methods}.`;
  throw createRefusal(405, 'method_not_allowed', sentence);
}

/** Refuses a packed body: it is unpacked nowhere, and would be noise where it is played. */
function refuseEncodedBody({ req }: Context) {
  const encoding = req.header('content-encoding')?.trim().toLowerCase() || 'identity';
  if (encoding === 'identity') return;
  const sentence = `Content-Encoding: send the body as it is, without ${encoding}.`;
  throw createRefusal(415, 'request.invalid', sentence, 'content-encoding');
}

type RouteDeps = ApiDoor & Pick<ApiDeps, 'clock' | 'onBug'>;

async function performRoute(route: ApiRoute, context: Context, deps: RouteDeps) {
  const { server, ...params } = context.req.param();
  const { token, ports } = await authoriseRequest(
    context.req.header('authorization'),
    route.scope,
    server === undefined ? undefined : toGuildId(server),
    deps,
  );
  refuseEncodedBody(context);
  const { signal } = context.req.raw;
  const { outgoing } = { ...context.env } as {
    readonly outgoing?: { destroy(): void };
  };
  const takePlace = () => deps.reserveBody(token.name);
  const result = await route.run({
    token,
    guildId: token.guildId,
    asker: { id: toProgramId(token.name), name: token.name, isProgram: true },
    ports,
    clock: deps.clock,
    params: checkBody(route.params ?? z.object(), params),
    query: checkBody(route.query ?? z.object(), context.req.query()),
    body: route.body
      ? checkBody(route.body, await readJsonBody(context, takePlace))
      : undefined,
    sound: route.sound
      ? openBodyStream(context, () => deps.reserveStream(token.name))
      : undefined,
    form: route.form ? await readFormBody(context, takePlace) : { fields: new Map() },
    connection: {
      signal,
      cut: outgoing && (() => outgoing.destroy()),
      onBug: reportWhileConnected(deps.onBug, signal),
    },
  });
  return result instanceof Response ? result : context.json(result);
}
