import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { Clock } from '#src/base/clock.ts';
import { programIdOf } from '#src/people/program-ids.ts';
import { allRoutes } from '#src/web/api/routes/routes.ts';
import { refusalBody } from '#src/web/http/refusal.ts';
import { type AccessSource, type ApiDoor, authorise, tokenRates } from './authorise.ts';
import { refusalAsReported, whileThere } from './failed-line.ts';
import { formBodyOf } from './form-body.ts';
import { refusal } from './refusal.ts';
import { BodyReads, checked, jsonOf, mostSoundBytes, requestJsonLimits } from './request-body.ts';
import type { ApiRoute } from './route.ts';

export type ApiParts = AccessSource & {
  readonly clock: Clock;
  /** A handler threw: a bug of ours, answered with 500. */
  onBug(error: unknown): void;
};

/** Largest body in bytes of a request to this path; undefined where it is none of ours. */
export function apiBodyBytes(path: string): number | undefined {
  if (!path.startsWith('/v1/')) return undefined;
  const isForm = /\/audio\/(transcriptions|translations)$/.test(path);
  return isForm ? mostSoundBytes : requestJsonLimits.bytes;
}

/** Everything below `/v1`: operations of one server, and those of OpenAI's API. */
export function createApi(options: ApiParts): Hono {
  const app = new Hono();
  const parts = { ...options, rates: tokenRates(), bodies: new BodyReads() };
  app.onError((error, context) => {
    const onBug = whileThere(parts.onBug, context.req.raw.signal);
    const { facts } = refusalAsReported(error, onBug);
    if (facts.retryAfterS !== undefined) context.header('retry-after', `${facts.retryAfterS}`);
    if (facts.status === 401) context.header('www-authenticate', 'Bearer');
    return context.json(refusalBody(facts), facts.status);
  });
  for (const route of allRoutes) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
    app.on(route.method.toUpperCase(), path, (context) => perform(route, context, parts));
  }
  app.all('/v1/*', () => {
    throw refusal(404, 'not_found', 'There is no such operation: see docs/http.md.');
  });
  return app;
}

type Doors = ApiDoor & Pick<ApiParts, 'clock' | 'onBug'>;

async function perform(route: ApiRoute, context: Context, parts: Doors): Promise<Response> {
  const guildId = context.req.param('server');
  const header = context.req.header('authorization');
  const { encoders, events, token, ports } = await authorise(header, route.scope, guildId, parts);
  const { server: _, ...params } = context.req.param();
  const { signal } = context.req.raw;
  const { outgoing } = { ...context.env } as { readonly outgoing?: { destroy(): void } };
  const takePlace = () => parts.bodies.take(token.name);
  const done = await route.run({
    token,
    guildId: token.guildId,
    asker: { id: programIdOf(token.name), name: token.name, isProgram: true },
    ports,
    encoders,
    events,
    clock: parts.clock,
    params: checked(route.params ?? z.object(), params),
    query: checked(route.query ?? z.object(), context.req.query()),
    body: route.body ? checked(route.body, await jsonOf(context, takePlace)) : undefined,
    form: route.form ? await formBodyOf(context, takePlace) : { fields: new Map() },
    signal,
    cut: outgoing && (() => outgoing.destroy()),
    onBug: whileThere(parts.onBug, signal),
  });
  return done instanceof Response ? done : context.json(done);
}
