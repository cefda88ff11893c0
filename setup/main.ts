// npm run setup: asks for what the bot needs, tries it, and writes .env.
import { realClock } from '#src/base/clock.ts';
import { processEnvironment } from '#src/config/config.ts';
import { flagsOnly } from './questions.ts';
import { runSetup } from './setup.ts';
import { openTerminalQuestions } from './terminal-questions.ts';

const { stdin: input, stdout: output } = process;
const print = (line: string) => console.log(line);
const isTerminal = input.isTTY && output.isTTY;
using terminal = isTerminal ? openTerminalQuestions({ input, output }) : undefined;
const end = () => terminal?.end();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  if (terminal) process.once(signal, end);
}
process.exitCode = await runSetup(process.argv.slice(2), {
  terminal,
  withoutTerminal: flagsOnly(print),
  print,
  environment: processEnvironment(),
  envPath: '.env',
  clock: realClock,
});
// Whatever a library still holds open must not keep an ended program alive.
setTimeout(() => process.exit(), 1_000).unref();
