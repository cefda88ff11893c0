import { constants, createDeflate } from 'node:zlib';
import type { WebSocket } from 'ws';

/**
 * Sends every text over one deflate stream, as a bot asks with `compress=zlib-stream`: each becomes one binary message, which ends
 * with a sync flush (https://discord.com/developers/docs/events/gateway#transport-compression). A text waits until the one before it is compressed.
 */
export function compressTexts(socket: WebSocket): void {
  const deflate = createDeflate();
  const send = socket.send.bind(socket);
  const compressed: Buffer[] = [];
  let lastSend = Promise.resolve();
  deflate.on('data', (bytes: Buffer) => compressed.push(bytes));
  deflate.on('error', () => socket.terminate());
  socket.on('close', () => deflate.close());
  socket.send = (text: string) => {
    lastSend = lastSend.then(
      () =>
        new Promise((resolve) => {
          deflate.write(text);
          deflate.flush(constants.Z_SYNC_FLUSH, () => {
            if (socket.readyState === socket.OPEN)
              send(Buffer.concat(compressed.splice(0)), () => {});
            resolve();
          });
        }),
    );
  };
}
