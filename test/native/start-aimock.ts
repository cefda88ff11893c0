import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { findFreePort } from '#test/fakes/servers/listening-server.ts';

const { AIMOCK_LAUNCHER = 'aimock' } = process.env;

/** Starts aimock as a process of its own, which judges both sides and passes what is right to the server behind it. */
export async function startAimock(vendorUrl: string) {
  const port = await findFreePort();
  const program = spawn(
    AIMOCK_LAUNCHER,
    ['--proxy-only', '--provider-openai', vendorUrl, '--port', `${port}`],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const stopAimock = async () => {
    program.kill();
    await once(program, 'exit');
  };
  for (let attempt = 0; attempt < 60; attempt++) {
    if (await isListening(port))
      return {
        baseUrl: `ws://127.0.0.1:${port}/v1`,
        [Symbol.asyncDispose]: stopAimock,
      };
    await wait(500);
  }
  throw new Error('aimock did not start.');
}

async function isListening(port: number) {
  const socket = connect(port, '127.0.0.1');
  const isOpen = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isOpen;
}
