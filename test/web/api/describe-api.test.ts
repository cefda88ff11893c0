import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';
import type { ApiDescription } from '#src/web/api/describe-api.ts';
import type { ApiRoute } from '#src/web/api/route.ts';
import { allRoutes } from '#src/web/api/routes/routes.ts';
import { openApi } from './api-setup.ts';

const operationSchema = z.object({
  summary: z.string().regex(/^[A-Z].+\.$/),
  security: z.tuple([z.object({ token: z.tuple([z.string()]) })]),
  parameters: z.array(
    z.looseObject({ name: z.string(), in: z.enum(['path', 'query']) }),
  ),
  requestBody: z
    .object({
      required: z.literal(true),
      content: z.record(
        z.string(),
        z.object({ schema: z.record(z.string(), z.unknown()).optional() }),
      ),
    })
    .optional(),
});

/** Reads the description as a program does, without a token. */
async function readDescription() {
  await using api = await openApi();
  const response = await api.app.request('/openapi.json');
  expect(response.status).toBe(200);
  const routes = api.app.routes.filter(({ method }) => method !== 'ALL');
  return { routes, description: (await response.json()) as ApiDescription };
}

function findOperation({ paths }: ApiDescription, { method, path }: ApiRoute) {
  return operationSchema.parse(paths[path]?.[method]);
}

test('every route of the HTTP API is described at /openapi.json, and no other', async () => {
  const { description, routes } = await readDescription();
  const described = Object.entries(description.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  );
  const served = routes.map(
    ({ method, path }) =>
      `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
  );
  const withoutItself = served.filter((route) => route !== 'get /openapi.json');
  expect(described.toSorted()).toEqual([...new Set(withoutItself)].toSorted());
  expect(described.length).toBeGreaterThanOrEqual(18);
  for (const route of allRoutes) {
    const { security } = findOperation(description, route);
    expect(security[0].token[0], route.path).toBe(route.scope);
  }
});

test('each described schema is the one that parses', async () => {
  const { description } = await readDescription();
  const toSchema = (schema: z.ZodType) =>
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  for (const route of allRoutes) {
    const { parameters, requestBody } = findOperation(description, route);
    const { body, form, path, query } = route;
    const content = requestBody?.content ?? {};
    const described = content['application/json']?.schema;
    const parsed = body ? JSON.parse(JSON.stringify(toSchema(body))) : undefined;
    expect(described, path).toEqual(parsed);
    const [fields] = z
      .tuple([z.unknown(), z.unknown()])
      .or(z.tuple([]))
      .parse(content['multipart/form-data']?.schema?.allOf ?? []);
    expect(fields, path).toEqual(
      form ? JSON.parse(JSON.stringify(toSchema(form))) : undefined,
    );
    const names = parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
    const queryNames = query ? Object.keys(toSchema(query).properties ?? {}) : [];
    const pathNames = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(names, path).toEqual([
      ...pathNames.map((name) => `path ${name}`),
      ...queryNames.map((name) => `query ${name}`),
    ]);
  }
});

const speech = { model: 'tts-1', input: 'Hello.', voice: 'alloy' };
const chat = {
  model: 'parley',
  messages: [
    { role: 'user', content: 'Hello.' },
    { role: 'assistant', content: null, tool_calls: [] },
    { role: 'assistant', tool_calls: [] },
    { role: 'user', content: [{ type: 'text', text: 'Go on.' }] },
  ],
};

test.each([
  ['/v1/servers/{server}/say', { text: 'Hello.', when: 'now' }, { text: '' }],
  ['/v1/servers/{server}/ask', { question: 'Why?' }, { question: 'Why?', loud: true }],
  ['/v1/servers/{server}/tracks/{track}/loop', { on: true }, { on: 'yes' }],
  ['/v1/audio/speech', speech, { ...speech, response_format: 'aac' }],
  [
    '/v1/chat/completions',
    chat,
    { ...chat, messages: [{ role: 'user', content: [{ type: 'text' }] }] },
  ],
] as const)(
  'a generator of clients learns what %s takes',
  async (path, taken, refused) => {
    const { description } = await readDescription();
    const route = allRoutes.find((one) => one.path === path && one.method === 'post');
    if (!route?.body) throw new Error(`${path} has no body`);
    const { requestBody } = findOperation(description, route);
    const schema = requestBody?.content['application/json']?.schema ?? {};
    const isValid = new Ajv2020({ strict: false, formats: { base64: true } }).compile(
      schema,
    );
    const isParsed = (body: unknown) => route.body?.safeParse(body).success;
    expect([isValid(taken), isParsed(taken)]).toEqual([true, true]);
    expect([isValid(refused), isParsed(refused)]).toEqual([false, false]);
  },
);
