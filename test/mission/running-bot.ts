import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { OpenAI } from 'openai';
import { openSandbox } from '#sandbox/sandbox.ts';
import { startBot } from '#src/app/bot.ts';
import { openEngines } from '#src/app/engines/open-engines.ts';
import { openSandboxPrograms } from '#src/app/sandbox/run-in-sandbox.ts';
import { loadOpus, type OpusCodec } from '#src/audio/opus/opus-codec.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import { makeToken } from '#test/fakes/run-program.ts';
import { findFreePort } from '#test/fakes/servers/listening-server.ts';

/** Mode of encryption, as voice servers name it. */
export const xchacha = 'aead_xchacha20_poly1305_rtpsize';

/** Another page that the operator lets ask the bot. */
export const pageOrigin = 'https://app.example';

const scopes = 'say,ask,track,transcript,events,chat,audio';

/**
 * Starts the whole bot in this process, so that a test sees what each package does in it: on a Discord with simulated people, with
 * HTTP for programs, all over real sockets.
 */
export async function openRunningBot(environment: NodeJS.ProcessEnv) {
  await using stack = new AsyncDisposableStack();
  const sandbox = stack.use(await openSandbox());
  const trusted = getCACertificates('default');
  setDefaultCACertificates([...trusted, sandbox.certificate]);
  stack.defer(() => setDefaultCACertificates(trusted));
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-mission-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const port = await findFreePort();
  const { TRACK_ALLOWED_HOSTS: hosts = '', ...usual } = environment;
  const config = readGoodSettings({
    // Of the two ciphers that Discord offers the one for which the voice library needs a package.
    VOICE_CIPHER: 'xchacha20-poly1305',
    ...usual,
    DATA_DIR: dataDir,
    TRACK_ALLOWED_HOSTS: `${sandbox.cdnHost},${hosts}`.replace(/,$/, ''),
  });
  const engines = stack.use(await openEngines(config, () => undefined));
  const { codec, frames } = countFrames(await loadOpus());
  const { token, apiUrl } = sandbox;
  const ciphers: string[] = [];
  const listeners = {
    onSession: () => undefined,
    onDiscord: (event: DiscordEvent) =>
      event.kind === 'link-opened' && ciphers.push(event.cipher),
    onStore: () => undefined,
  };
  const options = { config, engines, codec, discord: { token, apiUrl }, ...listeners };
  const bot = stack.use(await startBot(options, new AbortController().signal));
  // A bot lets V8 collect early; other tests of this process need no such thing.
  setFlagsFromString('--no-optimize-for-size');
  const { guildId } = sandbox;
  const page = {
    host: '127.0.0.1',
    port: port - 1,
    publicUrl: undefined,
    programOrigins: [pageOrigin],
  };
  const getAccess = () => bot.programs;
  const doors = await openSandboxPrograms({
    page,
    access: getAccess,
    guildId,
    report: () => undefined,
  });
  if (!doors) throw new Error('Programs have no way in.');
  stack.use(doors);
  const origin = `http://127.0.0.1:${port}`;
  const channels = ['--channels', sandbox.channelId('Lounge')];
  const apiKey = await makeToken({ DATA_DIR: dataDir }, guildId, scopes, ...channels);
  const closing = stack.move();
  return {
    codec,
    transcriber: engines.transcriber,
    frames,
    /** Modes of encryption of the voice links that were opened. */
    ciphers: ciphers as readonly string[],
    sandbox,
    origin,
    /** OpenAI's own client, with only the address and the key changed. */
    openai: new OpenAI({ baseURL: `${origin}/v1`, apiKey, maxRetries: 0 }),
    /** Asks as a program does, at a path of the first server. Throws a plain Error for a refusal. */
    async askProgram(path: string, body?: object) {
      const response = await fetch(`${origin}/v1/servers/${guildId}${path}`, {
        method: body ? 'POST' : 'GET',
        headers: {
          authorization: `Bearer ${apiKey}`,
          'content-type': 'application/json',
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      const answer = await response.text();
      if (!response.ok) throw new Error(`${path}: ${response.status} ${answer}`);
      return answer;
    },
    /** Sends a sound of its own to a track of the first server, and returns the answer. Throws a plain Error for a refusal. */
    async sendSound(
      path: string,
      type: string,
      body: NonNullable<RequestInit['body']>,
      signal?: AbortSignal,
    ) {
      const address = `${origin}/v1/servers/${guildId}/tracks/${path}`;
      const headers = { authorization: `Bearer ${apiKey}`, 'content-type': type };
      const init = { method: 'POST', headers, body, duplex: 'half' } as const;
      const response = await fetch(address, { ...init, ...(signal && { signal }) });
      const answer = await response.text();
      if (!response.ok) throw new Error(`${path}: ${answer}`);
      return JSON.parse(answer) as unknown;
    },
    /** Asks as a program does, at a path below `/v1`. */
    request: (path: string, init: RequestInit = {}) =>
      fetch(`${origin}/v1${path}`, {
        ...init,
        headers: { authorization: `Bearer ${apiKey}`, ...init.headers },
      }),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** The codec with the number of frames that the bot has it encode and decode. */
function countFrames(codec: OpusCodec) {
  const frames = { encoded: 0, decoded: 0 };
  const counting: OpusCodec = {
    name: codec.name,
    createEncoder(...shape) {
      const encoder = codec.createEncoder(...shape);
      const encodeFrame = (samples: Int16Array) => {
        frames.encoded++;
        return encoder.encode(samples);
      };
      return { encode: encodeFrame };
    },
    createDecoder(...shape) {
      const decoder = codec.createDecoder(...shape);
      const decodeFrame = (opus: Uint8Array) => {
        frames.decoded++;
        return decoder.decode(opus);
      };
      return { decode: decodeFrame };
    },
  };
  return { codec: counting, frames };
}
