import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { z } from 'zod';
import { noContent, type RestAnswer, type RestRoute, withBody } from './rest-route.ts';

type Schema = Exclude<Parameters<typeof z.fromJSONSchema>[0], boolean>;
type Content = { readonly 'application/json'?: { readonly schema: Schema } };
type Operation = { readonly requestBody?: { readonly content: Content } };
type Description = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Record<string, Schema> };
};

/** Discord's published API description, version 10, at commit 74fda0f of github.com/discord/discord-api-spec. */
const descriptionUrl = new URL('discord-openapi.json.br', import.meta.url);

/** Fields that discord.js sends with each message, whether it has them or not. */
const sharedProperties = { tts: true, enforce_nonce: true };

/** A route, and the values in its path. */
export type RouteMatch = {
  readonly route: RestRoute;
  readonly params: ReadonlyMap<string, string>;
};

let description: Description | undefined;
const compiledSchemas = new Map<string, z.ZodType | undefined>();

/**
 * Finds Discord's refusal of a body that its description forbids, or that has a field
 * which it does not name.
 */
export function findRefusal(
  { route, params }: RouteMatch,
  body: unknown,
): RestAnswer | undefined {
  if (body === undefined) return undefined;
  description ??= readDescription();
  const isMe = (name: string) => params.get(name) === '@me';
  const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) =>
    isMe(name) ? '@me' : '{}',
  );
  const key = `${route.method} ${path}`;
  if (!compiledSchemas.has(key))
    compiledSchemas.set(key, findSchema(route.method, path, description));
  const schema = compiledSchemas.get(key);
  const answer = schema ? withBody(schema, body, () => noContent) : noContent;
  return answer === noContent ? undefined : answer;
}

/** Reads the description. Its objects allow no fields but those that they name. */
function readDescription(): Description {
  return JSON.parse(
    brotliDecompressSync(readFileSync(descriptionUrl)).toString(),
    (
      _key,
      value: Readonly<Record<string, unknown>> & { readonly properties?: object },
    ) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return value;
      if (typeof value.$ref === 'string')
        return { $ref: value.$ref.replace('#/components/schemas/', '#/$defs/') };
      // Rights have more bits than a number: they are sent as texts, which the description forbids and Discord's documents show.
      if (value.maximum === 2 ** 54) return { anyOf: [value, { type: 'string' }] };
      const { oneOf, ...fields } = value;
      const isOpen = fields.properties && !('additionalProperties' in fields);
      const closedFields = isOpen && {
        properties: { ...sharedProperties, ...fields.properties },
        additionalProperties: false,
      };
      // Its alternatives overlap: each button with an id would be two of them.
      return { ...fields, ...(oneOf ? { anyOf: oneOf } : {}), ...closedFields };
    },
  );
}

function findSchema(
  method: RestRoute['method'],
  path: string,
  { paths, components }: Description,
) {
  const template = Object.keys(paths).find(
    (candidate) => candidate.replaceAll(/\{\w+\}/g, '{}') === path,
  );
  const { requestBody } = paths[template ?? '']?.[method.toLowerCase()] ?? {};
  const schema = requestBody?.content['application/json']?.schema;
  return schema && z.fromJSONSchema({ ...schema, $defs: components.schemas });
}
