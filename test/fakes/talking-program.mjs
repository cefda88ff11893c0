// Answers word by word, each in a piece of its own; a second argument is its exit code.
import { setTimeout as pause } from 'node:timers/promises';

for (const word of ['It ', 'is ', 'noon.']) {
  process.stdout.write(word);
  await pause(30);
}
process.exitCode = Number(process.argv[2] ?? 0);
