// npm run setup: asks for what the bot needs, tries it, and writes .env.
import { realClock } from '#src/base/clock.ts';
import { processEnvironment } from '#src/config/config.ts';
import { Questions } from './questions.ts';
import { runSetup } from './setup.ts';

const { stdin: input, stdout: output } = process;
process.exitCode = input.isTTY && output.isTTY ? await atTerminal() : withoutTerminal();
// Whatever a library still holds open must not keep an ended program alive.
setTimeout(() => process.exit(), 1_000).unref();

async function atTerminal(): Promise<number> {
  using ask = new Questions({ input, output });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, ask.end);
  const environment = processEnvironment();
  return await runSetup({ ask, environment, envPath: '.env', clock: realClock });
}

function withoutTerminal(): number {
  console.error(
    'Setup asks at a terminal, and there is none: copy .env.example to .env and edit it. npm run doctor -- --provider URL prints the settings of a server.',
  );
  return 78;
}
