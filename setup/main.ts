// npm run setup: asks for the token and the servers, tries them, and writes .env.
import '#src/base/help/program-help.mjs';
import { realClock } from '#src/base/clock.ts';
import { readEnvironment } from '#src/config/config.ts';
import { runSetup } from './setup.ts';
import { SetupQuestions } from './setup-questions.ts';

const { stdin: input, stdout: output } = process;
process.exitCode =
  input.isTTY && output.isTTY ? await runAtTerminal() : refuseWithoutTerminal();
// A library may leave a timer or socket open.
setTimeout(() => process.exit(), 1_000).unref();

async function runAtTerminal() {
  using ask = new SetupQuestions({ input, output });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => ask.end());
  const environment = readEnvironment();
  return await runSetup({ ask, environment, envPath: '.env', clock: realClock });
}

function refuseWithoutTerminal() {
  console.error(
    'Setup asks at a terminal, and there is none: copy .env.example to .env and edit it. npm run doctor -- --provider URL prints the settings of a server.',
  );
  return 78;
}
