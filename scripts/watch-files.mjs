// node --import ./scripts/watch-files.mjs PROGRAM: at each SIGUSR2 sends its parent the files of src and commands whose
// functions have run since the SIGUSR2 before. Needs a channel of messages to the parent.
import { Session } from 'node:inspector/promises';

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
process.on('SIGUSR2', async () => {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const run = result.filter(({ functions }) => functions.some(hasRun));
  const files = run.flatMap(({ url }) => /\/((?:src|commands)\/[^?]*\.(?:ts|mjs))$/.exec(url)?.[1] ?? []);
  process.send({ files });
});
process.channel?.unref();

/** A function without a name is the module itself, which runs as it is loaded. */
function hasRun({ functionName, ranges }) {
  return functionName !== '' && ranges[0].count > 0;
}
