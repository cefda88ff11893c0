import { findOpusPackets, OggOpusWriter } from '#src/audio/encode/ogg-opus-pages.ts';
import type { LiveSound } from '#src/audio/live-sound.ts';
import type { SoundPiece } from '#src/audio/pcm.ts';
import type { ApiClient } from '#src/provider/api-client.ts';

/** A server that is silent for so long may be waiting for a length. */
const maxSilentMs = 15_000;

export type StreamedRequest = ReturnType<typeof openStreamedRequest>;

/**
 * Begins a chat request, and sends its sound in Ogg pages while it is spoken. `head` is the JSON before the sound.
 *
 * A server cannot answer a request that was given up before its end, nor charge for it.
 */
export function openStreamedRequest(client: ApiClient, head: string, sound: LiveSound) {
  const { readable, writable } = new TextEncoderStream();
  const body = writable.getWriter();
  const pages = new OggOpusWriter();
  const over = new AbortController();
  const giveUp = () => over.abort();
  let sent = '';
  let unsent: Buffer = Buffer.alloc(0);
  let isSettled = false;

  function send(text: string) {
    sent += text;
    body.write(text).catch(() => undefined); // The response fails, too.
  }

  function sendSound(piece: SoundPiece) {
    const packets = findOpusPackets(piece);
    if (!packets) return giveUp();
    const bytes = Buffer.concat([
      unsent,
      ...packets.map((opus) => pages.addPacket(opus)),
    ]);
    // Three bytes are four characters of base64, whatever follows.
    const length = bytes.length - (bytes.length % 3);
    unsent = bytes.subarray(length);
    send(bytes.toString('base64', 0, length));
  }

  const response = client
    .post('/chat/completions', {
      body: readable,
      headers: { 'content-type': 'application/json' },
      signal: over.signal,
    })
    .asResponse()
    .catch((error: Error) => error)
    .finally(() => {
      isSettled = true;
    });
  sound.signal.addEventListener('abort', giveUp);
  send(head);
  sound.startPassing(sendSound);

  return {
    /**
     * Sends the rest of a body. Undefined if the sound is over, or the body begins otherwise than what was sent.
     * `refused` if the server did not wait for its end, an error if it did not take it.
     */
    async finish(whole: string, signal: AbortSignal) {
      sound.stopPassing();
      sound.signal.removeEventListener('abort', giveUp);
      const isFitting = !over.signal.aborted && whole.startsWith(sent);
      if (isSettled || !isFitting) {
        giveUp();
        return isFitting ? 'refused' : undefined;
      }
      send(whole.slice(sent.length));
      body.close().catch(() => undefined);
      signal.addEventListener('abort', giveUp);
      AbortSignal.timeout(maxSilentMs).addEventListener('abort', () => {
        if (!isSettled) giveUp();
      });
      return await response;
    },
  };
}
