import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeWav } from '#src/audio/wav.ts';
import { vacantPort } from '#test/fakes/program.ts';
import { callIn, openOwnScenario } from './scenario-setup.ts';

/** A text of 25 s. */
export const long = 'This is a text that takes a while to be said, since it goes on and on. '
  .repeat(5)
  .trim();

/** A server of sounds whose connection breaks after two seconds of each, and that has nothing more to give. */
async function openBreaking() {
  const bytes = writeWav({
    samples: new Int16Array(960_000).fill(900),
    rateHz: 48_000,
    channels: 1,
  });
  let asked = 0;
  const server = createServer((_request, response) => {
    if (asked++ > 0) {
      response.destroy();
      return;
    }
    response.writeHead(200, { 'content-type': 'audio/wav', 'content-length': bytes.length });
    response.write(bytes.subarray(0, 192_044), () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    [Symbol.dispose]: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A bot that sits with Adam, its HTTP API, and the address of a sound that breaks off. */
export async function openPlaying() {
  const port = await vacantPort();
  const breaking = await openBreaking();
  const setup = await openOwnScenario({
    environment: ({ cdnHost }) => ({
      COMMANDS_PER_PERSON: '0',
      PAGE_PORT: `${port}`,
      SPEECH_MODELS: 'tts-hd',
      TRACK_ALLOWED_HOSTS: `${cdnHost},${breaking.host}`,
    }),
  });
  const adam = await callIn(setup, 'Adam');
  return {
    setup,
    adam,
    port,
    link: `http://${breaking.host}/storm.wav`,
    async [Symbol.asyncDispose]() {
      await setup[Symbol.asyncDispose]();
      breaking[Symbol.dispose]();
    },
  };
}
