import { isBuiltin, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromTool, ToolDescription, ToolWork } from './tool-worker-messages.ts';

// Entry of a thread that imports one function of the operator, and runs it once. What it prints is dropped.

const longestWhyChars = 200;
const { path, folder, given } = workerData as ToolWork;
const home = `${pathToFileURL(folder).href.replace(/\/$/, '')}/`;

for (const stream of [process.stdout, process.stderr]) stream.write = () => true;
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    if (isBuiltin(found.url) || found.url.startsWith(home)) return found;
    throw new Error('it imports a file from outside its folder');
  },
});

function send(message: FromTool): void {
  parentPort?.postMessage(message);
}

type ToolModule = Partial<ToolDescription> & { readonly default?: unknown };

function descriptionOf(module: ToolModule): ToolDescription {
  const { description, parameters, who, confirm, deadlineSeconds, resultCharacters } = module;
  return { description, parameters, who, confirm, deadlineSeconds, resultCharacters };
}

try {
  const module: ToolModule = await import(pathToFileURL(path).href);
  const { default: run } = module;
  if (typeof run !== 'function') throw new Error('it has no function as its default export');
  if (given === undefined) {
    // Only what can be written as JSON may pass.
    send({ kind: 'described', tool: JSON.parse(JSON.stringify(descriptionOf(module))) });
  } else {
    send({ kind: 'result', json: JSON.stringify(await run(given)) });
  }
} catch (error) {
  const why = error instanceof Error ? error.message : String(error);
  send({ kind: 'threw', why: why.split('\n', 1)[0]?.slice(0, longestWhyChars) ?? '' });
}
