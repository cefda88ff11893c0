import type { Server } from 'node:http';
import { expect, test } from 'vitest';
import type { TalkSettings } from '#test/fakes/providers/realtime-call.ts';
import { attachTalk, wantsTalk } from '#test/fakes/providers/realtime-talk.ts';
import { answers, examine, lists, openServer, speaks } from './examine.ts';

function talks(settings: Partial<TalkSettings> = {}) {
  return (server: Server) => {
    const talk = attachTalk(server, { hears: () => '', answer: () => ({}), ...settings });
    server.on('upgrade', (request, socket) => {
      if (!wantsTalk(request)) socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
    });
    return () => talk.dropAll();
  };
}

const nowhere = answers({ detail: 'Not Found' }, 404);

test('where nothing speaks on /audio/speech, a Realtime model that reads aloud is advised', async () => {
  const routes = { 'GET /v1/models': lists('gpt-realtime-2.1', 'gpt-realtime-2.1-mini') };
  using server = await openServer(routes, nowhere, talks());
  const { code, about, settings } = await examine(['--provider', `${server.origin}/v1`]);
  expect(about('realtime speech')).toMatch(/^ok .* gpt-realtime-2.1-mini, alloy/);
  expect(about('read as written')).toMatch(/^ok .* 0 of 19 words/);
  expect([code, settings.SPEECH_BACKEND, settings.SPEECH_MODEL]).toEqual([
    0,
    'realtime',
    'gpt-realtime-2.1-mini',
  ]);
});

test('speech by a model whose end is near is not advised where a Realtime model reads', async () => {
  const endsOn = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  const routes = {
    'GET /v1/models': lists({ id: 'old-tts', shutdown_date: endsOn }, 'gpt-realtime-2.1'),
    'POST /v1/audio/speech': speaks(24_000),
  };
  using server = await openServer(routes, nowhere, talks());
  const { about, settings } = await examine(['--provider', `${server.origin}/v1`]);
  expect(about('speech pcm')).toMatch(/^ok/);
  expect([settings.SPEECH_BACKEND, settings.SPEECH_MODEL]).toEqual([
    'realtime',
    'gpt-realtime-2.1',
  ]);
});

test('a server that talks and does not read is no fault', async () => {
  const routes = { 'GET /v1/models': lists('gpt-realtime-2.1') };
  const mute = talks({ aloud: () => ({ ends: 'fail' }) });
  using server = await openServer(routes, nowhere, mute);
  const { code, about, settings } = await examine(['--provider', `${server.origin}/v1`]);
  expect(about('realtime speech')).toMatch(/^missing/);
  expect([code, settings.SPEECH_BACKEND]).toEqual([0, undefined]);
});
