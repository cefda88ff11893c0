import { once } from 'node:events';
import { Client, GatewayIntentBits } from 'discord.js';
import { openSandbox, type Sandbox, type SandboxOptions } from '#sandbox/sandbox.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';

/** discord.js, unmodified, logged in to a sandbox without sound. */
export async function openBot(options: Partial<SandboxOptions> = {}) {
  const voice = silentVoice();
  const sandbox = await openSandbox({ voice: voice.half, ...options });
  const client = newClient(sandbox);
  const ready = once(client, 'clientReady');
  await client.login(sandbox.token);
  await ready;
  const dispose = async () => {
    await client.destroy();
    await sandbox[Symbol.asyncDispose]();
  };
  return { client, sandbox, voice, [Symbol.asyncDispose]: dispose };
}

function newClient(sandbox: Sandbox): Client {
  return new Client({
    intents: [
      GatewayIntentBits.Guilds,
      GatewayIntentBits.GuildVoiceStates,
      GatewayIntentBits.GuildMessages,
    ],
    rest: { api: sandbox.apiUrl, timeout: 5000 },
  });
}
