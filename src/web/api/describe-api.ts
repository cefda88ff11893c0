import { z } from 'zod';
import type { ApiRoute } from './route.ts';

type Json = Readonly<Record<string, unknown>>;

/** A description by OpenAPI 3.1: https://spec.openapis.org/oas/v3.1.1.html */
export interface ApiDescription {
  readonly openapi: '3.1.1';
  readonly info: Json;
  /** Operations by path and method. */
  readonly paths: Readonly<Record<string, Json>>;
  readonly components: Json;
}

const refusalSchema = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string(),
  }),
});

/** Describes routes by the schemas that check their requests. */
export function describeApi(
  routes: readonly ApiRoute[],
  version: string,
): ApiDescription {
  const paths = [...Map.groupBy(routes, ({ path }) => path)].map(
    ([path, group]) =>
      [
        path,
        Object.fromEntries(group.map((route) => [route.method, describeRoute(route)])),
      ] as const,
  );
  return {
    openapi: '3.1.1',
    info: {
      title: 'Parley',
      version,
      description: 'Operations for programs: docs/http.md explains them.',
    },
    paths: Object.fromEntries(paths),
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Refusal: toJsonSchema(refusalSchema) },
    },
  };
}

function describeRoute(route: ApiRoute) {
  const content = describeContent(route);
  return {
    summary: route.summary,
    security: [{ token: [route.scope] }],
    parameters: describeParameters(route),
    ...(content && { requestBody: { required: true, content } }),
    responses: {
      '200': { description: 'Done.' },
      default: {
        description: 'A refusal, with a message for people and a code for programs.',
        content: {
          'application/json': { schema: { $ref: '#/components/schemas/Refusal' } },
        },
      },
    },
  };
}

function describeContent({ body, form, sound }: ApiRoute) {
  if (body) return { 'application/json': { schema: toJsonSchema(body) } };
  if (sound) return { '*/*': {} };
  if (!form) return undefined;
  const file = { type: 'object', properties: { file: {} }, required: ['file'] };
  return { 'multipart/form-data': { schema: { allOf: [toJsonSchema(form), file] } } };
}

/** Describes what stands in the path and behind it. The server of a path has no schema: the token decides. */
function describeParameters({ params, path, query }: ApiRoute) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const { properties: pathSchemas = {} } = params ? toJsonSchema(params) : {};
  const { properties: querySchemas = {}, required = [] } = query
    ? toJsonSchema(query)
    : {};
  return [
    ...inPath.map((name) => {
      const schema = pathSchemas[name] ?? { type: 'string' };
      return { name, in: 'path', required: true, schema };
    }),
    ...Object.entries(querySchemas).map(([name, schema]) => {
      return { name, in: 'query', required: required.includes(name), schema };
    }),
  ];
}

/** Says what a program may send. Zod describes no checks that are functions: they allow more here than there. */
function toJsonSchema(schema: z.ZodType) {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}
