import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { realClock } from '#src/base/clock.ts';
import { toChannelId, toMessageId, toWebhookId } from '#src/base/ids.ts';
import { createClient, createWebhookRest } from '#src/discord/login.ts';
import { LiveMessage } from '#src/discord/outbox/live-message.ts';
import { Outbox, type PostOutcome, type Urgency } from '#src/discord/outbox/outbox.ts';
import type { MessageOutcome } from '#src/ports/caption-chats.ts';
import {
  makeRateLimit,
  makeRefusal,
  openRest,
} from '#test/discord/setup/rest-notes.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const never = new AbortController().signal;

/** An outbox to a Discord that fails as `failures` say, in order, and then takes everything. */
function openOutbox(...failures: readonly (Error | 'hang')[]) {
  const timing = new VirtualClock();
  const outcomes: PostOutcome[] = [];
  const { rest, sent } = openRest(timing, [...failures]);
  const outbox = new Outbox(rest, timing, (outcome) => void outcomes.push(outcome));
  const postContent = (content: string, signal = never) =>
    outbox.post(toChannelId('a'), { content }, signal).then(
      () => 'taken',
      (error: unknown) =>
        error instanceof Error && 'code' in error ? error.code : error,
    );
  const passTime = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 500) {
      timing.passMs(Math.min(500, ms - passed));
      await turn();
    }
  };
  return { outbox, outcomes, sent, post: postContent, pass: passTime };
}

const listTexts = (sent: ReturnType<typeof openOutbox>['sent']) =>
  sent.map(({ content }) => content);

test.each([
  ['no answer within 4 s', 'hang'],
  ['a broken network', new Error('socket hang up')],
  ['a rate limit', makeRateLimit(4_000)],
  ['an error of Discord', makeRefusal(503, 0)],
] as const)(
  'after %s a message is sent again under its nonce, before those behind it',
  async (_, failure) => {
    const { post, pass, sent, outcomes } = openOutbox(failure);
    const fates = [post('1'), post('2')];
    await pass(10_000);
    expect(await Promise.all(fates)).toEqual(['taken', 'taken']);
    expect(listTexts(sent)).toEqual(['1', '1', '2']);
    expect(sent[0]?.nonce).toMatch(/^.{25}$/);
    expect(sent[1]?.nonce).toBe(sent[0]?.nonce);
    expect(outcomes).toEqual(['sent', 'sent']);
  },
);

test('a message that Discord refuses ends with its reason, and the next one is sent', async () => {
  const { post, pass, outcomes } = openOutbox(makeRefusal(403, 50_013));
  const fates = [post('1'), post('2')];
  await pass(3_000);
  expect(await Promise.all(fates)).toEqual([50_013, 'taken']);
  expect(outcomes).toEqual(['failed', 'sent']);
});

test('a message that would wait for more than two minutes is dropped, and later ones are sent', async () => {
  const { post, pass, sent, outcomes } = openOutbox(
    makeRateLimit(60_000),
    makeRateLimit(60_000),
  );
  const old = post('old');
  const behind = post('behind');
  await pass(60_500);
  const young = post('young');
  await pass(70_000);
  expect(await Promise.all([old, behind, young])).toEqual([
    'discord.unsent',
    'discord.unsent',
    'taken',
  ]);
  expect(listTexts(sent)).toEqual(['old', 'old', 'young']);
  expect(outcomes).toEqual(['unsent', 'unsent', 'sent']);
});

test('captions and notices of a chat leave before the replies that wait there', async () => {
  const { outbox, post, pass, sent } = openOutbox();
  const replyWith = (content: string) =>
    outbox.post(
      toChannelId('a'),
      { content, message_reference: { message_id: 'm' } },
      never,
    );
  const replies = Array.from({ length: 6 }, (_, n) => replyWith(`reply ${n}`));
  await pass(2_500);
  const notice = post('notice');
  const caption = outbox.put(
    {
      channelId: toChannelId('a'),
      route: 'POST',
      send: (until) => outbox.sendPost(toChannelId('a'), { content: 'caption' }, until),
    },
    never,
  );
  await pass(2_500);
  await Promise.all([notice, caption]);
  expect(listTexts(sent).slice(0, 4)).toEqual([
    'reply 0',
    'reply 1',
    'notice',
    'caption',
  ]);
  await pass(20_000);
  await Promise.all(replies);
});

test('of more than 1,000 messages for one channel the oldest is dropped, and counted', async () => {
  const { post, pass, outcomes } = openOutbox('hang');
  const fates = Array.from({ length: 1_001 }, (_, n) => post(`${n}`));
  await pass(500);
  expect([await fates[0], outcomes]).toEqual(['discord.unsent', ['unsent']]);
});

test.each(['behind another', 'under a rate limit'])(
  'a message taken back while it waits %s is not sent',
  async (where) => {
    const isBehind = where === 'behind another';
    const { post, pass, sent } = openOutbox(isBehind ? 'hang' : makeRateLimit(1_000));
    const abort = new AbortController();
    if (isBehind) void post('first');
    const fate = post('late', abort.signal);
    await pass(500);
    abort.abort('asked to stop');
    expect(await fate).toBe('asked to stop');
    await pass(10_000);
    expect(listTexts(sent).filter((text) => text === 'late')).toHaveLength(
      isBehind ? 0 : 1,
    );
  },
);

test('a thread that sleeps is woken for a change', async () => {
  const { outbox, pass, sent } = openOutbox(makeRefusal(400, 50_083));
  const changing = outbox.changeMessage(
    { channelId: toChannelId('a'), messageId: toMessageId('m') },
    { content: 'new' },
    never,
  );
  await pass(500);
  await changing;
  expect(sent.map(({ method, route }) => `${method} ${route}`)).toEqual([
    'PATCH /channels/a/messages/m',
    'PATCH /channels/a',
    'PATCH /channels/a/messages/m',
  ]);
});

test('a webhook posts, edits and deletes with its own token, never with that of the bot', async () => {
  const { outbox, pass, sent } = openOutbox();
  const webhook = { id: toWebhookId('7'), token: 'tok' };
  const posting = outbox.post(webhook, { content: 'a' }, never);
  await pass(2_000);
  const { id: messageId } = await posting;
  const place = { channelId: toChannelId('a'), messageId, webhook };
  const changing = [
    outbox.changeMessage(place, { content: 'b' }, never),
    outbox.changeMessage(place, undefined, never),
  ];
  await pass(2_000);
  await Promise.all(changing);
  expect(sent.map(({ auth, method, route }) => [method, route, auth])).toEqual([
    ['POST', '/webhooks/7/tok', false],
    ['PATCH', `/webhooks/7/tok/messages/${messageId}`, false],
    ['DELETE', `/webhooks/7/tok/messages/${messageId}`, false],
  ]);
});

const channelId = toChannelId('c');
const makePlace = (messageId: string) => ({
  channelId,
  messageId: toMessageId(messageId),
});

/** Live messages of one channel over a Discord that answers after 120 ms. */
function openMessages(...given: (Error | undefined)[]) {
  const timing = new VirtualClock();
  const { rest, sent, failures } = openRest(timing, given, 120);
  const outbox = new Outbox(rest, timing, () => {});
  const outcomes: MessageOutcome[] = [];
  /** A message that shows what it was told last; empty: it is to be deleted. */
  const makeMessage = (at?: string) => {
    let text = '';
    const live = new LiveMessage(
      {
        outbox,
        channelId,
        draw: () => (text === '' ? undefined : { content: text }),
        report: (outcome) => outcomes.push(outcome),
      },
      at === undefined ? undefined : makePlace(at),
      at === undefined ? undefined : { content: 'former' },
    );
    return (next: string, urgency: Urgency = 'whole') => {
      text = next;
      live.requestUpdate(urgency);
    };
  };
  const passTime = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10) {
      timing.passMs(10);
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
  };
  const listSteps = () =>
    sent.map(({ method, content = '' }) => `${method} ${content}`);
  return {
    message: makeMessage,
    sent,
    steps: listSteps,
    outcomes,
    failures,
    pass: passTime,
    timing,
  };
}

test('a message is posted once and then edited, and what waits is replaced by what is newer', async () => {
  const { message, pass, steps, outcomes } = openMessages();
  const show = message();
  show('one');
  await pass(10);
  show('two');
  show('three');
  await pass(300);
  show('four');
  await pass(1_500);
  show('');
  await pass(500);
  expect(steps()).toEqual(['POST one', 'PATCH three', 'PATCH four', 'DELETE ']);
  expect(outcomes.at(-2)).toEqual({ kind: 'shown', place: makePlace('m1') });
  expect(outcomes.at(-1)).toEqual({ kind: 'deleted' });
});

test('a message that was never posted is deleted without a request', async () => {
  const { message, pass, steps, outcomes } = openMessages();
  const show = message();
  show('one');
  show('');
  await pass(500);
  expect([steps(), outcomes]).toEqual([[], [{ kind: 'deleted' }]]);
});

test('through an outage messages keep their order, and each its newest text', async () => {
  const away = Array.from({ length: 8 }, () => new Error('socket hang up'));
  const { message, pass, steps, sent } = openMessages(...away);
  const [first, second] = [message(), message()];
  first('old');
  second('behind');
  await pass(3_000);
  first('new');
  await pass(200_000);
  expect(steps().slice(8)).toEqual(['POST new', 'POST behind']);
  expect(new Set(sent.slice(0, 9).map(({ nonce }) => nonce)).size).toBe(1);
});

test.each([
  ['too-old', 2, makeRefusal(400, 30_046), { kind: 'too-old' }],
  ['gone', 1, makeRefusal(404, 10_008), { kind: 'message-gone' }],
  ['refused', 2, makeRefusal(400, 50_035), { kind: 'refused', why: 'error 50035' }],
  ['a closed chat', 1, makeRefusal(403, 50_001), { kind: 'forbidden' }],
  ['a chat that is gone', 1, makeRefusal(404, 10_003), { kind: 'chat-gone' }],
])(
  'a change that Discord does not take ends as %s, and with the next there are %i requests',
  async (_, requests, failure, expected) => {
    const { message, pass, outcomes, sent } = openMessages(failure);
    const show = message('x');
    show('new');
    await pass(3_000);
    expect(outcomes).toEqual([expected]);
    expect(sent).toHaveLength(1);
    show('newer');
    await pass(3_000);
    expect(sent).toHaveLength(requests);
  },
);

test('whole words never wait longer than 1.25 s, however many go on, and no 5 s hold more than five edits', async () => {
  const { message, pass, sent, timing } = openMessages();
  const [goesOn, whole] = [message('w'), message('x')];
  const waits: number[] = [];
  for (let n = 0; n < 40; n++) {
    goesOn(`words ${n}`, 'partial');
    if (n % 4 === 3) {
      const atMs = timing.nowMs();
      whole(`whole ${n}`);
      await pass(1_500);
      const edit = sent.find(({ content }) => content === `whole ${n}`);
      waits.push((edit?.atMs ?? Number.POSITIVE_INFINITY) - atMs);
    }
    await pass(300);
  }
  expect(Math.max(...waits)).toBeLessThanOrEqual(1_250);
  const times = sent.map(({ atMs }) => atMs);
  const fifths = times.slice(5).map((atMs, n) => atMs - (times[n] ?? 0));
  expect(Math.min(...fifths)).toBeGreaterThan(5_000);
});

const webhook = { id: toWebhookId('123456789012345678'), token: 'tok' };
const webhookPath = `/v10/webhooks/${webhook.id}/${webhook.token}`;
const roomId = '876543210987654321';
const roomPath = `/v10/channels/${roomId}/messages`;

type Trouble = 'a lost answer' | 'an error' | 'rate limit';

/** Discord over HTTP with one webhook and its channel. The first posts end in trouble. */
class WebhookServer {
  readonly posted: { readonly id: string; readonly content: string }[] = [];
  readonly requests: string[] = [];
  /** Headers that admitted the requests of the webhook. */
  readonly bearers = new Set<string | undefined>();
  readonly #troubles: Trouble[];
  readonly #canRead: boolean;

  constructor(troubles: readonly Trouble[], canRead: boolean) {
    this.#troubles = [...troubles];
    this.#canRead = canRead;
  }

  async answer(request: IncomingMessage, response: ServerResponse) {
    const { method, url = '' } = request;
    const [path = ''] = url.split('?');
    this.requests.push(`${method} ${path}`);
    if (path === webhookPath) this.bearers.add(request.headers.authorization);
    if (method === 'POST') return await this.#takePost(request, response);
    return path === webhookPath
      ? sendJson(response, 200, { channel_id: roomId })
      : this.#listMessages(response);
  }

  #listMessages(response: ServerResponse) {
    const messages = this.posted.map((one) => ({ ...one, webhook_id: webhook.id }));
    return this.#canRead
      ? sendJson(response, 200, messages.toReversed())
      : sendJson(response, 403, { code: 50_001, message: 'Missing Access' });
  }

  async #takePost(request: IncomingMessage, response: ServerResponse) {
    const trouble = this.#troubles.shift();
    if (trouble === 'rate limit')
      return sendJson(response, 429, { retry_after: 0.05, global: false });
    const { content } = JSON.parse(await text(request));
    const id = `20000000000000000${this.posted.length}`;
    this.posted.push({ id, content });
    if (trouble === 'a lost answer') return request.socket.destroy();
    const message = { id, content, channel_id: roomId, webhook_id: webhook.id };
    return sendJson(response, trouble ? 503 : 200, message);
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown) {
  const headers = { 'content-type': 'application/json' };
  return response.writeHead(status, headers).end(JSON.stringify(body));
}

/** That Discord, and the outbox of a bot with its real REST client. */
async function openDiscord(troubles: readonly Trouble[], canRead = true) {
  const server = new WebhookServer(troubles, canRead);
  const served = await openListeningServer((request, response) => {
    void server.answer(request, response);
  });
  const client = createClient({
    token: 'bot-token',
    apiUrl: `${served.origin}/v10`,
    timeoutMs: 5_000,
  });
  client.rest.setToken('bot-token');
  onTestFinished(async () => {
    await client.destroy();
    await served[Symbol.asyncDispose]();
  });
  const outbox = new Outbox(
    client.rest,
    realClock,
    () => undefined,
    createWebhookRest(client),
  );
  const post = async (content: string) =>
    await outbox.post(webhook, { content }, never).then(
      ({ id }) => id,
      (error: unknown) => error,
    );
  const { bearers, posted, requests } = server;
  return { bearers, post, posted, requests };
}

test.each(['a lost answer', 'an error'] as const)(
  'after %s a message of a webhook is looked for, and stands in the channel once',
  async (trouble) => {
    const { bearers, post, posted, requests } = await openDiscord([trouble]);
    expect(await post('\u2026')).toBe('200000000000000000');
    expect(posted.map(({ content }) => content)).toEqual(['\u2026']);
    expect(requests).toEqual([
      `POST ${webhookPath}`,
      `GET ${webhookPath}`,
      `GET ${roomPath}`,
    ]);
    expect([...bearers]).toEqual([undefined]);
  },
);

test('where the bot may not look, a message of a webhook whose answer was lost is given up', async () => {
  const { post, posted } = await openDiscord(['a lost answer'], false);
  expect(await post('\u2026')).toMatchObject({ code: 50_001 });
  expect(posted).toHaveLength(1);
});

test('a message of a webhook that Discord did not take is sent again', async () => {
  const { post, posted } = await openDiscord(['rate limit']);
  expect(await post('\u2026')).toBe('200000000000000000');
  expect(posted).toHaveLength(1);
});
