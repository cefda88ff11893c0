// npm run takeover [-- --kills 0] [--stops 0] [--freezes 0] [--suspends 0] [--cuts 0] [--gone 0] [--processes 3] [--database postgres://…]
import { parseArgs } from 'node:util';
import { reportOf } from './report.ts';
import { begin, playRound, type TakeoverFault, type TakeoverRound } from './round.ts';
import { openTakeover } from './takeover-setup.ts';

const { values: options } = parseArgs({
  options: {
    /** Default: 50, or 0 where another fault is named. */
    kills: { type: 'string' },
    stops: { type: 'string', default: '0' },
    freezes: { type: 'string', default: '0' },
    suspends: { type: 'string', default: '0' },
    cuts: { type: 'string', default: '0' },
    gone: { type: 'string', default: '0' },
    /** 1 has no database: the process is started again over its own data. */
    processes: { type: 'string', default: '3' },
    database: { type: 'string', default: 'postgres://postgres@127.0.0.1:5432/test' },
  },
});
const count = Number(options.processes);
const isNamed = [options.stops, options.freezes, options.suspends, options.cuts, options.gone].some(
  (times) => times !== '0',
);
const kills = Number(options.kills ?? (isNamed ? 0 : 50));
const wanted: readonly (readonly [TakeoverFault, number])[] = [
  ['kill', kills],
  ['stop', Number(options.stops)],
  ['freeze', Number(options.freezes)],
  ['suspend', count > 1 ? Number(options.suspends) : 0],
  ['cut', count > 1 ? Number(options.cuts) : 0],
  ['gone', count > 1 ? Number(options.gone) : 0],
];
const faults = wanted.flatMap(([fault, times]) => Array.from({ length: times }, () => fault));

await using setup = await openTakeover(count, count > 1 ? options.database : undefined);
for (const call of setup.calls) {
  await begin(setup, call);
  console.log(`${call.server}: ${setup.ownerOf(call.shard)}`);
}
const rounds: TakeoverRound[] = [];
for (const [n, fault] of faults.entries()) {
  const call = setup.calls[n % setup.calls.length];
  if (!call) throw new Error('There are calls.');
  const round = await playRound(setup, call, fault);
  rounds.push(round);
  const after =
    round.heardAgainMs === undefined ? 'never' : `after ${Math.round(round.heardAgainMs)} ms`;
  const who = `${fault} of ${round.owner}, then ${setup.ownerOf(call.shard)}`;
  console.log(
    `${n + 1}/${faults.length} ${who}: heard again ${after}; the question: ${round.question}`,
  );
}
const { text, failures } = reportOf(rounds, setup.sandbox.violations(), count === 1);
console.log(`\n${text}`);
for (const failure of failures) console.error(failure);
if (failures.length > 0) process.exitCode = 1;
