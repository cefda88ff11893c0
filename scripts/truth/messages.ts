import { plain } from './plain.ts';

/** One request of a bot to Discord, as it came over the wire. */
export type SentRequest = {
  readonly method: string;
  /** Below the version of the API. */
  readonly path: string;
  /** Content type. */
  readonly type: string;
  /** Body, a character each byte. */
  readonly sent: string;
  readonly status: number;
  readonly answered: string;
};

/** All that the bots of one test sent to Discord and logged. */
export type RawTest = {
  readonly file: string;
  readonly name: string;
  readonly passed: boolean;
  readonly requests: readonly SentRequest[];
  readonly log: readonly Readonly<Record<string, unknown>>[];
};

/** One message, from its first body to its last: each is different from the one before. */
type Message = { readonly place: string; readonly bodies: unknown[] };

export type ScenarioMessages = {
  /** By place, in the order of their first bodies. */
  readonly messages: Readonly<Record<string, readonly (readonly unknown[])[]>>;
  /** What else was asked of Discord: each once, sorted. */
  readonly others: readonly unknown[];
};

/** What a scenario's bots sent, message by message, without what differs from run to run. */
export async function messagesOf(requests: readonly SentRequest[]): Promise<ScenarioMessages> {
  const reader = new MessageReader();
  for (const request of requests)
    if (request.method !== 'GET') reader.handle(request, await bodyOf(request));
  return reader.read();
}

/** The JSON of a request; of a form, with the names of its files. */
async function bodyOf({ sent, type }: SentRequest): Promise<unknown> {
  const bytes = Buffer.from(sent, 'latin1');
  if (!type.startsWith('multipart/')) return sent === '' ? undefined : JSON.parse(`${bytes}`);
  const form = await new Response(bytes, { headers: { 'content-type': type } }).formData();
  const files = [...form.values()].flatMap((part) => (typeof part === 'string' ? [] : [part.name]));
  return { ...JSON.parse(`${form.get('payload_json') ?? '{}'}`), files };
}

/** Kinds of answers to an interaction. Source: Discord docs, "Interaction Callback Type". */
const [message, deferred, deferredChange, change] = [4, 5, 6, 7];
const ephemeral = 64;
/** What the bot had not heard of yet: a server or a message that is gone. */
const notFound = 404;

class MessageReader {
  readonly #messages = new Map<string, Message>();
  /** Where the answers to interactions stand that come later, by token. */
  readonly #awaited = new Map<string, string>();
  readonly #channels: string[] = [];
  /** Those of the operator, who is written to when the machine is too slow. */
  readonly #direct = new Set<string>();
  readonly #others = new Set<string>();

  read(): ScenarioMessages {
    const messages: Record<string, unknown[][]> = {};
    for (const { place, bodies } of this.#messages.values()) {
      const all = messages[place] ?? [];
      messages[place] = all;
      // Who asks until something is so gets the same answer as often as it takes.
      if (JSON.stringify(all.at(-1)) !== JSON.stringify(bodies)) all.push(bodies);
    }
    return { messages, others: [...this.#others].toSorted().map((text) => JSON.parse(text)) };
  }

  handle(request: SentRequest, body: unknown): void {
    const { method, path, status, answered } = request;
    const words = path.replace(/\?.*/, '').split('/').slice(1).map(decodeURIComponent);
    const [kind = '', first = '', second = '', third = '', fourth = ''] = words;
    const id = (): string => `${answered === '' ? second : JSON.parse(answered).id}`;
    const isMessage = kind === 'channels' && second === 'messages' && words.length <= 4;
    if (status === notFound || words.at(-1) === 'commands' || this.#direct.has(first)) return;
    if (status >= 400) this.#else(request, body);
    else if (kind === 'interactions') this.#answer(second, body, answered);
    else if (kind === 'webhooks') this.#follow(second, fourth, id, body);
    else if (kind === 'users') this.#direct.add(id());
    else if (isMessage) this.#put(method === 'POST' ? id() : third, this.#channel(first), body);
    else this.#else(request, body);
  }

  /** A further message of an interaction, or a change of one. */
  #follow(token: string, message: string, id: () => string, body: unknown): void {
    const place = message === '' ? undefined : this.#awaited.get(token);
    const isNew = message === '' || message === '@original';
    this.#put(isNew ? id() : message, place ?? replyPlace(body), body);
  }

  #answer(token: string, body: unknown, answered: string): void {
    const { type, data } = Object(body);
    const { interaction } = answered === '' ? {} : JSON.parse(answered);
    // A bot that is slow defers its answer: that is no body.
    if (type === deferred || type === deferredChange) this.#awaited.set(token, replyPlace(data));
    else if (type === message || type === change)
      this.#put(`${interaction?.response_message_id ?? token}`, replyPlace(data), data);
    else this.#put(token, 'suggestions and forms', body);
  }

  /** A message keeps the place of its first body. */
  #put(id: string, place: string, body: unknown): void {
    // A deferred answer that is taken back was never shown.
    if (body === undefined && !this.#messages.has(id)) return;
    const message = this.#messages.get(id) ?? { place, bodies: [] };
    this.#messages.set(id, message);
    const content = body === undefined ? 'is deleted' : plain(lasting(withoutAudience(body)));
    const isPanelEdit = message.bodies.length > 0 && isPanel(message.bodies[0]);
    if (!isPanelEdit && JSON.stringify(message.bodies.at(-1)) !== JSON.stringify(content))
      message.bodies.push(content);
  }

  #channel(id: string): string {
    if (!this.#channels.includes(id)) this.#channels.push(id);
    return `channel ${this.#channels.indexOf(id) + 1}`;
  }

  #else({ method, path, status }: SentRequest, body: unknown): void {
    const asked = plain(path.replace(/(webhooks|interactions)\/(\d+)\/[^/]+/, '$1/$2/<token>'));
    const failed = status >= 400 && { status };
    this.#others.add(JSON.stringify({ asked: `${method} ${asked}`, ...failed, body: plain(body) }));
  }
}

/** A deferred answer has its audience from before: only others tell of it, and the place of a message does for all. */
function withoutAudience(body: unknown): unknown {
  const { flags = 0, ...rest } = Object(body);
  const others = flags & ~ephemeral;
  return others === 0 ? rest : { ...rest, flags: others };
}

function replyPlace(body: unknown): string {
  const { flags = 0 } = Object(body);
  return flags & ephemeral ? 'replies to one person' : 'replies to everybody';
}

/** Lines of a panel that stand there for moments. */
const passing = [
  /^(Listening|Thinking|Reconnecting|Paused)$/,
  /^(Hearing|Speaking to) [^:]/,
  /^(I hear you|Tracks: |Last answer after |No answer yet)/,
  /, go ahead$/,
];

/**
 * A panel is edited at most every 1.2 s, and what is over by then is never shown: its first body is recorded, without the lines
 * and buttons that pass. All that a panel is to show stands in the traces.
 */
function lasting(body: unknown): unknown {
  if (!isPanel(body)) return body;
  const { content, components } = body;
  const lines = content.split('\n').filter((line) => !passing.some((one) => one.test(line)));
  const rows = components.filter((row) => !JSON.stringify(row).includes('parley:track'));
  return { ...body, content: lines.join('\n'), components: rows };
}

type Panel = { readonly content: string; readonly components: readonly unknown[] };

function isPanel(body: unknown): body is Panel {
  const { content, components } = Object(body);
  const isWritten = typeof content === 'string' && Array.isArray(components);
  return isWritten && JSON.stringify(components).includes('"parley:ask"');
}
