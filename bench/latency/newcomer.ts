import { heard, spoken } from '#src/console/sandbox-lines.ts';
import { SandboxProcess } from '#src/console/sandbox-process.ts';
import { BotProcess, runToEnd } from '#test/fakes/bot-process.ts';
import { mb } from './report.ts';

/** Waiting times of a newcomer, and the size of the embedded engines. */
export async function benchNewcomer(): Promise<void> {
  console.log('\nEmbedded engines');
  const { out } = await runToEnd({}, ['--once']);
  console.log(/first reply heard.*/.exec(out)?.[0] ?? 'npm start -- --once heard no reply');
  await using sandbox = await SandboxProcess.start(() => undefined, new AbortController().signal);
  await using bot = await BotProcess.start(sandbox.ready, {});
  const idle = await bot.residentMegabytes();
  await sandbox.ask({ do: 'join', person: 'Adam' });
  await sandbox.ask({ do: 'command', person: 'Adam', name: 'join' });
  await sandbox.ask({ do: 'settled', person: 'Adam' });
  const wav = sandbox.ready.recordings.digits;
  for (let turn = 0; turn < 5; turn++) {
    const { firstPacketAtMs } = spoken.parse(await sandbox.ask({ do: 'say', person: 'Adam', wav }));
    const waits = { sinceMs: firstPacketAtMs, quietMs: 500, timeoutMs: 15_000 };
    heard.parse(await sandbox.ask({ do: 'listen', person: 'Adam', ...waits }));
  }
  console.log(
    `memory of the bot: idle ${mb(idle)}, after five turns ${mb(await bot.residentMegabytes())}`,
  );
}
