import type {
  ChatCompletionContentPart,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from 'openai/resources/chat/completions';
import type { ChatMessage, Tool } from '#src/chat/ports.ts';

/**
 * A conversation in the format of the chat completions API, with sound where there is some: after a line that names its speaker.
 *
 * Consecutive messages of several people become one message of lines `Name: text`: the templates of many local models
 * insist that user and assistant alternate.
 */
export function apiMessages(messages: readonly ChatMessage[]): ChatCompletionMessageParam[] {
  const sent: ChatCompletionMessageParam[] = [];
  for (const message of messages) {
    const next = apiMessage(message);
    const last = sent.at(-1);
    if (next.role === 'user' && last?.role === 'user')
      last.content = joined(last.content, next.content);
    else sent.push(next);
  }
  return sent;
}

function apiMessage(message: ChatMessage): ChatCompletionMessageParam {
  if ('wav' in message) {
    const data = Buffer.from(message.wav).toString('base64');
    const text = lineOf(message.name, '').trim() || 'Somebody:';
    const sound = { type: 'input_audio' as const, input_audio: { data, format: 'wav' as const } };
    return { role: 'user', content: [{ type: 'text', text }, sound] };
  }
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

type Content = string | ChatCompletionContentPart[];

function joined(one: Content, other: Content): Content {
  if (typeof one === 'string' && typeof other === 'string') return `${one}\n${other}`;
  return [...partsOf(one), ...partsOf(other)];
}

function partsOf(content: Content): ChatCompletionContentPart[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

/** All characters that are read like the colon between a name and its words. */
const colons = /[:\u02d0\u05c3\u2236\ua789\ufe13\ufe55\uff1a]/gu;

/**
 * Puts a message on one line, with one colon that ends the name, so that no person can speak in the name of another by
 * having a line break or a colon in theirs, or a line break in their words.
 */
export function lineOf(name: string, content: string): string {
  if (name === '') return content;
  const plain = name
    .replace(colons, ' ')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  const words = content.replace(/[\s\u0085]+/gu, (gap) =>
    /[\n\v\f\r\u0085\u2028\u2029]/.test(gap) ? ' ' : gap,
  );
  return `${plain === '' ? 'Somebody' : plain}: ${words}`;
}

export function apiTools(tools: readonly Tool[]): ChatCompletionTool[] {
  return tools.map(({ name, description, parameters }) => ({
    type: 'function',
    function: { name, description, parameters: { ...parameters } },
  }));
}
