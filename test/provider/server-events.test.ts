import { openClient } from '#src/provider/api-client.ts';
import { readEvents } from '#src/provider/event-stream.ts';
import { cutText } from '#test/fakes/providers/send-paced.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';

/** What the reader makes of a stream that comes in these pieces: its values, and the error that ends it. */
async function readIn(pieces: readonly Uint8Array[]) {
  const values: unknown[] = [];
  let isAtEndMark = false;
  let error: unknown;
  const body = ReadableStream.from(pieces);
  try {
    const events = readEvents(new Response(body), () => (isAtEndMark = true));
    for await (const value of events) values.push(value);
  } catch (cause) {
    error = cause;
  }
  return { values, isAtEndMark, error };
}

const two = [{ n: 1 }, { n: 'é💡' }];
const [one, other] = two.map((value) => JSON.stringify(value));

/** Ways in which servers write the same two events. */
const writings: Readonly<Record<string, string>> = {
  'as the standard says': `data: ${one}\n\ndata: ${other}\n\ndata: [DONE]\n\n`,
  'with a byte order mark': `\ufeffdata: ${one}\n\ndata: ${other}\n\ndata: [DONE]\n\n`,
  'with CRLF': `data: ${one}\r\n\r\ndata: ${other}\r\n\r\ndata: [DONE]\r\n\r\n`,
  'with CR': `data: ${one}\r\rdata: ${other}\r\rdata: [DONE]\r\r`,
  'without spaces and without the last blank line': `data:${one}\n\ndata:${other}\n\ndata:[DONE]`,
  'one line break between events': `data: ${one}\ndata: ${other}\ndata: [DONE]\n`,
  'with data without text, and pings': `data:\n\ndata: ${one}\n\ndata: ping\n\ndata: ${other}\n\ndata: [DONE]\n\n`,
  'with comments of OpenRouter': `: OPENROUTER PROCESSING\n\ndata: ${one}\n\n: OPENROUTER PROCESSING\n\ndata: ${other}\n\ndata: [DONE]\n\n`,
  'with ids, times and pings': `id: 1\nretry: 3000\nevent: ping\ndata:\n\ndata: ${one}\n\nid: 2\ndata: ${other}\n\ndata: [DONE]\n\n`,
  // https://github.com/ollama/ollama/blob/main/server/routes.go: JSON lines
  'as lines of JSON': `${one}\n${other}\n`,
  'over several lines': `data: {"n":\ndata: 1}\n\ndata: ${other}\n\ndata: [DONE]\n\n`,
  'with two ends, and rubbish behind': `data: ${one}\n\ndata: ${other}\n\ndata: [DONE]\n\ndata: [DONE]\n\ndata: {{\n\n`,
};

test.each(Object.entries(writings))(
  'events %s are read, cut at every byte',
  async (name, text) => {
    const read = {
      values: two,
      isAtEndMark: name !== 'as lines of JSON',
      error: undefined,
    };
    for (const pieces of cutText(text)) expect(await readIn(pieces)).toEqual(read);
  },
);

/** Errors inside streams, each with its status and its words. */
const failures: readonly [
  source: string,
  text: string,
  status: number | undefined,
  words: string,
][] = [
  [
    'LiteLLM 1.108',
    'data: {"error": {"message": "no", "type": "throttling_error", "param": null, "code": "429"}}\n\n',
    429,
    'no',
  ],
  [
    'https://github.com/BerriAI/litellm/issues/25492 (SGLang)',
    'data: {"error": {"object": "error", "message": "no", "type": "BadRequestError", "param": null, "code": 400}}\n\n',
    400,
    'no',
  ],
  [
    'https://github.com/block/goose/pull/8031 (vLLM)',
    'data: {"object": "error", "message": "no", "type": "BadRequestError", "param": null, "code": 400}\n\n',
    400,
    'no',
  ],
  [
    'https://github.com/anthropics/anthropic-sdk-typescript/blob/main/src/core/streaming.ts',
    'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error", "message": "no"}}\n\n',
    503,
    'no',
  ],
  [
    'https://github.com/damianvtran/local-operator/pull/223 (OpenRouter)',
    'data: {"id":"a","object":"chat.completion.chunk","error":{"code":502,"message":"no"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}\n\n',
    502,
    'no',
  ],
  [
    'https://github.com/n4ze3m/page-assist/issues/406 (Gemini)',
    'data: [{"error":{"code":429,"message":"no","status":"RESOURCE_EXHAUSTED"}}]\n\n',
    429,
    'no',
  ],
  [
    'https://github.com/huggingface/text-generation-inference/blob/main/clients/python/text_generation/errors.py',
    'data:{"error":"no","error_type":"overloaded"}\n\n',
    503,
    'no',
  ],
  [
    'https://github.com/ggml-org/llama.cpp/pull/16109',
    'error: {"code":500,"message":"no","type":"server_error"}\n\n',
    500,
    'no',
  ],
  [
    'https://github.com/fastapi/fastapi/blob/master/docs/en/docs/tutorial/handling-errors.md',
    'data: {"detail":"no"}\n\n',
    undefined,
    'no',
  ],
  [
    'https://github.com/ollama/ollama/blob/main/server/routes.go',
    '{"error":"no"}\n',
    undefined,
    'no',
  ],
  [
    'https://github.com/NousResearch/hermes-agent/issues/68451 (Venice)',
    'data: {"error_type":"context_length_exceeded","error_message":"no"}\n\n',
    400,
    'no',
  ],
  [
    'https://github.com/foundation-model-stack/fms-guardrails-orchestrator/pull/436 (vLLM)',
    'event: error\ndata: {"code":400,"details":"no"}\n\n',
    400,
    'no',
  ],
  ['words alone', 'event: error\ndata: no\n\n', undefined, 'no'],
];

test.each(failures)(
  'an error inside a stream as of %s keeps its status',
  async (_, text, status, sentence) => {
    for (const pieces of cutText(`data: ${one}\n\n${text}data: [DONE]\n\n`)) {
      const { values, error } = await readIn(pieces);
      expect(values).toEqual([{ n: 1 }]);
      expect(error).toMatchObject({ status });
      expect(`${error} ${JSON.stringify(error)}`).toContain(sentence);
    }
  },
);

test('JSON that is cut off is an error, and so is more of it than an event may hold', async () => {
  const { values, error } = await readIn([Buffer.from(`data: ${one}\n\ndata: {"n":`)]);
  expect(values).toEqual([{ n: 1 }]);
  expect(error).toBeInstanceOf(SyntaxError);
  const line = Buffer.from(`data: ${' '.repeat(60_000)}5,\n`);
  const endless = await readIn([Buffer.from('data: [\n'), ...Array(80).fill(line)]);
  expect(endless.error).toBeInstanceOf(SyntaxError);
});

test.each([
  'application/json',
  'application/x-ndjson',
  'text/html; charset=utf-8',
  'application/octet-stream',
])('a stream that is labelled %s is read as one', async (type) => {
  const chunk = { object: 'chat.completion.chunk', choices: [] };
  const body = `: ping\n\ndata: ${JSON.stringify(chunk)}\n\n`;
  await using server = await openListeningServer(async (request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': type });
    for (const piece of Buffer.from(body)) response.write(Buffer.of(piece));
    response.end();
  });
  const question = openClient({
    baseUrl: `${server.origin}/v1`,
  }).chat.completions.create({
    model: 'm',
    messages: [],
    stream: true,
  });
  expect(await Array.fromAsync(readEvents(await question.asResponse()))).toEqual([
    chunk,
  ]);
});
