import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import type { Sandbox } from '#sandbox/sandbox.ts';
import { completionRequest } from '#src/web/api/openai/completion-request.ts';
import type { ApiRoute } from '#src/web/api/route.ts';
import { routes } from '#src/web/api/routes/routes.ts';
import type { HostileAnswer, HostileProvider } from './servers.ts';
import { type HostileShape, hostileShapes } from './shapes.ts';

/** A way by which somebody's bytes come into the bot. */
export type Door = {
  readonly name: string;
  /** Preparation; it is not measured. */
  ready?(): Promise<void>;
  /** Sends the shape and waits for its end. Errors: where it did not get in. */
  send(shape: HostileShape, bytes: number): Promise<void>;
};

export type DoorParts = {
  readonly sandbox: Sandbox;
  readonly person: SandboxPerson;
  readonly provider: HostileProvider;
  readonly page: { readonly url: string; readonly token: string };
};

const patienceMs = 20_000;

/** Each route of the HTTP API with a body, and the one that takes keys of links. */
export function httpDoors({ page, sandbox }: DoorParts): readonly Door[] {
  const posts: readonly (readonly [method: string, path: string, fields: readonly string[]])[] = [
    ...routes.flatMap((route) => (route.body ? [described(route, sandbox.guildId)] : [])),
    ['post', '/v1/chat/completions', Object.keys(completionRequest.shape)],
    ['post', '/enter', ['key']],
  ];
  const doors = posts.map(
    ([method, path, fields]): Door => ({
      name: `${method.toUpperCase()} ${path.replace(sandbox.guildId, 'SERVER')}`,
      async send(shape, bytes) {
        const [field = ''] = fields;
        const each = Math.floor(bytes / 2) - 100;
        const body = `{"${field}":${shape.json(each)},"more":${shape.json(each)}}`;
        const status = await posted(page, method, path, body);
        if (status < 400) throw new Error(`${path} took ${shape.name}.`);
      },
    }),
  );
  const messages: Door = {
    name: 'content of a message of POST /v1/chat/completions',
    async send(shape, bytes) {
      const content = shape.json(bytes - 100);
      const body = `{"model":"parley","messages":[{"role":"user","content":${content}}]}`;
      await posted(page, 'post', '/v1/chat/completions', body);
    },
  };
  return [...doors, messages];
}

function described({ method, path, body }: ApiRoute, guildId: string) {
  const shape = body && 'shape' in body ? Object.keys(Object(body.shape)) : [];
  return [method, path.replace('{server}', guildId).replace('{track}', 'bg'), shape] as const;
}

async function posted(
  { url, token }: DoorParts['page'],
  method: string,
  path: string,
  body: string | FormData,
  type = 'application/json',
): Promise<number> {
  const isForm = body instanceof FormData;
  const headers = { authorization: `Bearer ${token}`, ...(!isForm && { 'content-type': type }) };
  const signal = AbortSignal.timeout(patienceMs);
  const address = new URL(path, url);
  const response = await fetch(address, { method: method.toUpperCase(), headers, body, signal });
  await response.text();
  return response.status;
}

const asked = { role: 'user', content: 'How are you?' };
const spoken = { modalities: ['text', 'audio'], audio: { voice: 'default', format: 'wav' } };
const speech = readFileSync(
  new URL('../../test/fixtures/speech/human-cards-004.wav', import.meta.url),
);
const input = { data: speech.toString('base64'), format: 'wav' };
const recorded = { role: 'user', content: [{ type: 'input_audio', input_audio: input }] };

/** Forms with a file: what stands in the file, in a field, in the head of a part, and in place of parts. */
export function formDoors({ page }: DoorParts): readonly Door[] {
  const path = '/v1/audio/transcriptions';
  const head = 'Content-Disposition: form-data; name=';
  const bodies: Readonly<Record<string, (json: string) => string>> = {
    file: (json) => `--b\r\n${head}"file"; filename="a.wav"\r\n\r\n${json}\r\n--b--\r\n`,
    field: (json) => `--b\r\n${head}"prompt"\r\n\r\n${json}\r\n--b--\r\n`,
    head: (json) => `--b\r\n${json.replaceAll(',', ':\r\n')}\r\n\r\n1\r\n--b--\r\n`,
    parts: (json) => `${json.replaceAll(/[[{,]/g, '--b\r\n\r\n\r\n')}--b--\r\n`,
  };
  return Object.entries(bodies).map(
    ([place, body]): Door => ({
      name: `${place} of a form of POST ${path}`,
      async send(shape, bytes) {
        const type = 'multipart/form-data; boundary=b';
        const status = await posted(page, 'post', path, body(shape.json(bytes)), type);
        if (status < 400) throw new Error(`${path} took ${shape.name}.`);
      },
    }),
  );
}

/** Answers of the servers of models, in one piece and as events. */
export function providerDoors({ page, provider }: DoorParts): readonly Door[] {
  const requests: readonly (readonly [endpoint: string, request: object])[] = [
    ['/chat/completions', { messages: [asked] }],
    ['/audio/speech', { messages: [asked], ...spoken }],
    ['/audio/transcriptions', { messages: [recorded] }],
  ];
  return requests.flatMap(([endpoint, request]) =>
    (['application/json', 'text/event-stream'] as const).map(
      (type): Door => ({
        name: `answer of ${endpoint} as ${type}`,
        async send(shape, bytes) {
          const question = JSON.stringify({ model: 'parley', ...request });
          const ask = () => posted(page, 'post', '/v1/chat/completions', question);
          await answered(ask);
          const json = shape.json(bytes - 20);
          const body = type === 'application/json' ? json : `data: ${json}\n\n`;
          await reached(provider.next({ endpoint, type, body }), ask);
        },
      }),
    ),
  );
}

/** Answers of the transcription server to recordings of programs. */
export function recordingDoors({ page, provider }: DoorParts): readonly Door[] {
  const form = new FormData();
  form.append('file', new Blob([speech]), 'a.wav');
  return ['/audio/translations', '/audio/transcriptions'].map(
    (endpoint): Door => ({
      name: `answer of ${endpoint} to a recording`,
      async send(shape, bytes) {
        const ask = () => posted(page, 'post', `/v1${endpoint}`, form);
        await answered(ask);
        const body = shape.json(bytes - 20);
        await reached(provider.next({ endpoint, type: 'application/json', body }), ask);
      },
    }),
  );
}

/** Events that are small and many. */
export function manyEvents({ page, provider }: DoorParts): Door {
  return {
    name: 'many small events of /chat/completions',
    async send(_, bytes) {
      const event = 'data: {}\n\n';
      const body = event.repeat(Math.floor(bytes / event.length));
      const answer: HostileAnswer = {
        endpoint: '/chat/completions',
        type: 'text/event-stream',
        body,
      };
      const request = JSON.stringify({ model: 'parley', messages: [asked] });
      const ask = () => posted(page, 'post', '/v1/chat/completions', request);
      await answered(ask);
      await reached(provider.next(answer), ask);
    },
  };
}

/** A server that has failed again and again rests for a while. */
async function answered(ask: () => Promise<number>): Promise<void> {
  const untilMs = performance.now() + 6 * patienceMs;
  while ((await ask()) >= 400) {
    if (performance.now() > untilMs) throw new Error('The bot answers nobody any more.');
    await wait(500);
  }
}

async function reached(used: Promise<void>, ask: () => Promise<unknown>): Promise<void> {
  const late = wait(patienceMs, 'late');
  await ask();
  if ((await Promise.race([used, late])) === 'late') throw new Error('The bot did not ask.');
}

/** Results of calls of MCP servers: one server for each shape, as one that floods is left alone for a while. */
export function mcpDoor(
  transport: 'http' | 'stdio',
  { person, provider, sandbox }: DoorParts,
): Door {
  return {
    name: `result of an MCP server over ${transport}`,
    async send(shape) {
      const name = `${serverNameOf(transport, shape)}__go`;
      const call = {
        index: 0,
        id: 'call_1',
        type: 'function',
        function: { name, arguments: '{}' },
      };
      const choice = { index: 0, delta: { tool_calls: [call] }, finish_reason: 'tool_calls' };
      const body = `data: ${JSON.stringify({ choices: [choice] })}\n\ndata: [DONE]\n\n`;
      const answer: HostileAnswer = {
        endpoint: '/chat/completions',
        type: 'text/event-stream',
        body,
      };
      const isReported = () => provider.lastChat().includes('"role":"tool"');
      const used = provider.next(answer);
      await reached(used, async () =>
        person.write(`<@${sandbox.botId}> go`, { channel: 'Lounge' }),
      );
      const untilMs = performance.now() + patienceMs;
      while (!isReported()) {
        if (performance.now() > untilMs) throw new Error(`The bot did not call ${name}.`);
        await wait(20);
      }
    },
  };
}

/** A name that settings and models take. */
export function serverNameOf(transport: string, shape: HostileShape): string {
  return `${transport}${hostileShapes.indexOf(shape)}`;
}

/** Messages of a Realtime connection, which is made anew after each. */
export function realtimeDoor({ person, provider }: DoorParts, speak: () => Promise<void>): Door {
  return {
    name: 'message of a Realtime connection',
    async ready() {
      const untilMs = performance.now() + 3 * patienceMs;
      while (provider.say('{}') === 0) {
        if (performance.now() > untilMs) throw new Error(`${person.name} is not listened to.`);
        await speak();
      }
    },
    async send(shape, bytes) {
      const count = provider.say(`{"type":"response.done","response":${shape.json(bytes - 60)}}`);
      if (count === 0) throw new Error('The connection has ended.');
    },
  };
}
