import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commands } from '#commands/commands.ts';
import { openSandbox, type SandboxOptions } from '#sandbox/sandbox.ts';
import { registerOnly } from '#src/discord/interactions/register-only.ts';
import { runExamination } from '#test/doctor/run-examination.ts';
import { openSilentVoice } from '#test/sandbox/voice/silent-voice.ts';

const openSilent = (options: SandboxOptions) =>
  openSandbox({ voice: openSilentVoice().half, ...options });

/** A Discord, by default without sound, its bot with all commands, and the doctor who looks at it. */
export async function openPatient(options: SandboxOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-doctor-'));
  const sandbox = await openSilent(options);
  const { apiUrl, token } = sandbox;
  await registerOnly({ token, apiUrl, commands });
  const environment = {
    DISCORD_TOKEN: token,
    DISCORD_API_URL: apiUrl,
    DATA_DIR: folder,
  };
  return {
    sandbox,
    environment,
    examine: (args: readonly string[] = [], processEnv: NodeJS.ProcessEnv = {}) =>
      runExamination(args, { ...environment, ...processEnv }),
    async [Symbol.asyncDispose]() {
      await sandbox[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
