// The bot's young objects need no more than 2 MB, and a larger nursery costs memory. `npm start`, the image and the services name these
// options, so that Node starts once. A start without them (npx) becomes one with them, as the same process, where the system can do that.
// A program that talks with its parent (a process manager) would lose the channel, and stays as it was started.
// test/deploy/steps.test.ts holds all of them to the same options.
import process from 'node:process';

const heapOptions = ['--min-semi-space-size=2', '--max-semi-space-size=2'];
const { argv, connected, env, execArgv, execPath } = process;
const isNamed = heapOptions.every((option) => execArgv.includes(option));
if (!isNamed && !connected && process.platform !== 'win32')
  process.execve?.(
    execPath,
    [execPath, ...heapOptions, ...execArgv, ...argv.slice(1)],
    env,
  );
