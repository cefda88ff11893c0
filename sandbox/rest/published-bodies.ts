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
const file = new URL('discord-openapi.json.br', import.meta.url);

/** Fields that discord.js sends with each message, whether it has them or not. */
const sentWithEach = { tts: true, enforce_nonce: true };

/** A route, and what stands in its path. */
type Found = { readonly route: RestRoute; readonly params: ReadonlyMap<string, string> };

let known: Description | undefined;
const schemas = new Map<string, z.ZodType | undefined>();

/** Discord's refusal of a body that its description forbids, or that has a field which it does not name. */
export function refusalOf({ route, params }: Found, body: unknown): RestAnswer | undefined {
  if (body === undefined) return undefined;
  known ??= described();
  const isMe = (name: string) => params.get(name) === '@me';
  const place = route.path.replaceAll(/:(\w+)/g, (_, name: string) => (isMe(name) ? '@me' : '{}'));
  const key = `${route.method} ${place}`;
  if (!schemas.has(key)) schemas.set(key, schemaOf(route.method, place, known));
  const schema = schemas.get(key);
  const answer = schema ? withBody(schema, body, () => noContent) : noContent;
  return answer === noContent ? undefined : answer;
}

/** The description with objects that have no other fields than those that it names. */
function described(): Description {
  return JSON.parse(
    brotliDecompressSync(readFileSync(file)).toString(),
    (_key, value: Readonly<Record<string, unknown>> & { readonly properties?: object }) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      if (typeof value.$ref === 'string')
        return { $ref: value.$ref.replace('#/components/schemas/', '#/$defs/') };
      // Rights have more bits than a number: they are sent as texts, which the description forbids and Discord's documents show.
      if (value.maximum === 2 ** 54) return { anyOf: [value, { type: 'string' }] };
      const { oneOf, ...fields } = value;
      const isOpen = fields.properties && !('additionalProperties' in fields);
      const own = isOpen && {
        properties: { ...sentWithEach, ...fields.properties },
        additionalProperties: false,
      };
      // Its alternatives overlap: each button with an id would be two of them.
      return { ...fields, ...(oneOf ? { anyOf: oneOf } : {}), ...own };
    },
  );
}

function schemaOf(
  method: RestRoute['method'],
  place: string,
  { paths, components }: Description,
): z.ZodType | undefined {
  const at = Object.keys(paths).find((each) => each.replaceAll(/\{\w+\}/g, '{}') === place);
  const { requestBody } = paths[at ?? '']?.[method.toLowerCase()] ?? {};
  const schema = requestBody?.content['application/json']?.schema;
  return schema && z.fromJSONSchema({ ...schema, $defs: components.schemas });
}
