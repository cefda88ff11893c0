import { createServer } from 'node:http';
import { RoomSocket } from '#page/room/room-socket.js';
import './english.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';

test('a page that a sandbox does not let in any more says so, and tries no more', async () => {
  const server = createServer();
  await using served = await openListeningServer(server);
  let tries = 0;
  server.on('upgrade', (_, socket) => {
    tries++;
    socket.destroy();
  });
  const told = Promise.withResolvers<void>();
  new RoomSocket(() => new URL(`ws://127.0.0.1:${served.port}/room`), {
    onEvent: () => undefined,
    onConnection: () => undefined,
    onShutOut: told.resolve,
    enter: async () => 'Open the address that npm start prints.',
  });
  await told.promise;
  expect(tries).toBe(1);
});

test('a question without a connection is reported as lost, so that the page can give it back', async () => {
  await using served = await openListeningServer(createServer());
  const socket = new RoomSocket(() => new URL(`ws://127.0.0.1:${served.port}/room`), {
    onEvent: () => undefined,
    onConnection: () => undefined,
    onShutOut: () => undefined,
    enter: async () => 'No.',
  });
  expect(await socket.ask('write', { text: 'Hello?' })).toMatchObject({
    ok: false,
    isLost: true,
  });
});
