// npm run bench [-- NAME ...]: measures the delay of an answer, or the NAME of a folder here (README.md).
import '#src/base/help/program-help.mjs';

const isBenchNamed: boolean = /^\w+$/.test(process.argv[2] ?? '');
const folder: string =
  (isBenchNamed ? process.argv.splice(2, 1)[0] : undefined) ?? 'latency';
await import(`./${folder}/main.ts`);
