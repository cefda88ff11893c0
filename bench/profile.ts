// Which functions took a CPU profile's time, by function and by package: npm run node -- bench/profile.ts FILE.cpuprofile [rows]
import { readFile } from 'node:fs/promises';
import type { Profiler } from 'node:inspector';
import { table } from './table.ts';

const [path = '', rows = '40'] = process.argv.slice(2);
/** V8's entries that are no work: waits for events, or time outside of JavaScript. */
const waiting = new Set(['(idle)', '(program)']);

const profile: Profiler.Profile = JSON.parse(await readFile(path, 'utf8'));
const minutes = (profile.endTime - profile.startTime) / 60e6;
const taken = timesOf(profile);
console.log(`${path}: ${minutes.toFixed(1)} min`);
show('function', ({ functionName, url, lineNumber }) => {
  return `${functionName || '(anonymous)'} ${placeOf(url)}:${lineNumber + 1}`;
});
show('package or room', ({ url, functionName }) => groupOf(url) || functionName);

/** Milliseconds in which each node itself was running. */
function timesOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile) {
  const selfMs = new Map<number, number>();
  for (const [n, id] of samples.entries())
    selfMs.set(id, (selfMs.get(id) ?? 0) + (timeDeltas[n] ?? 0) / 1_000);
  return nodes.map(({ id, callFrame }) => ({ callFrame, selfMs: selfMs.get(id) ?? 0 }));
}

function show(what: string, nameOf: (frame: Profiler.ProfileNode['callFrame']) => string): void {
  const byName = new Map<string, number>();
  for (const { callFrame, selfMs } of taken) {
    if (waiting.has(callFrame.functionName)) continue;
    const name = nameOf(callFrame);
    byName.set(name, (byName.get(name) ?? 0) + selfMs);
  }
  const most = [...byName].toSorted(([, one], [, other]) => other - one).slice(0, Number(rows));
  const shown = most.map(([name, ms]) => [(ms / minutes).toFixed(1), name]);
  console.log(`\n${table(['ms a minute', what], shown)}`);
}

function placeOf(url: string): string {
  return url.replace(/^.*\/(?=(?:src|sandbox|bench|test|node_modules)\/)/, '');
}

function groupOf(url: string): string {
  const place = placeOf(url);
  const [, group] = /^(node_modules\/(?:@[^/]+\/)?[^/]+|src\/[^/]+|node:\w+)/.exec(place) ?? [];
  return group ?? place;
}
