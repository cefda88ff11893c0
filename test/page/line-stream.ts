import { request } from 'node:http';

/** Everything that `/captions/events` sends to the holder of a cookie, as it comes; asked under the public name `host`. */
export function openLineStream(url: URL, host: string, cookie: string) {
  const stream = { text: '', isOver: false, close: () => asked.destroy() };
  const headers = { host, cookie };
  const asked = request({ host: url.hostname, port: url.port, path: '/captions/events', headers });
  asked.on('error', () => {
    stream.isOver = true;
  });
  asked.on('response', (response) => {
    response.setEncoding('utf8').on('data', (part: string) => {
      stream.text += part;
    });
    response.on('error', () => undefined);
    response.on('close', () => {
      stream.isOver = true;
    });
  });
  asked.end();
  return stream;
}
