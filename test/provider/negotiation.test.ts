import { BadRequestError, InternalServerError } from 'openai/core/error';
import { BotError } from '#src/base/errors.ts';
import type { TryReservations } from '#src/provider/models/request-reservation.ts';
import { negotiate } from '#src/provider/negotiation/negotiation.ts';
import {
  type RequestForms,
  type RequestPart,
  ServerKnowledge,
} from '#src/provider/negotiation/server-knowledge.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const never = new AbortController().signal;
const hourMs = 3_600_000;
const refuseRequest = (message: string, param?: string) =>
  new BadRequestError(400, { message, param }, undefined, new Headers());
const crashServer = () =>
  new InternalServerError(500, { message: 'Oops' }, undefined, new Headers());

const stream: RequestPart = { name: 'stream', forms: ['asked', ''], givenUp: 'first' };
const effort: RequestPart = {
  name: 'effort',
  forms: ['none', ''],
  offered: ['low'],
  givenUp: 'first',
};
const format: RequestPart = {
  name: 'format',
  forms: ['pcm', 'wav', 'mp3'],
  givenUp: 'last',
};
const lamp: RequestPart = {
  name: 'tool lamp',
  forms: ['sent', ''],
  namedBy: /lamp/,
  within: 'tools',
  givenUp: 'never',
};
const tools: RequestPart = {
  name: 'tools',
  forms: ['sent', ''],
  namedBy: /tools?/,
  givenUp: 'never',
};
const requestParts = [stream, effort, format, lamp, tools];

/** A server that throws what `judge` finds wrong, and notes the forms of each request. */
class JudgingServer {
  readonly clock = new VirtualClock(0);
  readonly habits: string[] = [];
  readonly requests: string[] = [];
  readonly trials: string[] = [];
  readonly knowledge: ServerKnowledge;
  judge: (forms: RequestForms) => unknown;

  constructor(judge: (forms: RequestForms) => unknown, without?: readonly string[]) {
    this.judge = judge;
    this.knowledge = new ServerKnowledge({
      clock: this.clock,
      without,
      report: ({ what }) => this.habits.push(what),
    });
  }

  async ask(
    requests: readonly RequestPart[] = requestParts,
    tries?: TryReservations,
    model?: string,
  ): Promise<unknown> {
    const answerForms = (noted: string[]) => (forms: RequestForms) =>
      this.#answer(forms, noted);
    const request = {
      parts: requests,
      model,
      tries,
      send: answerForms(this.requests),
      sendTrial: answerForms(this.trials),
    };
    try {
      await Array.fromAsync(negotiate(request, this.knowledge, never));
      return undefined;
    } catch (error) {
      return error;
    }
  }

  async *#answer(forms: RequestForms, noted: string[]) {
    noted.push([...forms.values()].map((form) => form || '-').join(' '));
    const fault = this.judge(forms);
    if (fault !== undefined) throw fault;
    yield 'answer';
  }
}

const all = 'asked none pcm sent sent';

test('a part that a refusal names is left out at once, and from then on', async () => {
  const server = new JudgingServer((forms) =>
    forms.get('stream')
      ? refuseRequest('No stream here, whatever the tools.')
      : undefined,
  );
  for (const _ of ['first', 'second'])
    expect(await server.ask([stream, effort])).toBe(undefined);
  expect(server.requests).toEqual(['asked none', '- none', '- none']);
  expect(server.habits).toEqual(['it does not take `stream`, which is left out']);
});

test('a field that a refusal states counts more than its sentence', async () => {
  const server = new JudgingServer((forms) =>
    forms.get('effort')
      ? refuseRequest('Error processing stream start', 'effort')
      : undefined,
  );
  await server.ask();
  expect(server.requests).toEqual([all, 'asked - pcm sent sent']);
});

test('a model that is called as a part is not that part', async () => {
  const message =
    "No support for parameters: ['effort'].\n\nModel group 'stream' failed with the error above.";
  const server = new JudgingServer((forms) =>
    forms.get('effort') ? refuseRequest(message) : undefined,
  );
  await server.ask([stream, effort], undefined, 'stream');
  expect(server.requests).toEqual(['asked none', 'asked -']);
});

test('a form that a refusal offers is taken, else the next one', async () => {
  const server = new JudgingServer((forms) => {
    if (forms.get('effort') === 'none')
      return refuseRequest('effort must be `low` or `high`');
    if (forms.get('format') !== 'mp3')
      return refuseRequest('format must be one of [mp3]');
    return undefined;
  });
  await server.ask();
  expect(server.requests.at(-1)).toBe('asked low mp3 sent sent');
  const otherServer = new JudgingServer((forms) =>
    forms.get('format') === 'pcm' ? refuseRequest('Invalid format') : undefined,
  );
  await otherServer.ask();
  expect(otherServer.requests.at(-1)).toBe('asked none wav sent sent');
});

test('one refused tool is one tool', async () => {
  const server = new JudgingServer((forms) =>
    forms.get('tool lamp')
      ? refuseRequest("Invalid schema for tools: 'lamp'")
      : undefined,
  );
  await server.ask();
  expect(server.requests).toEqual([all, 'asked none pcm - sent']);
});

test('where nothing is named, what the bot added goes first, then what can be missed, never tools', async () => {
  const server = new JudgingServer(() => refuseRequest('Bad request'));
  const error = await server.ask();
  expect(server.requests).toEqual([all, '- - pcm sent sent', '- - wav sent sent']);
  expect(error).toMatchObject({ cause: { status: 400 } });
  expect(server.habits).toEqual([]);
});

test('a server that refuses one unknown field after another is understood within three requests', async () => {
  const own = ['a', 'b', 'c', 'd'].map(
    (name): RequestPart => ({ name, forms: ['x', ''], givenUp: 'first' }),
  );
  const server = new JudgingServer((forms) => {
    const name = own.find((part) => forms.get(part.name))?.name;
    return name && refuseRequest(`Unknown parameter: '${name}'`);
  });
  expect(await server.ask(own)).toBeUndefined();
  expect(server.requests).toEqual(['x x x x', '- x x x', '- - - -']);
});

test('a crash without a reason teaches nothing once, and something twice in a row', async () => {
  let crashes = 0;
  const server = new JudgingServer(() => (crashes-- > 0 ? crashServer() : undefined));
  const askAfter = async (count: number) => {
    crashes = count;
    await server.ask([stream]);
  };
  for (const count of [1, 0, 1, 0]) await askAfter(count);
  expect(server.requests).toEqual(['asked', '-', 'asked', 'asked', '-', 'asked']);
  for (const count of [1, 1, 0]) await askAfter(count);
  expect(server.requests.slice(6)).toEqual(['asked', '-', 'asked', '-', '-']);
});

test('a lesson holds for its circumstance alone', async () => {
  const slow = { ...stream, circumstance: 'speed 0.5' };
  const server = new JudgingServer((forms) =>
    server.requests.length === 1 && forms.get('stream')
      ? refuseRequest('stream')
      : undefined,
  );
  await server.ask([slow]);
  await server.ask([stream]);
  await server.ask([slow]);
  expect(server.requests).toEqual(['asked', '-', 'asked', '-']);
});

test('after an hour a part is tried beside a question, which goes as before', async () => {
  const server = new JudgingServer((forms) =>
    forms.get('stream') ? refuseRequest('stream') : undefined,
  );
  await server.ask([stream]);
  await server.clock.advance(hourMs + 1);
  for (const _ of ['second', 'third']) await server.ask([stream]);
  expect(server.trials).toEqual(['asked']);
  server.judge = () => undefined;
  await server.clock.advance(hourMs + 1);
  await server.ask([stream]);
  await server.ask([stream]);
  expect(server.requests).toEqual(['asked', '-', '-', '-', '-', 'asked']);
});

test('a refusal of the content is neither asked again nor learnt from', async () => {
  const flagged = refuseRequest(
    'Your input was flagged by the content filter of this stream.',
  );
  const server = new JudgingServer(() => flagged);
  expect(await server.ask()).toBe(flagged);
  expect(server.requests).toHaveLength(1);
});

test('parts that the operator names are left out from the first request on', async () => {
  const server = new JudgingServer(() => undefined, ['stream', 'effort=low']);
  await server.ask([stream, effort]);
  expect(server.requests).toEqual(['- low']);
});

test('each further try and each trial is paid for, and without money there is none', async () => {
  const server = new JudgingServer((forms) =>
    forms.get('stream') ? refuseRequest('stream') : undefined,
  );
  const paid: unknown[] = [];
  const budgetError = new BotError('budget.used', false, 'The budget is used up.');
  const tries: TryReservations = {
    maxUnits: 1,
    renew: async (cause) => void paid.push(cause),
    runBeside: (send) => {
      paid.push('beside');
      return send();
    },
  };
  await server.ask([stream], tries);
  await server.clock.advance(hourMs + 1);
  await server.ask([stream], tries);
  expect(paid).toEqual([expect.any(BadRequestError), 'beside']);
  const poor = new JudgingServer(() => refuseRequest('stream'));
  const failToRenew = () => Promise.reject(budgetError);
  expect(await poor.ask([stream], { ...tries, renew: failToRenew })).toBe(budgetError);
  expect(poor.requests).toHaveLength(1);
});
