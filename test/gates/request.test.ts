import { readFileSync } from 'node:fs';
import type { SentFields } from '#src/chat/chat-model.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import {
  admitRequest,
  type RequestRules,
  strictRules,
} from '#src/web/api/openai/admit-request.ts';
import {
  type FieldRule,
  messageFields,
  requestFields,
} from '#src/web/api/openai/published-fields.ts';
import { openProxy, toUserMessage } from '#test/web/api/proxy-setup.ts';

const { signal } = new AbortController();

test('fields that nobody admitted do not compile at the door of a chat server', async () => {
  const sendFields = (sent: SentFields) => sent;
  const fields = { search_parameters: { mode: 'on' } };
  // @ts-expect-error: Nobody asked what these fields cost.
  sendFields(fields);
  // @ts-expect-error: A published field has to be asked about as well.
  sendFields({ temperature: 1 });
  const request = { messages: [], fields: { temperature: 1 } };
  const { sent } = await admitRequest(request, strictRules, signal);
  expect(sendFields(sent)).toEqual({ temperature: 1 });
});

const toPart = (part: object) => ({
  messages: [toUserMessage([{ type: 'text', text: 'a', ...part }])],
});
const makeBark = (overrides: object) => ({
  type: 'function',
  function: { name: 'bark', ...overrides },
});
const outside = { items: { $ref: 'http://10.0.0.1/' } };

/** Requests that may cost beside the tokens or lead elsewhere, by the field at fault. */
const dearRequests: Readonly<Record<string, object>> = {
  ...Object.fromEntries(
    [
      ...['search_parameters', 'enable_search', 'web_search_options', 'moderation'],
      ...['n_predict', 'max_output_tokens', 'max_new_tokens', 'best_of', 'fallbacks'],
      ...['tags', 'deployment_id', 'api_base', 'extra_body', 'Model', 'constructor'],
    ].map((name) => [name, { [name]: ['dear'] }]),
  ),
  max_completion_tokens: { max_completion_tokens: [9, 9] },
  seed: { seed: { search: true } },
  'response_format.search': { response_format: { type: 'text', search: true } },
  'tool_choice.function.server_url': { tool_choice: makeBark({ server_url: 'a' }) },
  'tools[0].cache_control': { tools: [{ ...makeBark({}), cache_control: {} }] },
  'tools[0].function.parameters': { tools: [makeBark({ parameters: outside })] },
  'messages[0].plugins': { messages: [{ ...toUserMessage('a'), plugins: [] }] },
  'messages[0].content[0].cache_control': toPart({ cache_control: {} }),
  'messages[0].content[0].image_url': toPart({ image_url: 'https://10.0.0.1/' }),
  'messages[0].content[0].image_url.url': toPart({
    image_url: { url: 'https://10.0.0.1/' },
  }),
  'messages[0].content[0].video_url': toPart({
    video_url: { url: 'https://a.example' },
  }),
};

test('a field that may cost beside the tokens reaches no server, and the refusal names it', async () => {
  await using proxy = await openProxy(['Yes.']);
  for (const [param, fields] of Object.entries(dearRequests))
    await expect(proxy.complete(fields), param).rejects.toMatchObject({
      status: 400,
      param,
    });
  expect(proxy.asked).toEqual([]);
});

const addresses: Readonly<Record<string, readonly string[]>> = {
  'dogs.example': ['93.184.215.14'],
  'half.example': ['93.184.215.14', '10.0.0.1'],
  litellm: ['172.18.0.3'],
};

/** Rules of an operator whose name server knows a few names. */
function makeRules(
  overrides: Partial<RequestRules> = {},
  hosts: readonly string[] = [],
) {
  const resolveHost = async (host: string) => addresses[host] ?? [];
  const pictures = {
    allowed: new AllowedHosts(hosts),
    resolve: resolveHost,
    machineAddresses: [],
  };
  return { ...strictRules, pictures, ...overrides };
}

const toPictures = (...urls: readonly string[]) => [
  toUserMessage(urls.map((url) => ({ type: 'image_url', image_url: { url } }))),
];

test.each([
  'http://dogs.example/a.png',
  'http://169.254.169.254/latest/meta-data/',
  'https://127.0.0.1:8787/metrics',
  'https://2130706433/',
  'https://[::ffff:10.0.0.1]/',
  'https://litellm:4000/key/list',
  'https://half.example/',
  'https://nobody-knows.example/',
  'https://user:password@dogs.example/',
  'data:image/svg+xml,<svg/>',
])('the picture %s goes to no server', async (url) => {
  await using proxy = await openProxy(['A dog.'], { requestRules: makeRules() });
  const messages = [...toPictures('https://dogs.example/a.png', url)];
  await expect(proxy.complete({ messages })).rejects.toMatchObject({
    status: 400,
    param: 'messages[0].content[1].image_url.url',
  });
  expect(proxy.asked).toEqual([]);
});

test('public pictures, those in the request and those of allowed hosts go on, as the bot read their addresses', async () => {
  const requestRules = makeRules({}, ['nas.local:8000']);
  await using proxy = await openProxy(['A dog.'], { requestRules });
  const rest = ['data:image/png;base64,AAAA', 'http://nas.local:8000/a.png'];
  // Readers of addresses differ in what they take for the host of this one.
  const messages = toPictures('https://dogs.example\\@litellm/a.png', ...rest);
  await proxy.complete({ messages });
  const read = toPictures('https://dogs.example/@litellm/a.png', ...rest);
  expect(proxy.asked[0]?.messages).toEqual([expect.anything(), ...read]);
  const many = toPictures(
    ...Array.from({ length: 21 }, (_, n) => `https://${n}.example/`),
  );
  await expect(proxy.complete({ messages: many })).rejects.toThrow(/at most 20 hosts/);
});

test('an answer that a program sends back as a client of OpenAI parsed it is taken', async () => {
  await using proxy = await openProxy(['Yes.']);
  const call = { name: 'bark', arguments: '{"n":1}' };
  const toCalls = (overrides: object) => [
    { id: 'a', type: 'function', function: { ...call, ...overrides } },
  ];
  const answer = { role: 'assistant', content: null, parsed: { n: 1 } };
  const result = { role: 'tool', tool_call_id: 'a', content: 'done' };
  const tool_calls = toCalls({ parsed_arguments: { n: 1 } });
  const messages = [toUserMessage('Bark.'), { ...answer, tool_calls }, result];
  await proxy.complete({ messages });
  const [, , sent] = (proxy.asked[0]?.messages ?? []) as readonly object[];
  expect(sent).toMatchObject({ tool_calls: toCalls({}) });
  expect(JSON.stringify(sent)).not.toContain('parsed');
});

type Schema = { readonly [keyword: string]: unknown };
type Published = {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};
const { schemas } = (
  JSON.parse(readFileSync('test/fixtures/openai/description.json', 'utf8')) as Published
).components;

/** Published properties of a schema, in any of its forms. */
function listProperties(schema: Schema = {}): Readonly<Record<string, Schema>> {
  const { $ref, allOf, anyOf, items, oneOf, properties } = schema as {
    readonly $ref?: string;
    readonly allOf?: readonly Schema[];
    readonly anyOf?: readonly Schema[];
    readonly oneOf?: readonly Schema[];
    readonly items?: Schema;
    readonly properties?: Readonly<Record<string, Schema>>;
  };
  const forms = [...(allOf ?? []), ...(anyOf ?? []), ...(oneOf ?? []), items ?? {}];
  const named =
    $ref === undefined ? {} : listProperties(schemas[`${$ref.split('/').at(-1)}`]);
  const matches = forms
    .filter((form) => Object.keys(form).length > 0)
    .map(listProperties);
  return mergeProperties([properties ?? {}, named, ...matches]);
}

/** A property that several forms have takes all of their forms. */
function mergeProperties(several: readonly Readonly<Record<string, Schema>>[]) {
  const merged: Record<string, Schema> = {};
  for (const properties of several)
    for (const [name, schema] of Object.entries(properties))
      merged[name] = name in merged ? { anyOf: [merged[name], schema] } : schema;
  return merged;
}

/** Published fields that rules do not name, by their paths. */
function listUndecided(
  schema: Schema,
  rule: FieldRule | undefined,
  path: string,
): readonly string[] {
  if (rule === undefined) return [path];
  if (typeof rule === 'string') return [];
  const rules = Object.assign(
    {},
    ...[rule].flat().filter((form) => typeof form === 'object'),
  );
  return Object.entries(listProperties(schema)).flatMap(([name, property]) =>
    listUndecided(property, rules[name], path === '' ? name : `${path}.${name}`),
  );
}

test('each field of chat completions that OpenAI publishes is sent, dropped, read by the bot, or refused for a reason', () => {
  const readByBot = ['model', 'modalities', 'audio', 'n', 'stream', 'stream_options'];
  const refused = [
    'functions', // send them as tools
    'function_call',
    'logprobs', // the bot has no probabilities
    'moderation', // names a further model
    'web_search_options', // charged by search
    'messages.content.file', // may be an id of the operator's account
    'tool_choice.custom', // only functions
    'tools.custom',
  ];
  const { messages = {}, ...properties } = listProperties(
    schemas.CreateChatCompletionRequest,
  );
  const undecided = [
    ...listUndecided({ properties }, requestFields, ''),
    ...listUndecided(messages, messageFields, 'messages'),
  ];
  expect(undecided.toSorted()).toEqual([...readByBot, ...refused].toSorted());
});
