import type {
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from 'openai/resources/chat/completions';
import type { ChatMessage, Tool } from './ports.ts';

/**
 * A conversation as the chat completions API takes it.
 *
 * What several people said in a row becomes one message of lines `Name: text`: the templates of many local models
 * insist that user and assistant take turns.
 */
export function apiMessages(messages: readonly ChatMessage[]): ChatCompletionMessageParam[] {
  const sent: ChatCompletionMessageParam[] = [];
  for (const message of messages) {
    const last = sent.at(-1);
    if (message.role === 'user' && last?.role === 'user') {
      last.content = `${last.content}\n${lineOf(message.name, message.content)}`;
    } else sent.push(apiMessage(message));
  }
  return sent;
}

function apiMessage(message: ChatMessage): ChatCompletionMessageParam {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.content };
    case 'user':
      return { role: 'user', content: lineOf(message.name, message.content) };
    case 'assistant': {
      const { content, calls = [] } = message;
      if (calls.length === 0) return { role: 'assistant', content };
      const tool_calls = calls.map(({ id, name, argumentsJson }) => ({
        id,
        type: 'function' as const,
        function: { name, arguments: argumentsJson },
      }));
      return { role: 'assistant', content, tool_calls };
    }
    case 'tool':
      return { role: 'tool', tool_call_id: message.callId, content: message.content };
  }
}

/** On one line, so that nobody can speak in the name of another by having a line break in theirs, or in their words. */
export function lineOf(name: string, content: string): string {
  const plain = name.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return plain === '' ? content : `${plain}: ${content.replace(/\s*[\n\r\u2028\u2029]\s*/gu, ' ')}`;
}

export function apiTools(tools: readonly Tool[]): ChatCompletionTool[] {
  return tools.map(({ name, description, parameters }) => ({
    type: 'function',
    function: { name, description, parameters: { ...parameters } },
  }));
}
