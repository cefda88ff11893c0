import { lineOf } from '#src/chat/completions/api-messages.ts';
import type { Tool } from '#src/chat/ports.ts';
import type { JsonEvent } from '#src/provider/json-socket.ts';
import type { TalkItem } from './realtime-ports.ts';

/** Settings of an answer that a session gets before the request for it. */
export type TalkManner = {
  readonly instructions: string;
  readonly voice: string | undefined;
  readonly tools: readonly Tool[];
};

/** Sound both ways, and only the bot decides when a turn is over. */
export function openingUpdate(maxTokens?: number): JsonEvent {
  const format = { type: 'audio/pcm', rate: 24_000 };
  const audio = { input: { format, turn_detection: null }, output: { format } };
  const limit = maxTokens !== undefined && { max_output_tokens: maxTokens };
  const session = { type: 'realtime', output_modalities: ['audio'], audio, ...limit };
  return { type: 'session.update', session };
}

export function mannerUpdate(manner: TalkManner): JsonEvent {
  const { instructions, voice } = manner;
  const tools = manner.tools.map(({ name, description, parameters }) => ({
    type: 'function',
    name,
    description,
    parameters,
  }));
  const settings = { instructions, tools, tool_choice: 'auto' };
  const audio = voice && { audio: { output: { voice } } };
  return { type: 'session.update', session: { type: 'realtime', ...settings, ...audio } };
}

/** `mostTokens`: the longest output of this answer, where that is less than the session's. */
export function answerRequest(event_id: string, mostTokens = Infinity, most = Infinity): JsonEvent {
  const response = mostTokens < most && { response: { max_output_tokens: mostTokens } };
  return { type: 'response.create', event_id, ...response };
}

/** An item as text, after the speaker's name, on one line. */
export function itemOf(item: TalkItem): JsonEvent {
  switch (item.kind) {
    case 'system':
      return message('system', 'input_text', item.text);
    case 'user':
      return message(
        'user',
        'input_text',
        item.sound ? nameOf(item) : lineOf(item.name, item.text),
      );
    case 'assistant':
      return message('assistant', 'output_text', item.text);
    case 'call': {
      const { id, name, argumentsJson } = item.call;
      return { type: 'function_call', call_id: id, name, arguments: argumentsJson };
    }
    case 'result':
      return { type: 'function_call_output', call_id: item.callId, output: item.content };
  }
}

function message(role: string, type: string, text: string): JsonEvent {
  return { type: 'message', role, content: [{ type, text }] };
}

/** Line with the speaker's name before their sound. */
function nameOf({ name }: { readonly name: string }): string {
  return lineOf(name, '').trim();
}
