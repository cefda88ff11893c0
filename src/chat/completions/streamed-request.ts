import { findOpusPackets, OggOpusWriter } from '#src/audio/formats/ogg-page.ts';
import type { LiveSound } from '#src/audio/live-sound.ts';
import type { SoundPiece } from '#src/audio/pcm.ts';
import type { ApiClient } from '#src/provider/api-client.ts';

/** A server that is silent for so long may be waiting for a length. */
const maxSilentMs = 15_000;

/**
 * A chat request that has begun, and sends its sound in Ogg pages while it is spoken.
 *
 * A server cannot answer a request that was given up before its end, nor charge for it.
 */
export class StreamedRequest {
  readonly #sound: LiveSound;
  readonly #body: WritableStreamDefaultWriter<string>;
  readonly #pages = new OggOpusWriter();
  readonly #over = new AbortController();
  readonly #giveUp = () => this.#over.abort();
  readonly #response: Promise<Response | Error>;
  #sent = '';
  #unsent: Buffer = Buffer.alloc(0);
  #isSettled = false;

  /** Sends `bodyStart`, the JSON before the sound, at once. */
  constructor(client: ApiClient, bodyStart: string, sound: LiveSound) {
    const { readable, writable } = new TextEncoderStream();
    this.#sound = sound;
    this.#body = writable.getWriter();
    this.#response = client
      .post('/chat/completions', {
        body: readable,
        headers: { 'content-type': 'application/json' },
        signal: this.#over.signal,
      })
      .asResponse()
      .catch((error: Error) => error)
      .finally(() => {
        this.#isSettled = true;
      });
    sound.signal.addEventListener('abort', this.#giveUp);
    this.#sendText(bodyStart);
    sound.startPassing((piece) => this.#sendSound(piece));
  }

  /**
   * Sends the rest of a body. Undefined if the sound is over, or the body begins otherwise than what was sent.
   * `refused` if the server did not wait for its end, an error if it did not take it.
   */
  async finish(
    body: string,
    signal: AbortSignal,
  ): Promise<Response | Error | 'refused' | undefined> {
    this.#sound.stopPassing();
    this.#sound.signal.removeEventListener('abort', this.#giveUp);
    const isFitting = !this.#over.signal.aborted && body.startsWith(this.#sent);
    if (this.#isSettled || !isFitting) {
      this.#giveUp();
      return isFitting ? 'refused' : undefined;
    }
    this.#sendText(body.slice(this.#sent.length));
    this.#body.close().catch(() => undefined);
    signal.addEventListener('abort', this.#giveUp);
    AbortSignal.timeout(maxSilentMs).addEventListener('abort', () => {
      if (!this.#isSettled) this.#giveUp();
    });
    return await this.#response;
  }

  #sendText(text: string) {
    this.#sent += text;
    this.#body.write(text).catch(() => undefined); // The response fails, too.
  }

  #sendSound(piece: SoundPiece) {
    const packets = findOpusPackets(piece);
    if (!packets) return this.#giveUp();
    const pages = packets.map((opus) => this.#pages.addPacket(opus));
    const bytes = Buffer.concat([this.#unsent, ...pages]);
    // Three bytes are four characters of base64, whatever follows.
    const length = bytes.length - (bytes.length % 3);
    this.#unsent = bytes.subarray(length);
    this.#sendText(bytes.toString('base64', 0, length));
  }
}
