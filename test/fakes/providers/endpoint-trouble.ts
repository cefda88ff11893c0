import type { ServerResponse } from 'node:http';

/** Fault of an endpoint. `stalled` and `dropped` occur in the middle of an answer that began well. */
export type EndpointTrouble =
  | 'html'
  | 'bad-key'
  | 'rate-limited'
  | 'error-500'
  | 'silent'
  | 'stalled'
  | 'dropped'
  | 'cut'
  | 'empty'
  | 'not-json'
  | 'wrong-type'
  | 'redirect';

/** Answers in the manner of `trouble`; false if that begins like a good answer. */
export function applyTrouble(trouble: EndpointTrouble, response: ServerResponse) {
  const answerWith = (status: number, type: string, body: string, headers = {}) => {
    response.writeHead(status, { 'content-type': type, ...headers }).end(body);
    return true;
  };
  const refuseWith = (status: number, message: string, headers = {}) =>
    answerWith(
      status,
      'application/json',
      JSON.stringify({ error: { message } }),
      headers,
    );
  switch (trouble) {
    case 'html':
      return answerWith(
        200,
        'text/html',
        '<!doctype html><title>Welcome</title><h1>It works</h1>',
      );
    case 'bad-key':
      return refuseWith(401, 'Incorrect API key provided.');
    case 'rate-limited':
      return refuseWith(429, 'Rate limit reached.', { 'retry-after': '7' });
    case 'error-500':
      return refuseWith(500, 'The server had an error.');
    case 'empty':
      response.writeHead(200, { 'content-type': '' }).end();
      return true;
    case 'wrong-type':
      return answerWith(
        200,
        'application/json',
        '{"error":{"message":"no such voice"}}',
      );
    case 'redirect':
      return answerWith(307, 'text/plain', '', { location: 'http://127.0.0.1:9/v1' });
    case 'not-json':
      return answerWith(200, 'application/json', '{"text": "half of');
    case 'cut':
      response.destroy();
      return true;
    case 'silent':
      return true;
    case 'stalled':
    case 'dropped':
      return false;
  }
}
