export type MockReply = {
  /** Tried on the newest message; a string matches anywhere in it, letter case aside. */
  readonly match: string | RegExp;
  readonly text?: string;
  /** Makes the text out of the newest message. */
  readonly reply?: (newest: string) => string;
  readonly call?: { readonly name: string; readonly argumentsJson: string };
  /** Makes the call out of the newest message; undefined: there is none, and the text is said. */
  readonly callFor?: (newest: string) => MockReply['call'];
};

export type ReceivedChatRequest = {
  readonly model?: string;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly messages?: readonly { readonly role: string; readonly content?: unknown }[];
};

/** The newest messages of people, joined. */
export function getQuestion({ messages = [] }: ReceivedChatRequest) {
  const since = messages.findLastIndex(({ role }) => role !== 'user') + 1;
  return messages
    .slice(since)
    .map(({ content }) =>
      typeof content === 'string' ? content : JSON.stringify(content),
    )
    .join(' ');
}

/** The first reply that fits the newest message, else an echo of it. */
export function findReply(request: ReceivedChatRequest, replies: readonly MockReply[]) {
  const content = request.messages?.at(-1)?.content;
  const newest = typeof content === 'string' ? content : JSON.stringify(content ?? '');
  const fitsReply = ({ match }: MockReply) =>
    typeof match === 'string'
      ? newest.toLowerCase().includes(match.toLowerCase())
      : match.test(newest);
  const foundReply = replies.find(fitsReply) ?? {
    match: /^/,
    text: `You said: ${newest}`,
  };
  const call = foundReply.callFor?.(newest);
  if (call) return { match: foundReply.match, call };
  return foundReply.reply
    ? { ...foundReply, text: foundReply.reply(newest) }
    : foundReply;
}

/** Events that a server streams for `reply`, one a token. */
export function makeChatEvents(request: ReceivedChatRequest, reply: MockReply) {
  const tokens = (reply.text ?? '').match(/\s*\S+/g) ?? [];
  const deltas: object[] = tokens.map((content) => ({ delta: { content } }));
  if (reply.call)
    deltas.push({ delta: { tool_calls: [{ index: 0, ...makeToolCall(reply.call) }] } });
  const finish_reason = reply.call ? 'tool_calls' : 'stop';
  const choices = [...deltas, { delta: {}, finish_reason }];
  const events = choices.map((choice) => makeChunk(request, [{ index: 0, ...choice }]));
  if (request.stream_options?.include_usage) {
    events.push(makeChunk(request, [], countUsage(request, tokens.length)));
  }
  return [...events, 'data: [DONE]\n\n'];
}

/** An answer in one piece. */
export function makeChatAnswer(request: ReceivedChatRequest, reply: MockReply) {
  const calls = reply.call ? { tool_calls: [makeToolCall(reply.call)] } : {};
  const message = { role: 'assistant', content: reply.text ?? null, ...calls };
  const finish_reason = reply.call ? 'tool_calls' : 'stop';
  return {
    ...makeHead(request, 'chat.completion'),
    choices: [{ index: 0, message, finish_reason }],
    usage: countUsage(request, reply.text?.split(/\s+/).length ?? 0),
  };
}

function makeChunk(
  request: ReceivedChatRequest,
  choices: readonly object[],
  used?: object,
) {
  const body = {
    ...makeHead(request, 'chat.completion.chunk'),
    choices,
    usage: used ?? null,
  };
  return `data: ${JSON.stringify(body)}\n\n`;
}

function makeHead({ model = 'mock' }: ReceivedChatRequest, object: string) {
  return { id: 'chatcmpl-mock', object, created: 0, model };
}

function makeToolCall({
  name,
  argumentsJson,
}: {
  name: string;
  argumentsJson: string;
}) {
  return {
    id: 'call_mock',
    type: 'function',
    function: { name, arguments: argumentsJson },
  };
}

function countUsage({ messages = [] }: ReceivedChatRequest, completion_tokens: number) {
  const prompt_tokens = Math.ceil(JSON.stringify(messages).length / 4);
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
  };
}
