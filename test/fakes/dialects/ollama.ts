import type { ServerResponse } from 'node:http';
import { type ChatRequest, replyTo } from '#test/fakes/providers/chat.ts';
import {
  type Behind,
  type DialectRoute,
  type DialectServer,
  events,
  json,
  openDialect,
} from './dialect.ts';

const models = ['qwen3:8b', 'qwen3:4b-instruct'];

/**
 * Ollama: chat only, contents only as strings; the role comes with every chunk, thoughts in a field of their own, a tool
 * call whole and with the finish reason `stop`, and no usage.
 */
export function openOllama(behind: Behind): Promise<DialectServer> {
  return openDialect({ 'POST /v1/chat/completions': chat(behind) }, (_, response) => {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found');
  });
}

function chat({ replies }: Behind): DialectRoute {
  return ({ body }, response) => {
    const request = body as ChatRequest;
    const { messages = [], model } = request;
    if (!models.some((one) => one === model))
      return refuse(response, 404, `model "${model}" not found, try pulling it first`);
    if (messages.some(({ content }) => typeof content !== 'string'))
      return refuse(response, 400, 'invalid message format');
    const { text = '', call } = replyTo(request, replies);
    const tool_calls = call && [
      {
        id: 'call_ollama1',
        index: 0,
        type: 'function',
        function: { name: call.name, arguments: call.argumentsJson },
      },
    ];
    const chunk = (delta: object, finish_reason: string | null = null) => ({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      model,
      system_fingerprint: 'fp_ollama',
      choices: [{ index: 0, delta: { role: 'assistant', content: '', ...delta }, finish_reason }],
    });
    return events(response, [
      ...['They', ' greet', ' me.'].map((reasoning) => chunk({ reasoning })),
      ...(text.match(/\s*\S+/g) ?? []).map((content) => chunk({ content })),
      ...(tool_calls ? [chunk({ tool_calls })] : []),
      chunk({}, 'stop'),
      '[DONE]',
    ]);
  };
}

function refuse(response: ServerResponse, status: number, message: string): void {
  const error = { message, type: 'api_error', param: null, code: null };
  json(response, { error }, status);
}
