// npm run bench [-- NAME ...]: measures the delay of an answer, or the NAME of a folder here (README.md).
const isBenchNamed = /^\w+$/.test(process.argv[2] ?? '');
const [name] = isBenchNamed ? process.argv.splice(2, 1) : ['latency'];
await import(`./${name}/main.ts`);
