import type { AccessSource } from '#src/api/authorise.ts';
import { programDoor } from '#src/app/page/serve-programs.ts';
import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/types.ts';

export type SandboxProgramOptions = {
  /** Where the sandbox shows its page; programs find this process at the first free port after it. */
  readonly page: NonNullable<Config['page']>;
  readonly access: AccessSource['access'];
  /** The server of the sandbox. */
  readonly guildId: string;
  /** Told in one sentence where programs find the bot, why nowhere, and of failures. */
  tell(sentence: string): void;
};

/** HTTP for programs beside the sandbox, whose page is served by its own process. Never throws. */
export async function openSandboxPrograms({
  page: { host, port, apiOrigins = [] },
  access,
  guildId,
  tell,
}: SandboxProgramOptions): Promise<AsyncDisposable | undefined> {
  const { openAtFreePort } = await import('#src/http/free-port.ts');
  const { openProgramDoor } = await import('#src/http/program-door.ts');
  const onBug = (error: unknown) => tell(`a request of a program failed: ${error}`);
  const door = await programDoor(access, onBug);
  const outcome = await openAtFreePort(
    port + 1,
    async (free) =>
      await openProgramDoor({ ...door, apiOrigins, host, port: free, clock: realClock, onBug }),
  );
  if (outcome.kind === 'refused') {
    tell(outcome.why);
    return undefined;
  }
  const { server } = outcome;
  tell(`HTTP for programs (docs/http.md): ${new URL(`/v1/servers/${guildId}`, server.url)}`);
  return server;
}
