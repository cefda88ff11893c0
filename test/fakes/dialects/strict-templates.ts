import { type DialectRequest, replyJson } from './dialect.ts';

/**
 * Prompt templates that refuse a prompt, by what their published Jinja files raise: Gemma 2 and 3 (google/gemma-2-9b-it, google/gemma-3-4b-it),
 * Mistral (mistralai/Mistral-7B-Instruct-v0.3, with what Mistral's own API refuses) and Devstral (mistralai/Devstral-Small-2507).
 */
export const strictTemplates = ['gemma-2', 'gemma-3', 'mistral', 'devstral'] as const;
export type StrictTemplate = (typeof strictTemplates)[number];

type ApiCall = { readonly id?: unknown };
type ApiMessage = {
  readonly role?: unknown;
  readonly content?: unknown;
  readonly tool_calls?: readonly ApiCall[] | null;
  readonly tool_call_id?: unknown;
};

/** The sentence with which a template refuses the messages of a request; undefined if it takes them. */
export function findTemplateFault(
  { messages }: { readonly messages?: unknown },
  template: StrictTemplate,
): string | undefined {
  if (!Array.isArray(messages) || messages.length === 0) return 'No messages.';
  return faultFinders[template](messages);
}

/** The answer of a server with such a template: 400 as of vLLM, or 500 as of llama.cpp. */
export function refuseByTemplate(template: StrictTemplate, status = 400) {
  return ({ body }: Pick<DialectRequest, 'body'>) => {
    const message = findTemplateFault(body, template);
    if (message === undefined) return undefined;
    return replyJson({ error: { message, type: 'BadRequestError' } }, status);
  };
}

const faultFinders: Record<
  StrictTemplate,
  (messages: readonly ApiMessage[]) => string | undefined
> = {
  'gemma-2': (messages) =>
    messages[0]?.role === 'system'
      ? 'System role not supported'
      : findGemmaFault(messages),
  'gemma-3': (messages) => findGemmaFault(withoutSystem(messages)),
  mistral: (messages) => {
    const turns = withoutSystem(messages);
    return (
      findTurnFault(turns, (message) => message.tool_calls === undefined) ??
      findIdFault(turns) ??
      findOrderFault(turns)
    );
  },
  devstral: (messages) => {
    const turns = withoutSystem(messages);
    return (
      findTurnFault(turns, ({ tool_calls }) => !tool_calls?.length) ??
      findOrderFault(turns)
    );
  },
};

const alternation = 'roles must alternate user/assistant/user/assistant/...';

/** Counts every message, so these templates know no results of tools. */
function findGemmaFault(turns: readonly ApiMessage[]) {
  const isOutOfTurn = turns.some(
    ({ role }, n) => (role === 'user') !== (n % 2 === 0) || role === 'system',
  );
  if (isOutOfTurn) return `Conversation ${alternation}`;
  const isReadable = ({ content }: ApiMessage) =>
    typeof content === 'string' || Array.isArray(content);
  return turns.every(isReadable) ? undefined : 'Invalid content type';
}

function withoutSystem(messages: readonly ApiMessage[]) {
  return messages[0]?.role === 'system' ? messages.slice(1) : messages;
}

/** Counts users, and the answers that `counts`. */
function findTurnFault(
  turns: readonly ApiMessage[],
  counts: (message: ApiMessage) => boolean,
) {
  const known = ['user', 'assistant', 'tool'];
  if (turns.some(({ role }) => !known.includes(String(role))))
    return 'Only user, assistant and tool roles are supported.';
  const counted = turns.filter(
    (message) =>
      message.role === 'user' || (message.role === 'assistant' && counts(message)),
  );
  const isInTurn = counted.every(({ role }, n) => (role === 'user') === (n % 2 === 0));
  return isInTurn
    ? undefined
    : `After the optional system message, conversation ${alternation}`;
}

function findIdFault(turns: readonly ApiMessage[]) {
  const ids = turns.flatMap(({ role, tool_call_id, tool_calls }) => [
    ...(tool_calls ?? []).map(({ id }) => id),
    ...(role === 'tool' ? [tool_call_id] : []),
  ]);
  return ids.every((id) => /^[a-zA-Z0-9]{9}$/.test(String(id)))
    ? undefined
    : 'Tool call IDs should be alphanumeric strings with length 9!';
}

/** Each round of calls has its results right behind it, in number and name, and no user behind those. */
function findOrderFault(turns: readonly ApiMessage[]): string | undefined {
  const faults = turns.map(
    (message, n) =>
      findPairingFault(message, turns.slice(n + 1)) ??
      findMessageFault(message, turns[n - 1]),
  );
  const last = turns.at(-1)?.role;
  const isOpen = last === 'user' || last === 'tool';
  return (
    faults.find((fault) => fault !== undefined) ??
    (isOpen ? undefined : `Expected last role User or Tool, got ${last}`)
  );
}

function findPairingFault(
  { role, tool_calls }: ApiMessage,
  rest: readonly ApiMessage[],
) {
  if (role === 'tool') return undefined;
  const end = rest.findIndex((message) => message.role !== 'tool');
  const results = end < 0 ? rest : rest.slice(0, end);
  const called = (tool_calls ?? []).map(({ id }) => `${id}`);
  const told = results.map(({ tool_call_id }) => `${tool_call_id}`);
  return called.toSorted().join() === told.toSorted().join()
    ? undefined
    : 'Not the same number of function calls and responses';
}

function findMessageFault(
  { content, role, tool_calls }: ApiMessage,
  former: ApiMessage | undefined,
) {
  if (role === 'user' && former?.role === 'tool')
    return "Unexpected role 'user' after role 'tool'";
  const isEmpty = content === undefined || content === null || content === '';
  return role === 'assistant' && isEmpty && !tool_calls?.length
    ? 'Assistant message must have either content or tool_calls, but not none.'
    : undefined;
}
