import { expect, test } from 'vitest';
import { isOwnServer } from '#src/provider/own-server.ts';

test.each([
  ['http://127.0.0.1:11434/v1', true],
  ['http://localhost:8000/v1', true],
  ['http://[::1]:8000/v1', true],
  ['http://[::ffff:192.168.1.4]/v1', true],
  ['http://192.168.1.4:1234/v1', true],
  ['http://10.0.0.7/v1', true],
  ['http://100.64.1.2/v1', true],
  ['http://[fd12::1]/v1', true],
  ['http://ollama:11434/v1', true],
  ['http://host.docker.internal:11434/v1', true],
  ['ws://box.local/v1', true],
  ['https://api.openai.com/v1', false],
  ['https://8.8.8.8/v1', false],
  ['https://[2001:4860:4860::8888]/v1', false],
  ['https://local.example/v1', false],
  ['https://127.0.0.1.example/v1', false],
])('%s is a server of one’s own: %s', (baseUrl, isOwn) => {
  expect(isOwnServer(baseUrl)).toBe(isOwn);
});
