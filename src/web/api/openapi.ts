import { z } from 'zod';
import type { ApiResponse, ApiRoute } from './route.ts';

type Json = Readonly<Record<string, unknown>>;

/** Meanings of the statuses by which any operation may be refused. */
const meanings: Readonly<Record<number, string>> = {
  400: 'The request is invalid; error.param names the field.',
  401: 'No token, an unknown one, or one that was revoked.',
  403: 'The token lacks the scope, or is for another server.',
  404: 'The bot is not in this server, or there is nothing of that name.',
  409: 'Another process serves this server (the sentence names its shard), or the bot is in no voice channel, or may not speak.',
  413: 'The body, or the sound in it, is too long.',
  422: 'The request was understood, and cannot be done.',
  429: 'A budget is used up, a queue is full, or there are too many requests at once; Retry-After names a time where one is known.',
  502: 'A speech or chat server failed.',
  503: 'The bot is starting or ending, or the store cannot be reached.',
  504: 'The request took longer than its limit.',
};
const always = [400, 401, 403, 404, 409, 413, 429, 503];

const problem = z.object({
  error: z.object({
    message: z.string().meta({ description: 'One sentence for people.' }),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string().meta({ description: 'For programs.' }),
  }),
});

/** OpenAPI 3.1 of these operations, made from the schemas that requests are checked by. */
export function openApiDocument(routes: readonly ApiRoute[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Parley',
      version,
      description: 'HTTP for programs. Tokens are made by npm run token; see docs/http.md.',
    },
    servers: [{ url: 'http://127.0.0.1:8788' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Error: schemaOf(problem, 'output') },
    },
  };
}

function operationOf(route: ApiRoute): Json {
  const { id, summary, scope, refusals, response } = route;
  const parameters = [
    ...(route.path.includes('{server}') ? [serverParameter] : []),
    ...parametersOf(route.params, 'path'),
    ...parametersOf(route.query, 'query'),
  ];
  const json = route.body && {
    required: true,
    content: {
      'application/json': { schema: schemaOf(route.body, 'input') },
      ...(route.acceptsSound && { 'audio/wav': { schema: {} } }),
    },
  };
  const body = route.form ? recordingForm(route.form) : json;
  return {
    operationId: id,
    summary,
    description: [`Scope: ${[scope].flat().join(' or ')}.`, route.description]
      .filter(Boolean)
      .join(' '),
    parameters,
    ...(body && { requestBody: body }),
    responses: { 200: responseOf(response), ...refusalsOf([...always, ...refusals]) },
  };
}

const serverParameter = {
  name: 'server',
  in: 'path',
  required: true,
  description: 'Id of the server that the token is for.',
  schema: { type: 'string' },
};

function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query'): readonly Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    readonly properties?: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema: rest,
  }));
}

function responseOf({ description, content }: ApiResponse): Json {
  const kinds = Object.entries(content).map(([type, schema]) => [
    type,
    { schema: typeof schema === 'string' ? plainSchemas[schema] : schemaOf(schema, 'output') },
  ]);
  return { description, content: Object.fromEntries(kinds) };
}

const plainSchemas = { text: { type: 'string' }, bytes: {} };

function refusalsOf(statuses: readonly number[]): Json {
  const sorted = [...new Set(statuses)].toSorted((one, other) => one - other);
  return Object.fromEntries(sorted.map((status) => [status, refusedWith(meanings[status] ?? '')]));
}

function refusedWith(description: string): Json {
  const schema = { $ref: '#/components/schemas/Error' };
  return { description, content: { 'application/json': { schema } } };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

/** A form with a file of sound, or with its address. */
function recordingForm(fields: z.ZodObject): Json {
  const { properties, ...schema } = schemaOf(fields, 'input');
  const file = { type: 'string', format: 'binary' };
  const all = { ...schema, properties: { file, ...Object(properties) } };
  return { required: true, content: { 'multipart/form-data': { schema: all } } };
}
