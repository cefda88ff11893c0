// Loaded into the bot by --import: tells what its main thread holds when asked.
// JavaScript, as the bot itself starts: a file with types would load Node's TypeScript parser.
process.on('message', () => {
  const { heapTotal, heapUsed, external } = process.memoryUsage();
  process.send?.({ heapTotal, heapUsed, external });
});
process.channel?.unref();
