// Ends a program that was started before npm ci, or by an older Node. JavaScript, as Node 20 reads
// no TypeScript. TypeScript programs need --import, since their own imports are resolved first.
if (!isInstalled()) {
  console.error(
    'Run npm ci first: it installs the Node and the libraries that Parley runs on.',
  );
  process.exit(78);
}
if (Number.parseInt(process.versions.node, 10) < 24) {
  console.error(
    `Parley needs Node 24 or later, and this is Node ${process.versions.node}: install it from nodejs.org.`,
  );
  process.exit(78);
}

function isInstalled() {
  try {
    return import.meta.resolve('discord.js') !== '';
  } catch {
    return false;
  }
}
